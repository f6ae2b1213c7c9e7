"""A text in both languages of the report."""

from __future__ import annotations

from typing import NamedTuple


class Words(NamedTuple):
    """The same said in Vietnamese and in English."""

    vi: str
    en: str
