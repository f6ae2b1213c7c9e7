"""The commands of ``thungan``: one module each, with ``add(parser)`` and ``run(arguments) -> exit code``."""
