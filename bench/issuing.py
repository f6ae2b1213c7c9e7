"""Sale → durable, signed invoice per second: against raw RSA on two cores, and against a straw man.

Taken in turns, round by round, so that what else the machine does weighs on all alike; the ratios are those
of the sums. Where the machine is busy with other work, the processor's time says more than the rates. Run
``python -m bench.issuing`` alone, or all with ``make bench``.
"""

from __future__ import annotations

import os
import sqlite3
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lxml import etree

from bench.shop import Shop, open_shop, sales
from outbox.issuing import issue
from outbox.signing_desk import EachInvoice
from outbox.store import Store

if TYPE_CHECKING:
    from collections.abc import Callable

    from invoice.sale import Sale

xmlsec: Any = import_module("xmlsec")  # its stubs leave out the transforms that it exports
ROUNDS = 8
OURS, RAW, STRAW, SYNCS = 512, 600, 100, 100  # of one round
GOAL_RAW, GOAL_STRAW, GOAL_UNSIGNED = 0.80, 3.0, 10.0


def measure() -> dict[str, Any]:
    """All of it: ``{name: {value, unit, ratios, goals}}``."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        shop = open_shop(folder)
        store = Store(folder, shop.signer)
        (folder / "unsigned").mkdir()
        unsigned = Store(folder / "unsigned", None, invoices=EachInvoice.NEVER)
        try:
            for each in (store, unsigned):
                _issue(each, shop, list(sales(64)))  # everybody's caches
            seconds, processor = _in_turns(folder, store, unsigned, shop)
        finally:
            store.close()
            unsigned.close()
    ours, raw = OURS * ROUNDS / seconds["ours"], RAW * ROUNDS / seconds["raw"]
    one, straw = RAW * ROUNDS / 2 / seconds["raw one"], STRAW * ROUNDS / seconds["straw"]
    syncs, bare = SYNCS * ROUNDS / seconds["syncs"], OURS * ROUNDS / seconds["unsigned"]
    return {
        "sale_to_durable": {
            "value": round(ours),
            "unit": "invoices/s",
            "ratios": {
                "raw_rsa_two_cores": round(ours / raw, 3),
                "raw_rsa_one_core": round(ours / one, 3),
                "straw_man": round(ours / straw, 2),
                "fdatasync": round(ours / syncs, 2),
                "raw_rsa_processor_time": round(processor["raw"] / RAW / (processor["ours"] / OURS), 3),
            },
            "goals": {"raw_rsa_two_cores": GOAL_RAW, "straw_man": GOAL_STRAW},
        },
        "sale_to_durable_signed_per_package": {
            "value": round(bare),
            "unit": "invoices/s",
            "ratios": {"straw_man": round(bare / straw, 2), "raw_rsa_two_cores": round(bare / raw, 3)},
            "goals": {"straw_man": GOAL_UNSIGNED},
        },
        **{
            f"processor_{name}": {
                "value": round(processor[turn] / count / ROUNDS * 1e6),
                "unit": "µs of the processor for one",
            }
            for name, turn, count in (
                ("sale_to_durable", "ours", OURS),
                ("signed_per_package", "unsigned", OURS),
                ("raw_rsa", "raw", RAW),
            )
        },
        "raw_rsa_two_cores": {"value": round(raw), "unit": "signatures/s"},
        "straw_man": {"value": round(straw), "unit": "invoices/s"},
        "fdatasync": {"value": round(syncs), "unit": "writes/s"},
    }


def _in_turns(
    folder: Path, store: Store, unsigned: Store, shop: Shop
) -> tuple[dict[str, float], dict[str, float]]:
    """Seconds on the wall and of the processor, by turn."""
    reader = store.reader()
    document = bytes(reader.execute("SELECT document FROM invoice LIMIT 1").fetchone()[0])
    reader.close()
    straw = _StrawMan(folder, document, shop)
    rounds = [list(sales(OURS, number * OURS)) for number in range(1, ROUNDS + 1)]
    batches, again = iter(rounds), iter(rounds)
    turns: dict[str, Callable[[], object]] = {
        "raw": lambda: _raw(shop, 2, RAW),
        "raw one": lambda: _raw(shop, 1, RAW // 2),
        "ours": lambda: _issue(store, shop, next(batches)),
        "unsigned": lambda: _issue(unsigned, shop, next(again)),
        "straw": lambda: straw.issue(STRAW),
        "syncs": lambda: _fdatasync(folder, document),
    }
    seconds, processor = dict.fromkeys(turns, 0.0), dict.fromkeys(turns, 0.0)
    for _ in range(ROUNDS):
        for name, turn in turns.items():
            began, worked = time.perf_counter(), time.process_time()
            turn()
            seconds[name] += time.perf_counter() - began
            processor[name] += time.process_time() - worked
    return seconds, processor


def _issue(store: Store, shop: Shop, batch: list[Sale]) -> None:
    for future in [store.submit(issue(sale, shop.register)) for sale in batch]:
        future.result()


def _raw(shop: Shop, threads: int, count: int) -> None:
    def some() -> None:
        for place in range(count // threads):
            shop.key.sign(place.to_bytes(8, "big"))

    with ThreadPoolExecutor(threads) as pool:
        for future in [pool.submit(some) for _ in range(threads)]:
            future.result()


class _StrawMan:
    """python-xmlsec and sqlite3, one commit per sale, as one would write it on a first afternoon."""

    def __init__(self, folder: Path, document: bytes, shop: Shop) -> None:
        content = etree.fromstring(document).find("DLHDon")
        assert content is not None
        self._text = etree.tostring(content)
        path = str(folder / "key.p12")
        self._key = xmlsec.Key.from_file(path, xmlsec.KeyFormat.PKCS12_PEM, shop.secret.reveal())
        self._connection = sqlite3.connect(folder / "straw.db", isolation_level=None)
        self._connection.execute("PRAGMA journal_mode=WAL")
        self._connection.execute("PRAGMA synchronous=FULL")
        self._connection.execute("CREATE TABLE invoice (id INTEGER PRIMARY KEY, document BLOB)")

    def issue(self, count: int) -> None:
        for _ in range(count):
            tree = etree.fromstring(self._text)
            signature = xmlsec.template.create(tree, xmlsec.Transform.C14N, xmlsec.Transform.RSA_SHA256)
            tree.append(signature)
            reference = xmlsec.template.add_reference(signature, xmlsec.Transform.SHA256, uri="")
            xmlsec.template.add_transform(reference, xmlsec.Transform.ENVELOPED)
            context = xmlsec.SignatureContext()
            context.key = self._key
            context.sign(signature)
            self._connection.execute("INSERT INTO invoice (document) VALUES (?)", (etree.tostring(tree),))


def _fdatasync(folder: Path, document: bytes) -> None:
    """What the disk allows to one who makes every document durable by itself."""
    sync = getattr(os, "fdatasync", os.fsync)
    with (folder / "raw.bin").open("wb", buffering=0) as file:
        for _ in range(SYNCS):
            file.write(document)
            sync(file.fileno())


if __name__ == "__main__":
    from bench.report import show

    sys.exit(show(measure()))
