"""Frames between a register program and a fiscal device: the ISL family (Datecs and kin) as the pattern.

The agent stands between the two and passes every byte on, both ways, as it is. Framing (``isl_frame``) and
the meaning of commands (``isl_commands``, ``isl_fields``) are apart; another family of devices is another set
of them. What was accepted and whether it is a sale (``sold``) is the same for all.
"""
