"""Packages: PyInstaller builds, the Debian package, Windows' set-up. Nothing of it runs in a shop."""
