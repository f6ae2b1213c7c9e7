"""The examples in the docstrings run."""

import doctest
import importlib
import pkgutil

import pytest

import authority

MODULES = [
    module.name
    for module in pkgutil.walk_packages(authority.__path__, "authority.")
    if not module.name.startswith("authority.sandbox.server")
]


@pytest.mark.parametrize("name", MODULES)
def test_examples(name: str) -> None:
    flags = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE
    assert doctest.testmod(importlib.import_module(name), optionflags=flags).failed == 0


def test_there_are_examples() -> None:
    finder = doctest.DocTestFinder()
    found = [test for name in MODULES for test in finder.find(importlib.import_module(name)) if test.examples]
    assert len(found) >= 8
