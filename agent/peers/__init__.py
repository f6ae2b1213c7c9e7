"""The other registers of a shop: asked over the local network how they stand, and shown on one page.

A register tells a peer no goods, buyers, receipts or messages, and a peer can change nothing: all there is
between them is one question, ``GET /v1/standing``, with a token that is good for nothing else.
"""
