"""The pages: one module each, with ``routes(shop)`` listed in ``agent.web.site``."""
