"""What captured bytes say, whatever they are: the one door from a capture to its reading.

A source's form decides who reads: paper by a receipt profile, records by a mapping. The same bytes, form and
profile always give the same reading, so that a capture can be read again years later; pictures need the same
tesseract for it too.
"""

from __future__ import annotations

from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

from drivers.captured import JOB_FORMS, Form
from drivers.errors import JobUnreadable, PictureReaderMissing
from drivers.frames.frame_profile import KIND as FRAMES
from drivers.frames.frame_profile import FrameProfile, parse_frame_profile
from drivers.raster import is_picture, read_picture
from drivers.reading import Profile, Reading, load_profile, read_paper, read_receipt, shipped_profiles
from drivers.reading.errors import ProfileInvalid
from drivers.reading.toml_text import said_in, text_of
from drivers.tables.mapping import KIND as TABLE
from drivers.tables.mapping import Mapping, parse_mapping
from invoice.sale import Kind

if TYPE_CHECKING:
    from collections.abc import Container, Iterator

AnyProfile: TypeAlias = Profile | Mapping | FrameProfile
_TABLE_FORMS = frozenset({Form.CSV, Form.JSON, Form.XML})


def understand(form: str, data: bytes, by: AnyProfile | None, goods: Container[str] = frozenset()) -> Reading:
    """Read the bytes of one capture, never raising for what is in them; None: the general receipt profile.

    Paper that is a picture takes seconds; it is quarantined where its reader is not installed, or where it
    names other ``goods`` than the shop is known to sell.
    """
    if form in _TABLE_FORMS:
        if not isinstance(by, Mapping):
            return _unread("there is no mapping for this record: name one with profile= in its source")
        return _record(form, data, by)
    if form == Form.ISL:
        from drivers.frames.isl_commands import read_transcript

        device = by if isinstance(by, FrameProfile) else FrameProfile()
        return read_transcript(data, device, by if isinstance(by, Profile) else None)
    if by is not None and not isinstance(by, Profile):
        return _unread("a profile of records or frames reads no paper: name a receipt profile")
    if form in JOB_FORMS:
        return _job(Form(form), data, by)
    if is_picture(data):
        try:
            return read_picture(data, by, goods=goods)
        except PictureReaderMissing as error:
            return _unread(error.message)
    return read_receipt(data, profile=by)


def load_any(which: str | Path) -> AnyProfile:
    """A profile of whatever kind, by the name of a shipped one or from a TOML file.

    Raises:
        ProfileInvalid: naming the file and the key.
    """
    name = str(which)
    if name in shipped_profiles():
        return load_profile(name)
    if name in shipped_mappings():
        text = resources.files("drivers.mappings").joinpath(f"{name}.toml").read_text("utf-8")
        return parse_mapping(text, f"{name}.toml")
    path = Path(which)
    if not path.is_file():
        known = ", ".join((*shipped_profiles(), *shipped_mappings()))
        raise ProfileInvalid(f"no profile is named {name!r} and no file is there; there are {known}")
    text = text_of(path)
    kind = said_in(text, path.name).get("kind")
    if kind == FRAMES:
        return parse_frame_profile(text, path.name)
    return parse_mapping(text, path.name) if kind == TABLE else load_profile(path)


def shipped_mappings() -> tuple[str, ...]:
    """The names of the mappings that come with thungan, to start from."""
    folder = resources.files("drivers.mappings")
    return tuple(sorted(item.name[:-5] for item in folder.iterdir() if item.name.endswith(".toml")))


def all_profiles() -> Iterator[tuple[str, str, str]]:
    """(name, kind, description) of every profile that comes with thungan."""
    for name in shipped_profiles():
        yield name, "receipt", load_profile(name).description
    for name in shipped_mappings():
        mapping = load_any(name)
        assert isinstance(mapping, Mapping)  # noqa: S101 - for the type checker
        yield name, mapping.format, mapping.description


def _record(form: str, data: bytes, mapping: Mapping) -> Reading:
    from drivers.tables.csv_rows import read_csv
    from drivers.tables.objects import read_objects, read_xml
    from drivers.tables.sale_of import read_record

    readers = {Form.CSV: read_csv, Form.JSON: read_objects, Form.XML: read_xml}
    return read_record(readers[Form(form)](data, mapping), mapping)


def _job(form: Form, data: bytes, profile: Profile | None) -> Reading:
    from drivers.jobs import lay_out_job

    try:
        return read_paper(lay_out_job(form, data), profile=profile)
    except JobUnreadable as error:
        return _unread(error.message)


def _unread(problem: str) -> Reading:
    return Reading(Kind.QUARANTINED, None, (problem,), "utf-8", "")
