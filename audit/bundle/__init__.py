"""The evidence bundle: one ZIP file with everything an officer needs to check a period offline.

``records`` are its typed rows, ``writing`` makes it from a data folder, ``reading`` reads it again without
any database. The format is described in docs/evidence-bundle.md.
"""
