"""``thungan capture test SOURCE``: what a source says, how it is read, live; nothing is issued or stored."""

from __future__ import annotations

import json
import sys
import threading
import time
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any

from agent.config import default_folder
from agent.errors import FileUnreadable
from agent.known_goods import GOODS_FILE, goods_in
from agent.opening_sources import open_source
from agent.paper_showing import write_picture
from agent.source_profiles import source_profile
from agent.till import DOUBTFUL_ENDS
from drivers.captured import PAPER_FORMS, Captured, Form
from drivers.errors import PictureReaderMissing
from drivers.frames.frame_profile import FrameProfile
from drivers.hearing import heard_at
from drivers.jobs import form_of
from drivers.memory import Forgetful
from drivers.raster import is_picture, picture_reader
from drivers.reading import reading_to_json
from drivers.tables.files import records_of
from drivers.tables.mapping import Mapping
from drivers.understanding import load_any, understand
from errors import ThunganError
from invoice.sale import Kind

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator

    from drivers.reading import Reading
    from drivers.understanding import AnyProfile

SHOWN_LINES = 12  # of what could not be read


def add(parser: argparse.ArgumentParser) -> None:
    """Options."""
    parser.add_argument("action", choices=["test"])
    parser.add_argument(
        "source",
        metavar="SOURCE",
        help="a source as in config.toml, a folder, or a captured or exported file",
    )
    parser.add_argument("--profile", metavar="P", help="how it is read: a shipped profile's name, or a file")
    parser.add_argument(
        "--seconds", type=float, default=0.0, metavar="S", help="listen so long (until Ctrl-C)"
    )
    parser.add_argument(
        "--png", type=Path, metavar="FOLDER", help="draw each paper that is heard: FOLDER/1.png, 2.png ..."
    )
    parser.add_argument("--json", action="store_true", help="a line of JSON for each thing that is heard")


@dataclass(frozen=True, slots=True)
class _Heard:
    """One piece of paper or record, and how it is read. ``seconds``: that reading took."""

    captured: Captured
    reading: Reading
    seconds: float

    @property
    def is_picture(self) -> bool:
        """Whether it is paper that is drawn, and was read by tesseract."""
        return self.captured.form is Form.ESCPOS and is_picture(self.captured.data)


def _read(captured: Captured, profile: AnyProfile | None, goods: frozenset[str] = frozenset()) -> _Heard:
    began = time.perf_counter()
    reading = understand(captured.form, captured.data, profile, goods)
    return _Heard(captured, reading, time.perf_counter() - began)


def run(arguments: argparse.Namespace) -> int:
    """Exit 0 where something was heard and all is read, 3 where a person would be asked, 1 for silence."""
    show = _Show(as_json=arguments.json, pictures=arguments.png)
    path = Path(arguments.source.removeprefix("file://"))
    goods = goods_in((arguments.data or default_folder()) / GOODS_FILE)
    if path.is_file():
        for heard in _in_file(path, arguments.profile, goods):
            show.heard(heard)
        return show.end()
    uri = f"folder://{path.absolute()}" if path.is_dir() else arguments.source
    if arguments.profile and "profile=" not in uri:
        uri += f"{'&' if '?' in uri else '?'}profile={arguments.profile}"
    profile = (
        load_any(arguments.profile)
        if arguments.profile
        else source_profile(arguments.data or default_folder(), uri, "")
    )
    memory, ended = Forgetful(), threading.Event()

    def take(captured: Captured) -> bytes:
        identity = captured.identity
        if identity is not None:
            memory.take(identity.key, sha256(captured.data).hexdigest(), identity.part, identity.mark)
        show.heard(_read(captured, profile, goods))
        return b""

    def on_state(state: str, why: str) -> None:
        show.state(state, why)
        if state == "ended":
            ended.set()

    source = open_source(uri, profile, take, on_state, 0.0, lambda _name: memory, trying=True)
    source.start()
    try:
        ended.wait(arguments.seconds or None)
    except KeyboardInterrupt:
        pass  # the way to end it
    finally:
        source.stop()
    return show.end()


def _in_file(path: Path, named: str | None, goods: frozenset[str]) -> Iterator[_Heard]:
    """What a file holds: records of an export, a transcript of frames, or a receipt."""
    profile = load_any(named) if named else None
    if isinstance(profile, Mapping):
        for found in records_of(path, profile):
            yield _read(Captured(found.data, "record", found.form, found.origin), profile)
        return
    try:
        data = path.read_bytes()
    except OSError as error:
        raise FileUnreadable(f"{path}: {error.strerror}") from error
    form = Form.ISL if isinstance(profile, FrameProfile) or _is_transcript(data) else form_of(data)
    yield _read(Captured(data, "closed", form, path.name), profile, goods)


