"""Whether a capture's content is a picture. Without the imaging library: every capture is asked."""

from __future__ import annotations

from drivers.escpos.events import Raster, Text
from drivers.escpos.parser import EscPosParser

FEW = 100  # letters: a receipt's text has more, what stands beside a picture has fewer
_LEAST = 1000  # bytes of rasters: less is a rule or a small sign
_TURNS = 3  # so often do pictures follow on text where a program draws the lines a printer has no letters for


def is_picture(data: bytes) -> bool:
    """Whether what a capture says is drawn: by rasters with few letters beside them, or line by line."""
    parser = EscPosParser()
    drawn = letters = turns = 0
    after_text = False
    for event in parser.feed(data) + parser.close():
        if isinstance(event, Raster):
            drawn += event.end - event.start
            turns += after_text
            after_text = False
        elif isinstance(event, Text):
            seen = len(event.data) - event.data.count(b" ")
            letters += seen
            after_text = after_text or seen > 0
    return drawn >= _LEAST and (letters < FEW or turns >= _TURNS)
