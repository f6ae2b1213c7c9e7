"""The page of the grammar is the grammar."""

from pathlib import Path

from drivers.escpos.reference import page

PAGE = Path(__file__).parent.parent.parent / "docs" / "escpos.md"


def test_the_page_shows_the_tables() -> None:
    assert PAGE.read_text("utf-8") == page(), "run: python -m drivers.escpos.reference > docs/escpos.md"