def _is_transcript(data: bytes) -> bool:
    return data[:5].startswith((b"P 01 ", b"D 01 "))


class _Show:
    """Tells a person, or a program line by line, what is heard; sources speak from threads of their own."""

    def __init__(self, *, as_json: bool, pictures: Path | None) -> None:
        self._as_json = as_json
        self._pictures = pictures
        self._lock = threading.Lock()
        self._count = self._for_a_person = 0
        self._said: tuple[str, str] | None = None

    def state(self, state: str, why: str) -> None:
        """How the source stands; each once."""
        with self._lock:
            if (state, why) == self._said:
                return
            self._said = (state, why)
            if self._as_json:
                self._write(json.dumps({"state": state, "why": why}, ensure_ascii=False))
            else:
                self._write(f"{state}{': ' if why else ''}{why}")

    def heard(self, heard: _Heard) -> None:
        """One piece of paper or record."""
        reading, doubt = heard.reading, DOUBTFUL_ENDS.get(heard.captured.ended_by)
        with self._lock:
            self._count += 1
            asks = reading.kind is Kind.QUARANTINED or (reading.kind is Kind.SALE and doubt is not None)
            self._for_a_person += asks
            if self._as_json:
                self._write(json.dumps(_as_object(self._count, heard), ensure_ascii=False))
            else:
                self._write("\n".join(_in_words(self._count, heard, doubt)))
            if self._pictures is not None and heard.captured.form in PAPER_FORMS:
                self._draw(heard.captured, self._pictures)

    def _draw(self, captured: Captured, folder: Path) -> None:
        path = folder / f"{self._count}.png"
        try:
            folder.mkdir(parents=True, exist_ok=True)
            write_picture(captured.data, path, form=captured.form)
        except (OSError, ThunganError) as error:
            sys.stderr.write(f"not drawn: {error}\n")  # what is heard next is more than this
        else:
            if not self._as_json:
                self._write(f"      drawn as {path}")

    def end(self) -> int:
        """The summary, and the exit code."""
        exact = self._count - self._for_a_person
        if self._as_json:
            found = {"heard": self._count, "read": exact, "for_a_person": self._for_a_person}
            self._write(json.dumps(found))
        elif self._count:
            self._write(f"{self._count} heard, {exact} read, {self._for_a_person} for a person")
        else:
            self._write("nothing was heard: make a sale meanwhile; thungan ports shows what is plugged in")
        if not self._count:
            return 1
        return 3 if self._for_a_person else 0

    @staticmethod
    def _write(line: str) -> None:
        sys.stdout.write(line + "\n")
        sys.stdout.flush()


def _as_object(number: int, heard: _Heard) -> dict[str, Any]:
    captured = heard.captured
    return {
        "number": number,
        "form": captured.form.value,
        "picture": heard.is_picture,
        "origin": captured.origin or None,
        "ended_by": captured.ended_by,
        "bytes": len(captured.data),
        "seconds": round(heard.seconds, 3),
        "text": heard.reading.text,
        **reading_to_json(heard.reading),
    }


def _in_words(number: int, heard: _Heard, doubt: str | None) -> Iterator[str]:
    captured, reading, sale = heard.captured, heard.reading, heard.reading.sale
    what = f"{sale.receipt_no or '-'}  {sale.total:,}" if sale else ""
    where = captured.origin or f"{len(captured.data)} bytes, {captured.ended_by}"
    yield f"{number:>4}  {reading.kind.value:<12} {what}  ({where})".rstrip()
    if heard.is_picture:
        yield f"      {_of_picture(heard.seconds)}"
    for line in sale.lines if sale and reading.kind is not Kind.QUARANTINED else ():
        yield f"      {line.name}: {line.quantity} x {line.unit_price} = {line.amount:,}"
    for problem in reading.problems:
        yield f"      problem: {problem}"
    if doubt and reading.kind is Kind.SALE:
        yield f"      a person would decide: {doubt}"
    if reading.kind is Kind.QUARANTINED:
        if captured.form is Form.ESCPOS and not heard.is_picture:
            yield f"      it sounds like {heard_at(0, captured.data).in_words}"
        yield from (f"      | {line}" for line in reading.text.splitlines()[:SHOWN_LINES])


def _of_picture(seconds: float) -> str:
    try:
        picture_reader()
    except PictureReaderMissing as error:
        return f"it is a picture. {error}"
    return f"it is a picture, read in {seconds:.1f} s"
