"""``thungan decode FILE``: receipt bytes → sale, by the contract's JSON; exit 2 if quarantined."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from agent.commands.issue import read_input
from agent.known_goods import goods_in
from agent.paper_showing import show_proof, write_picture
from drivers.jobs import form_of
from drivers.reading import load_profile, reading_to_json
from drivers.understanding import understand
from invoice.sale import Kind

if TYPE_CHECKING:
    import argparse


def add(parser: argparse.ArgumentParser) -> None:
    """Options."""
    parser.add_argument(
        "file",
        metavar="FILE",
        help="what a register sent, or a print job (PDF, XPS, EMF, PostScript); - for standard input",
    )
    parser.add_argument("--profile", metavar="NAME", help="a receipt profile")
    parser.add_argument(
        "--goods", type=Path, metavar="FILE", help="for pictures: the price list, a name on each line"
    )
    parser.add_argument("--png", type=Path, metavar="OUT.png", help="draw the paper")
    parser.add_argument("--proof", action="store_true", help="which bytes gave which field, which sums held")
    parser.add_argument("--json", action="store_true", help="print the sale as JSON")


def run(arguments: argparse.Namespace) -> int:
    """Decode one capture."""
    content = read_input(arguments.file)
    form = form_of(content)
    goods = goods_in(arguments.goods) if arguments.goods else frozenset[str]()
    profile = load_profile(arguments.profile) if arguments.profile else None
    reading = understand(form, content, profile, goods)
    if arguments.png is not None:
        write_picture(content, arguments.png, form=form)
    data = reading_to_json(reading)
    if arguments.json:
        sys.stdout.write(json.dumps(data, ensure_ascii=False, indent=1) + "\n")
    else:
        _show(data)
        if arguments.proof:
            show_proof(reading)
    return 2 if reading.kind is Kind.QUARANTINED else 0


def _show(data: dict[str, object]) -> None:
    sys.stdout.write(f"{data['kind']} {data['receipt_no'] or ''} {data['sold_at'] or ''}\n")
    lines = data["lines"]
    for line in lines if isinstance(lines, list) else []:
        sys.stdout.write(f"  {line['name']}: {line['quantity']} x {line['unit_price']} = {line['amount']}\n")
    if data["total"] is not None:
        sys.stdout.write(f"  discount {data['discount']}, total {data['total']}\n")
    problems = data["problems"]
    for problem in problems if isinstance(problems, list) else []:
        sys.stdout.write(f"  problem: {problem}\n")
