"""Wiring: configuration, daemon, command line, demo. Nothing below the agent imports it."""
