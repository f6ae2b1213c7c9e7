"""The page of the shop: a small web server inside the daemon, on loopback unless the shop says otherwise.

``server.py`` is the socket and the thread, ``site.py`` puts the routes together, ``shield.py``, ``hosts.py``
and ``gate.py`` stand before every one of them, ``pages/`` holds a module per page with ``routes(shop)``.
Everything here is loaded only when a page is served: old computers have little memory.
"""
