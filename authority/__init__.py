"""The wire: the authority's messages, the gateways that carry them, and a sandbox authority.

``envelope`` and ``package`` write what goes out, ``answers`` reads what comes back, ``gateway`` is the
shape of every way to the authority; ``direct`` and ``memory`` are two of them.
"""
