"""The examples in the docstrings run, and the errors keep the house's rules."""

import doctest
import importlib
import pkgutil

import pytest

import signing
from errors import ThunganError
from signing import errors as signing_errors

MODULES = ["signing", *(f"signing.{module.name}" for module in pkgutil.iter_modules(signing.__path__))]


@pytest.mark.parametrize("name", MODULES)
def test_examples(name: str) -> None:
    flags = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE | doctest.IGNORE_EXCEPTION_DETAIL
    assert doctest.testmod(importlib.import_module(name), optionflags=flags).failed == 0


def test_there_are_examples() -> None:
    finder = doctest.DocTestFinder()
    found = [test for name in MODULES for test in finder.find(importlib.import_module(name)) if test.examples]
    assert len(found) >= 4


def branch() -> list[type[ThunganError]]:
    return [
        error
        for error in vars(signing_errors).values()
        if isinstance(error, type) and issubclass(error, signing_errors.SigningError)
    ]


def test_codes_are_unique_and_drawn_in_the_tree() -> None:
    codes = [error.code for error in branch()]
    assert len(codes) == len(set(codes)) >= 18
    assert all(code.startswith("E-SIGN-") for code in codes)
    drawn = signing_errors.__doc__ or ""
    assert all(error.code in drawn and error.__name__ in drawn for error in branch())


def test_every_error_says_what_to_do_in_two_languages() -> None:
    for error in branch():
        assert error("x").advice("vi").endswith(".")
        assert error("x").advice("en").endswith(".")
        assert error("x").advice("vi") != error("x").advice("en")
