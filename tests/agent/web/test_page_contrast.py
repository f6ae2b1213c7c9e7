"""Contrast of text on its ground by WCAG 2.2 (1.4.3: 4.5 to 1; 1.4.11: 3 to 1), light and dark."""

from __future__ import annotations

import re
from importlib.resources import files

import pytest

CSS = files("agent.web").joinpath("assets", "page.css").read_text("utf-8")
ON = {  # ground -> what is written on it
    "ground": "ink faint accent",
    "card": "ink faint accent bad",
    "sunk": "ink faint accent",
    "accent": "on-accent",
    "bad": "on-bad",
    "accent-tint": "ink accent",
    "good-tint": "ink good accent",
    "warn-tint": "ink warn faint accent",
    "bad-tint": "ink bad faint accent",
}
TEXT = [(text, ground) for ground, texts in ON.items() for text in texts.split()]
SHAPES = [("edge", "card"), ("edge", "ground"), ("accent", "card"), ("accent", "ground")]


def colours(scheme: str) -> dict[str, str]:
    blocks = re.findall(r":root\s*\{([^}]*)\}", CSS)
    assert len(blocks) == 2
    found: dict[str, str] = {}
    for block in blocks[: 2 if scheme == "dark" else 1]:
        found |= dict(re.findall(r"--([a-z-]+):\s*(#[0-9a-f]{6})", block))
    return found


def contrast(one: str, other: str) -> float:
    def luminance(colour: str) -> float:
        parts = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
        red, green, blue = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
        return 0.2126 * red + 0.7152 * green + 0.0722 * blue

    bright, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (bright + 0.05) / (dark + 0.05)


def test_the_formula() -> None:
    assert round(contrast("#ffffff", "#000000")) == 21
    assert round(contrast("#767676", "#ffffff"), 2) == 4.54


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_can_be_read(scheme: str) -> None:
    known = colours(scheme)
    for text, ground in TEXT:
        assert contrast(known[text], known[ground]) >= 4.5, f"{text} on {ground}, {scheme}"
    for shape, ground in SHAPES:
        assert contrast(known[shape], known[ground]) >= 3, f"{shape} on {ground}, {scheme}"


def test_colours_are_named_once() -> None:
    """A colour outside of the names would escape the test; paper and the lamps' housing are as they are."""
    rest = re.sub(r":root\s*\{[^}]*\}", "", CSS)
    assert set(re.findall(r"#[0-9a-f]{3,6}\b", rest)) <= {"#fff", "#20262a", "#3a4247"}
