"""The HTTP API for register software that can be changed (docs/api.md): served beside the page, ``/v1/``."""
