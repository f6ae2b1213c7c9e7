"""The report for an officer: one self-contained HTML page."""
