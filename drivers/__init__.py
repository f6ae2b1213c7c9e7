"""Capture: from the bytes a register prints to the sale they stand for."""
