"""Benches beside the claims of speed."""
