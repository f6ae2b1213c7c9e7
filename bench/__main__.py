"""``make bench``: sale → durable, signed invoice per second, as ratios that hold on any machine.

Writes ``bench/latest.json``: ``{name: {value, unit, ratios}}`` with cores and versions.
"""

from __future__ import annotations

import json
import os
import platform
import sqlite3
import sys
import tempfile
import time
from dataclasses import replace
from datetime import UTC, datetime
from importlib import import_module
from pathlib import Path
from typing import Any

from lxml import etree

from invoice.compose import Terms
from invoice.invoice import Seller
from invoice.numbers import Form
from invoice.rate_table import RateTable
from invoice.sale_json import sale_from_json
from outbox.issuing import Register, issue
from outbox.store import Store
from signing.keys import Pkcs12Key, throwaway_pkcs12
from signing.passphrase import Secret
from signing.xmldsig import XmlSigner

xmlsec: Any = import_module("xmlsec")  # its stubs leave out the transforms that it exports
ROOT = Path(__file__).parent.parent
COUNT = 2000


def main() -> int:
    """Measure, print, write."""
    sale = sale_from_json((ROOT / "tests/data/receipts/000-sale-two-line-utf-8-32.json").read_bytes())
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        secret = Secret("bench")
        throwaway_pkcs12(folder / "key.p12", secret, "0409990010", "BENCH", datetime.now(UTC), 30)
        key = Pkcs12Key.open(folder / "key.p12", secret)
        register = Register(
            Terms(Seller("BENCH", "0409990010", "Đà Nẵng"), Form.VAT, rates=RateTable.of("8%")), "AA", "BENCH"
        )
        began = time.perf_counter()
        for place in range(COUNT):
            key.sign(place.to_bytes(8, "big"))
        raw = COUNT / (time.perf_counter() - began)
        store = Store(folder, XmlSigner(key))
        sales = [replace(sale, receipt_no=f"HD{place}", sold_at=datetime.now(UTC)) for place in range(COUNT)]
        began = time.perf_counter()
        for future in [store.submit(issue(one, register)) for one in sales]:
            future.result()
        ours = COUNT / (time.perf_counter() - began)
        reader = store.reader()
        document = bytes(reader.execute("SELECT document FROM invoice LIMIT 1").fetchone()[0])
        reader.close()
        store.close()
        plain = _straw_man(folder, document, secret)
        syncs = _fdatasync(folder, document)
    results = {
        "sale_to_durable": {
            "value": round(ours),
            "unit": "invoices/s",
            "ratios": {
                "raw_rsa_one_core": round(ours / raw, 3),
                "straw_man": round(ours / plain, 2),
                "fdatasync": round(ours / syncs, 2),
            },
        },
        "raw_rsa_2048": {"value": round(raw), "unit": "signatures/s", "ratios": {}},
        "fdatasync": {"value": round(syncs), "unit": "writes/s", "ratios": {}},
        "straw_man": {"value": round(plain), "unit": "invoices/s", "ratios": {}},
    }
    for label, result in results.items():
        sys.stdout.write(f"{label:<16} {result['value']:>7} {result['unit']:<13} {result['ratios']}\n")
    machine = {"cores": os.cpu_count(), "python": platform.python_version(), "sqlite": sqlite3.sqlite_version}
    (ROOT / "bench" / "latest.json").write_text(json.dumps({**results, "machine": machine}, indent=1))
    return 0


def _straw_man(folder: Path, document: bytes, secret: Secret) -> float:
    """python-xmlsec and sqlite3, one commit per sale, as one would write it on a first afternoon."""
    content = etree.fromstring(document).find("DLHDon")
    key = xmlsec.Key.from_file(str(folder / "key.p12"), xmlsec.KeyFormat.PKCS12_PEM, secret.reveal())
    connection = sqlite3.connect(folder / "straw.db", isolation_level=None)
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=FULL")
    connection.execute("CREATE TABLE invoice (id INTEGER PRIMARY KEY, document BLOB)")
    text = etree.tostring(content if content is not None else etree.Element("DLHDon"))
    began = time.perf_counter()
    for _ in range(COUNT // 4):
        tree = etree.fromstring(text)
        signature = xmlsec.template.create(tree, xmlsec.Transform.C14N, xmlsec.Transform.RSA_SHA256)
        tree.append(signature)
        reference = xmlsec.template.add_reference(signature, xmlsec.Transform.SHA256, uri="")
        xmlsec.template.add_transform(reference, xmlsec.Transform.ENVELOPED)
        context = xmlsec.SignatureContext()
        context.key = key
        context.sign(signature)
        connection.execute("INSERT INTO invoice (document) VALUES (?)", (etree.tostring(tree),))
    seconds = time.perf_counter() - began
    connection.close()
    return (COUNT // 4) / seconds


def _fdatasync(folder: Path, document: bytes) -> float:
    """What the disk allows to one who makes every document durable by itself."""
    sync = getattr(os, "fdatasync", os.fsync)
    with (folder / "raw.bin").open("wb", buffering=0) as file:
        began = time.perf_counter()
        for _ in range(COUNT // 4):
            file.write(document)
            sync(file.fileno())
        return (COUNT // 4) / (time.perf_counter() - began)


if __name__ == "__main__":
    sys.exit(main())
