"""A VNPT Invoice service of its own, for trying and testing: SOAP 1.1 over HTTPS (``docs/vnpt.md``).

It is strict, adds up every invoice its own way, gives numbers and authority codes itself, and shares no
code with the side that talks to it. What is only remembered of the real service is named in the docs.
"""
