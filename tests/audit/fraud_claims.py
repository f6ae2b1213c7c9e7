"""What the report claims to catch: each manipulation, and the findings that must name it."""

from __future__ import annotations

import shutil
import sqlite3
import sys
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from cryptography.x509 import load_pem_x509_certificates
from simulated_fraud import FIRST, HONEST, Plan, run_shop

from agent.cli import main
from audit.analysis import Analysis, analyse
from audit.bundle.reading import Bundle
from audit.dossier import Dossier
from audit.dossier_reading import checks_of, read_dossier
from audit.verify.run import Question, verify_bundle

if TYPE_CHECKING:
    from collections.abc import Callable

BEFORE, DAYS = 10, 19  # honest days that both shops share, and the days of each in all
PLAN = Plan(
    cable_out={10: (11, 15)},
    voids=(11, 12, 13, 14, 15),
    reused=(11, 12, 13),
    in_training=(12,),
    drawers=(12, 13),
    refunds=(10, 11, 12, 13, 14, 15, 16),
    dismissed=(13, 14),
    lower_rate=15,
    swapped=16,
    clock_back=16,
    quiet_days=(17,),
)


@dataclass(frozen=True)
class Claim:
    """A manipulation, and the findings of which at least one must name it."""

    what: str
    findings: tuple[str, ...]


CLAIMS = (
    Claim("the cable is pulled at lunch", ("report-higher",)),
    Claim("the cable is pulled at lunch: the receipts' numbers", ("receipt-hole",)),
    Claim("the cable is pulled at lunch: the silence", ("silence",)),
    Claim("bills are paid in cash and voided", ("void-after-bill",)),
    Claim("one bill is shown to several tables", ("bill-used-again",)),
    Claim("lunch is rung up in training mode", ("training",)),
    Claim("the drawer is opened instead of selling", ("drawer-without-sale",)),
    Claim("returns are invented", ("cashier",)),
    Claim("receipts are declared to be no sale", ("dismissed-with-amount",)),
    Claim("the rate is lowered: what was sold", ("article-taxed-lower",)),
    Claim("the rate is lowered: what was set", ("settings-lower-tax",)),
    Claim("a changed program invoices no large sale", ("sale-without-invoice",)),
    Claim("a changed program runs under the old version", ("software-altered",)),
    Claim("the clock is set back for an evening", ("clock-back",)),
    Claim("two thirds of a day's sales reach no printer", ("drop",)),
)


@dataclass(frozen=True)
class Edit:
    """What somebody with root does to the database afterwards, and the finding that must name it."""

    what: str
    sql: tuple[str, ...]
    findings: tuple[str, ...]


EDITS = (
    Edit(
        "the ledger is written anew from the start",
        ("UPDATE leaf SET body = replace(body, 'serial:', 'seriaI:') WHERE kind = 'capture'",),
        ("evidence-altered",),
    ),
    Edit(
        "the last leaves are cut off",
        ("DELETE FROM leaf WHERE seq > (SELECT MAX(seq) - 20 FROM leaf)",),
        ("evidence-altered",),
    ),
    Edit(
        "an invoice is deleted",
        ("DELETE FROM invoice WHERE id = 40",),
        ("number-hole", "invoice-missing", "evidence-altered"),
    ),
    Edit(
        "the last invoices are deleted",
        ("DELETE FROM invoice WHERE id > (SELECT MAX(id) - 5 FROM invoice)",),
        ("invoice-missing", "evidence-altered"),
    ),
    Edit(
        "an invoice's total is lowered",
        ("UPDATE invoice SET total = total - 10000 WHERE id = 50",),
        ("total-differs", "evidence-altered"),
    ),
    Edit(
        "a receipt's paper is called a kitchen ticket",
        (
            (
                "UPDATE capture SET state = 'non-sale', kind = 'kitchen', sale_id = NULL"
                " WHERE id = (SELECT MIN(id) FROM capture WHERE kind = 'sale')"
            ),
        ),
        ("sale-without-invoice",),
    ),
)


def examine(folder: Path) -> tuple[Dossier, Analysis]:
    """Export a shop's evidence as it would, and analyse it as an officer does."""
    with TemporaryDirectory() as name:
        path = Path(name) / "evidence.zip"
        last = FIRST + timedelta(days=365)
        words = ["audit", "export", "--data", str(folder), "--from", str(FIRST), "--to", str(last)]
        if main([*words, "-o", str(path), "--json"]) != 0:
            raise AssertionError("the evidence could not be exported")
        trust = load_pem_x509_certificates((folder / "sandbox" / "authority.crt.pem").read_bytes())
        answer = verify_bundle(Question(path, trust=tuple(trust), processes=1))
        with Bundle(path) as bundle:
            dossier = read_dossier(bundle, checks_of(answer))
    return dossier, analyse(dossier)


def twins(
    folder: Path, days: int = DAYS, seed: int = 7, busy: float = 1.0, tell: Callable[[str], None] = str
) -> tuple[Path, Path, int]:
    """An honest shop and a crook with the same customers; and what the crook took in cash (dong)."""
    honest, crook = folder / "honest", folder / "crook"
    tell("honest days of both")
    run_shop(honest, HONEST, days=BEFORE, seed=seed, busy=busy)
    shutil.copytree(honest, crook)
    tell("the honest shop")
    run_shop(honest, HONEST, days=days - BEFORE, begin=BEFORE, seed=seed, busy=busy)
    tell("the crook")
    shop = run_shop(crook, PLAN, days=days - BEFORE, begin=BEFORE, seed=seed, busy=busy)
    return honest, crook, shop.taken_in_cash


def edited(folder: Path, edit: Edit, copy: Path) -> Path:
    """A copy of a shop whose database was edited."""
    shutil.copytree(folder, copy)
    connection = sqlite3.connect(copy / "thungan.db")
    for statement in edit.sql:
        connection.execute(statement)
    connection.commit()
    connection.close()
    return copy


def fast_folder() -> str | None:
    """Where files cost no disk: a shop's weeks are thousands of durable commits."""
    return "/dev/shm" if sys.platform == "linux" and Path("/dev/shm").is_dir() else None  # noqa: S108
