"""Viettel S-Invoice as the sandbox plays it: REST and JSON, strict, with its own arithmetic.

It must be able to prove the adapter wrong, so it shares no rule with ``invoice`` nor with
``authority.providers``. What it asks for is in ``docs/viettel.md``, with how sure each thing is.
"""
