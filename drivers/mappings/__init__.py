"""Mappings that come with thungan, to copy and adapt (docs/records.md)."""
