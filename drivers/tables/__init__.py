"""Records of register programs: rows of files and databases, read as sales by a mapping of their columns.

The same rule as for paper: exact or quarantined, never wrong. A mapping is a profile (TOML) with
``kind = "table"``; docs/records.md explains every key.
"""
