"""``thungan invoice replace-many, adjust-many, bke, attach, record``: one invoice for many, and its list."""

from __future__ import annotations

import json
import sys
from contextlib import closing
from dataclasses import asdict
from datetime import UTC, datetime
from typing import TYPE_CHECKING
from uuid import uuid4

from lxml import etree

from agent.commands.issue import read_input
from agent.correction import draft_identity
from agent.errors import ReasonMissing
from agent.key_choice import open_signer
from agent.parts import open_store
from agent.right_sales import read_right_sales
from authority.envelope import DECLARATION
from authority.forms.corrections import (
    CorrectedInvoice,
    CorrectionRecord,
    Party,
    build_correction_record,
)
from authority.forms.corrections import Correction as RecordKind
from invoice.corrections_of_many import CorrectedMany, correct_many
from invoice.errors import CorrectionRefused
from invoice.invoice import Relation
from invoice.reader import read_invoice
from invoice.sale_json import VIETNAM
from outbox import reports
from outbox.correcting import read_original
from outbox.correcting_many import attach_list, check_together, issue_correction_of_many, read_list
from outbox.packages import release_held
from outbox.store import Store, open_reader
from signing.verify import verify_document

if TYPE_CHECKING:
    import argparse
    import sqlite3

    from agent.config import Config
    from invoice.sale import Sale


def run_many(config: Config, arguments: argparse.Namespace) -> int:
    """Show or issue; write the list out; take in the one the buyer has signed."""
    if arguments.action == "bke":
        return _write_list(config, arguments)
    if arguments.action == "attach":
        return _attach(config, arguments)
    if arguments.action == "record":
        return _record(config, arguments)
    relation = Relation.REPLACES_MANY if arguments.action == "replace-many" else Relation.ADJUSTS_MANY
    name = arguments.name or "-"
    with closing(open_reader(config.folder / "thungan.db")) as connection:
        rights = read_right_sales(connection, read_input(name), name)
    if not arguments.yes:
        return _preview(config, rights, relation, arguments.reason)
    store = open_store(config)
    try:
        job = issue_correction_of_many(rights, relation, config.register, arguments.reason)
        issued = store.run(job)
    finally:
        store.close()
    if arguments.json:
        sys.stdout.write(json.dumps(asdict(issued), ensure_ascii=False) + "\n")
    else:
        sys.stdout.write(f"{issued.symbol} {issued.number} {issued.code} {issued.total:,} dong\n")
    return 0


def draft_of_many(
    config: Config, connection: sqlite3.Connection, rights: dict[int, Sale], relation: Relation, reason: str
) -> CorrectedMany:
    """The invoice and its list as they would be.

    Raises:
        CorrectionRefused, InvoiceError: they may not be corrected so.
        NotFound: an original that is not there.
    """
    originals = [read_original(connection, one) for one in rights]
    sales = tuple(rights.values())
    check_together(originals, sales, relation, config.register, reason)
    invoices, terms = [one.invoice for one in originals], config.register.terms
    return correct_many(invoices, sales, relation, terms, draft_identity(config), reason, "BK")


def _preview(config: Config, rights: dict[int, Sale], relation: Relation, reason: str) -> int:
    with closing(open_reader(config.folder / "thungan.db")) as connection:
        made = draft_of_many(config, connection, rights, relation, reason)
    for share in made.shares:
        before, after = share.net_before + share.tax_before, share.net_after + share.tax_after
        sys.stdout.write(
            f"{share.original.symbol}-{share.original.number} {share.rate or ''}"
            f"  {before:,} -> {after:,}  ({after - before:+,}, VAT {share.tax_after - share.tax_before:+,})\n"
        )
    does = "replaces" if relation is Relation.REPLACES_MANY else "adjusts"
    sys.stdout.write(
        f"{does} {len(rights)} invoices, total {made.invoice.total:,} VND ({made.invoice.words})\n"
    )
    sys.stdout.write("nothing is issued yet: the same command with --yes issues it\n")
    return 0


def _write_list(config: Config, arguments: argparse.Namespace) -> int:
    from agent.commands.invoice import give_out

    connection = open_reader(config.folder / "thungan.db")
    try:
        row, _ = reports.find_invoice(connection, arguments.name or "")
        document = read_list(connection, row["id"])
    finally:
        connection.close()
    give_out(DECLARATION + document, arguments.output)
    return 0


def _attach(config: Config, arguments: argparse.Namespace) -> int:
    """The list with the buyer's signature: the same content, both signatures good."""
    if arguments.list is None:
        raise ReasonMissing("attach takes --list BKE.xml, the list that the buyer has signed")
    given = read_input(arguments.list)
    connection = open_reader(config.folder / "thungan.db")
    try:
        row, _ = reports.find_invoice(connection, arguments.name or "")
        own = read_list(connection, row["id"])
    finally:
        connection.close()
    signed = checked_list(given, own)
    store = Store(config.folder)
    try:
        store.run(attach_list(row["id"], signed))
        if row["state"] == "held":
            store.run(release_held(row["id"]))
    finally:
        store.close()
    sys.stdout.write(f"{row['symbol']}-{row['number']}: the list bears the buyer's signature and goes out\n")
    return 0


def checked_list(given: bytes, own: bytes) -> bytes:
    """The list that a buyer has signed, as it is kept: the content of our ``own``, both signatures good.

    Raises:
        CorrectionRefused: saying what is wrong with it.
    """
    report = verify_document(given, now=datetime.now(UTC))
    if not report.valid:
        problem = report.problem or next((s.problem for s in report.signatures if s.problem), "?")
        raise CorrectionRefused(f"the list is not rightly signed: {problem}")
    if len(report.signatures) < 2:
        raise CorrectionRefused("the list has no signature of the buyer (DSCKS/NMua)")
    if _content(given) != _content(own):
        raise CorrectionRefused("it is the list of another invoice")
    return etree.tostring(etree.fromstring(given), method="c14n")


def _content(document: bytes) -> bytes:
    found = etree.fromstring(document).find("NDBKe")
    return b"" if found is None else etree.tostring(etree.fromstring(etree.tostring(found)), method="c14n")


def _record(config: Config, arguments: argparse.Namespace) -> int:
    """The record of agreement (BBan) about one invoice, signed by the seller, for the buyer to sign."""
    from agent.commands.invoice import give_out

    if not arguments.reason.strip():
        raise ReasonMissing("a record of agreement says what is wrong: --reason")
    connection = open_reader(config.folder / "thungan.db")
    try:
        _, document = reports.find_invoice(connection, arguments.name or "")
    finally:
        connection.close()
    invoice = read_invoice(document).invoice
    now = datetime.now(UTC)
    buyer = invoice.buyer
    if not buyer.name:
        raise CorrectionRefused("the invoice names no buyer: a record is made with one")
    name = f"{invoice.symbol}-{invoice.number}-{uuid4().hex[:8]}"
    record = CorrectionRecord(
        number=f"BB-{invoice.symbol}-{invoice.number}",
        day=now.astimezone(VIETNAM).date(),
        correction=RecordKind.ADJUSTS if arguments.adjusts else RecordKind.REPLACES,
        seller=Party(invoice.seller.name, invoice.seller.tax_code, invoice.seller.address),
        buyer=Party(buyer.name, buyer.tax_code, buyer.address),
        invoice=CorrectedInvoice(int(invoice.form), str(invoice.symbol), invoice.number),
        reasons=(arguments.reason.strip(),),
    )
    give_out(build_correction_record(record, open_signer(config), name, now), arguments.output)
    return 0
