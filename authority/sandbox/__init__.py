"""A sandbox authority: strict, with its own reading of the rules and its own store.

It must be able to prove the agent wrong, so it shares no rule with ``invoice``: what a total, a symbol or
an authority code must be is written down here a second time, from the regulation.
"""
