"""VNPT Invoice as a provider that numbers (``docs/vnpt.md``): SOAP 1.1, a key (fkey) for each order."""
