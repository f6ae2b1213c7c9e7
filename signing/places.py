"""Where a document's signatures belong and what each must sign (profile, sections 3 and 8).

A signature proves something only at its place: a verifier that looks for "the signature" and follows its
reference wherever it leads can be shown one content and read another (signature wrapping). So the places
come first, from the document's kind alone, and a signature is checked against the content of its place.

===============  =====================  ==================================  ============================
document         signature in           signs                               whose certificate
===============  =====================  ==================================  ============================
206, 208         TDiep/CKSNNT           TDiep/DLieu                         the seller's (TTChung/MST)
each HDon        HDon/DSCKS/NBan        HDon/DLHDon                         the seller's (NDHDon/NBan/MST)
300, 303         TBao/DSCKS/NNT         TBao/DLTBao                         the seller's (DLTBao/MST)
BKe, BBan        DSCKS/NBan             NDBKe, NDBBan                       the seller's (MSTNBan)
… and there      DSCKS/NMua             the same                            the buyer's (MSTNMua)
100, 101         TKhai/DSCKS/NNT        TKhai/DLTKhai                       the seller's (TTChung/MST)
other notices    TBao/DSCKS/CQT         TBao/DLTBao, TBao/STBao if present  the authority's
… and there      TBao/DSCKS/TTCQT       TBao/DLTBao                         the authority's head's
===============  =====================  ==================================  ============================

HDon, TBao, TKhai and BKe may also stand alone; BBan always does, as a file of its own.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from signing.errors import SignatureRefused

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lxml.etree import _Element

_PACKAGES = {"206", "208"}
_WITH_LIST = "208"
_BY_TAXPAYER = {"100", "101", "300", "303"}
_BETWEEN_PARTIES = {"BKe": "NDBKe", "BBan": "NDBBan"}
_UNSIGNED = {"999", "-1"}
_KIND = re.compile(r"[1-9][0-9]{2}")
_ENVELOPE = {"TTChung", "DLieu", "CKSNNT"}
_ALONE = "only the package (206) that carried the invoice can prove it"


@dataclass(frozen=True, slots=True)
class Content:
    """An element that must be signed, and the path that names it to a reader."""

    path: str
    element: _Element


@dataclass(frozen=True, slots=True)
class Place:
    """A signature where it belongs. ``tax_code`` is what the certificate must carry ("" = the document
    does not say), None where the signer is the authority."""

    signature: _Element
    contents: tuple[Content, ...]
    tax_code: str | None

    @property
    def covers(self) -> str:
        """What it must sign, for people: ``/TDiep/DLieu/HDon[2]/DLHDon``."""
        return " + ".join(content.path for content in self.contents)


def places_of(root: _Element) -> list[Place]:
    """The places that are filled, in document order of what they sign, the package first.

    Raises:
        SignatureRefused: a kind of document that is not known, an element missing or there twice, or a
            mandatory signature missing.
    """
    kind = local_name(root)
    if kind == "TDiep":
        return list(_message(root))
    if kind == "HDon":
        return list(_invoice(root, "/HDon", needed=False)) or _none(f"/HDon/DSCKS/NBan: {_ALONE}")
    if kind == "TBao":
        return _lone_notice(root)
    if kind == "TKhai":
        return list(_form(root, "/TKhai"))
    if kind in _BETWEEN_PARTIES:
        return list(_between_parties(root, _BETWEEN_PARTIES[kind], f"/{kind}"))
    raise SignatureRefused(f"it is not known how a document {kind} is signed")


def invoices_by_package(root: _Element) -> tuple[str, ...]:
    """The invoices of a package that have no signature of their own: the package's covers them.

    A cash-register invoice needs none (Decree 123/2020, article 10.14, as amended).
    """
    if local_name(root) != "TDiep":
        return ()
    invoices = (invoice for data in _children(root, "DLieu") for invoice in _children(data, "HDon"))
    return tuple(
        _invoice_path(number)
        for number, invoice in enumerate(invoices, start=1)
        if _signature(invoice, ("DSCKS", "NBan"), _invoice_path(number), needed=False) is None
    )


def _invoice_path(number: int) -> str:
    return f"/TDiep/DLieu/HDon[{number}]"


def local_name(element: _Element) -> str:
    """The tag without namespace; "" for comments and processing instructions."""
    tag = element.tag
    return tag.rpartition("}")[2] if isinstance(tag, str) else ""


def _message(root: _Element) -> Iterator[Place]:
    for element in root:
        if local_name(element) not in _ENVELOPE:
            raise SignatureRefused(f"there is an unexpected element {local_name(element)} in /TDiep")
    header, data = _only(root, "TTChung", "/TDiep"), _only(root, "DLieu", "/TDiep")
    kind = _text(header, "MLTDiep", "/TDiep/TTChung")
    if kind in _UNSIGNED:
        raise SignatureRefused("no signature")
    if not _KIND.fullmatch(kind):
        # Without its kind a package that has lost its signature would pass as a message that needs none.
        raise SignatureRefused(f"the message's type {kind[:20]!r} is none (TTChung/MLTDiep)")
    invoices = _children(data, "HDon")
    if kind in _PACKAGES or _children(root, "CKSNNT"):
        signer = _text(header, "MST", "/TDiep/TTChung")
        yield from _package(root, data, signer)
    if kind in _PACKAGES or invoices:
        # The package's signature covers its invoices; in any other message each needs its own.
        for number, invoice in enumerate(invoices, start=1):
            yield from _invoice(invoice, _invoice_path(number), needed=kind not in _PACKAGES)
        if kind == _WITH_LIST:
            listed = _only(data, "BKe", "/TDiep/DLieu")
            yield from _between_parties(listed, "NDBKe", "/TDiep/DLieu/BKe")
    elif kind in _BY_TAXPAYER and _children(data, "TKhai"):
        yield from _form(_only(data, "TKhai", "/TDiep/DLieu"), "/TDiep/DLieu/TKhai")
    elif kind in _BY_TAXPAYER:
        yield from _notice(_only(data, "TBao", "/TDiep/DLieu"), "/TDiep/DLieu/TBao", by_taxpayer=True)
    else:
        yield from _notice(_only(data, "TBao", "/TDiep/DLieu"), "/TDiep/DLieu/TBao", by_taxpayer=False)


def _package(root: _Element, data: _Element, tax_code: str) -> Iterator[Place]:
    signature = _signature(root, ("CKSNNT",), "/TDiep", needed=True)
    if signature is not None:
        yield Place(signature, (Content("/TDiep/DLieu", data),), tax_code)


def _invoice(invoice: _Element, path: str, *, needed: bool) -> Iterator[Place]:
    content = _only(invoice, "DLHDon", path)
    signature = _signature(invoice, ("DSCKS", "NBan"), path, needed=needed)
    if signature is None:
        return
    inside = _only(content, "NDHDon", f"{path}/DLHDon")
    seller = _only(inside, "NBan", f"{path}/DLHDon/NDHDon")
    tax_code = _text(seller, "MST", f"{path}/DLHDon/NDHDon/NBan")
    yield Place(signature, (Content(f"{path}/DLHDon", content),), tax_code)


def _form(form: _Element, path: str) -> Iterator[Place]:
    content = _only(form, "DLTKhai", path)
    signature = _signature(form, ("DSCKS", "NNT"), path, needed=True)
    if signature is not None:
        general = _only(content, "TTChung", f"{path}/DLTKhai")
        tax_code = _text(general, "MST", f"{path}/DLTKhai/TTChung")
        yield Place(signature, (Content(f"{path}/DLTKhai", content),), tax_code)


def _between_parties(document: _Element, tag: str, path: str) -> Iterator[Place]:
    """The list of corrected invoices and the record of agreement: the seller signs, and the buyer may."""
    content = Content(f"{path}/{tag}", _only(document, tag, path))
    general = _only(content.element, "TTChung", content.path)
    for signer, code, needed in (("NBan", "MSTNBan", True), ("NMua", "MSTNMua", False)):
        signature = _signature(document, ("DSCKS", signer), path, needed=needed)
        if signature is not None:
            yield Place(signature, (content,), _text(general, code, f"{content.path}/TTChung"))


def _lone_notice(notice: _Element) -> list[Place]:
    """A notice without envelope: nobody says whose it is but the signatures themselves."""
    signing = _at_most_one(notice, "DSCKS", "/TBao")
    by_taxpayer = signing is not None and bool(_children(signing, "NNT"))
    by_authority = signing is None or bool(_children(signing, "CQT"))
    places = list(_notice(notice, "/TBao", by_taxpayer=False)) if by_authority else []
    return [*places, *(_notice(notice, "/TBao", by_taxpayer=True) if by_taxpayer else ())] or _none("/TBao")


def _notice(notice: _Element, path: str, *, by_taxpayer: bool) -> Iterator[Place]:
    content = Content(f"{path}/DLTBao", _only(notice, "DLTBao", path))
    if by_taxpayer:
        signature = _signature(notice, ("DSCKS", "NNT"), path, needed=True)
        tax_code = _text(content.element, "MST", content.path)
        if signature is not None:
            yield Place(signature, (content,), tax_code)
        return
    number = _at_most_one(notice, "STBao", path)
    contents = (content,) if number is None else (content, Content(f"{path}/STBao", number))
    signature = _signature(notice, ("DSCKS", "CQT"), path, needed=True)
    if signature is not None:
        yield Place(signature, contents, None)
    head = _signature(notice, ("DSCKS", "TTCQT"), path, needed=False)
    if head is not None:
        yield Place(head, (content,), None)


def _signature(parent: _Element, holders: tuple[str, ...], path: str, *, needed: bool) -> _Element | None:
    holder: _Element | None = parent
    for name in holders:
        path = f"{path}/{name}"
        holder = None if holder is None else _at_most_one(holder, name, path.rpartition("/")[0])
    signature = None if holder is None else _at_most_one(holder, "Signature", path)
    if signature is None and needed:
        _none(path)
    return signature


def _none(path: str) -> list[Place]:
    raise SignatureRefused(f"no signature in {path}")


def _children(parent: _Element, name: str) -> list[_Element]:
    return list(parent.iterchildren(f"{{*}}{name}"))


def _at_most_one(parent: _Element, name: str, path: str) -> _Element | None:
    found = _children(parent, name)
    if len(found) > 1:
        raise SignatureRefused(f"there are {len(found)} elements {name} in {path}, one is allowed")
    return found[0] if found else None


def _only(parent: _Element, name: str, path: str) -> _Element:
    found = _at_most_one(parent, name, path)
    if found is None:
        raise SignatureRefused(f"there is no element {name} in {path}")
    return found


def _text(parent: _Element, name: str, path: str) -> str:
    """The text of an only child; "" where there is none. Elements inside it would hide a part of it."""
    found = _at_most_one(parent, name, path)
    if found is None:
        return ""
    if len(found):
        raise SignatureRefused(f"there are elements inside {path}/{name}")
    return (found.text or "").strip()
