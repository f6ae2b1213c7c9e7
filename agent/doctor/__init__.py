"""``thungan doctor``: everything that a support call asks, each with a line: fine, a warning, or wrong."""
