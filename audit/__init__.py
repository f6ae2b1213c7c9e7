"""Dossier: checks that what is stored is what was signed, sent and answered."""
