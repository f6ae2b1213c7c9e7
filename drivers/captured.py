"""What a source gives: the bytes of one piece of paper or of one record, and how they are to be read."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Form(StrEnum):
    """What captured bytes are."""

    ESCPOS = "escpos"  # what a register sends to its printer
    CSV = "csv"  # the heading and the rows of one sale, as they stand in the file
    JSON = "json"  # one sale as canonical JSON: of a file, a sheet, a database
    XML = "xml"  # the element of one sale
    PDF = "pdf"  # a print job: text with its places, by a printer's driver
    POSTSCRIPT = "postscript"
    XPS = "xps"
    EMF = "emf"  # a page's metafile, or Windows' spool file of them
    ISL = "isl"  # a transcript of frames between a program and a fiscal device


JOB_FORMS = frozenset({Form.PDF, Form.POSTSCRIPT, Form.XPS, Form.EMF})
PAPER_FORMS = JOB_FORMS | {Form.ESCPOS}  # of which a person can be shown a picture


@dataclass(frozen=True, slots=True)
class Identity:
    """Which sale of its source a record is, so that it is taken once however often it is read.

    ``key`` is the source's own (a receipt number); ``part`` the file it stands in, ``""`` for a database;
    ``mark`` its place in time or number, by which a window of records is looked at again.
    """

    key: str
    part: str = ""
    mark: int = 0


@dataclass(frozen=True, slots=True)
class Captured:
    """The bytes of one piece of paper, or of one record. ``ended_by``: cut, drawer, idle, overflow, or the
    line's end: closed where the register ended it, broken where it was lost; record where it stood in a file
    or database, old or ahead where its day is not to be believed;
    job for a print job, again for one that was printed before. ``origin``: where in its source it stood,
    in words."""

    data: bytes
    ended_by: str
    form: Form = Form.ESCPOS
    origin: str = ""
    identity: Identity | None = None
