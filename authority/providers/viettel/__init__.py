"""Viettel S-Invoice: the adapter of its REST interface (``docs/viettel.md``)."""
