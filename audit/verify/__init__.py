"""``thungan-verify``: an ordered list of named checks of an evidence bundle, offline (docs/verify.md).

``run`` puts the list together; each ``…_checks`` module holds the checks of one matter; ``members`` is the
work that several processes share; ``program`` is the command line. Nothing here opens a database or a line.
"""
