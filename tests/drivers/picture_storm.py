"""``make pictures``: rendered receipts are read; exact, or quarantined, and none wrong.

Each is read twice: with this computer's fonts, and with the fonts of its own family taken away, as on a
computer that has not what the register program draws with. The shop's price list is known: the goods of fifty
receipts. Seeds from 9000 on were not looked at while the reader was made.
"""

from __future__ import annotations

import argparse
import copy
import os
import resource
import signal
import sys
import time
from collections import Counter, defaultdict
from dataclasses import dataclass
from functools import cache
from multiprocessing import Pool
from pathlib import Path
from statistics import median

from rendered_receipts import family_of, rendered

from drivers.raster.fonts import fonts_here
from drivers.raster.reader import look, reading_of
from drivers.reading import Reading
from invoice.sale import Kind

FIRST = 9000
SHOP = 50  # receipts of one shop
_PATIENCE = 900.0  # seconds: other programs may be busy on this computer


@dataclass(frozen=True)
class Outcome:
    """One receipt: what became of it with and without its font, and the seconds it took."""

    seed: int
    about: str
    known: str
    unknown: str
    seconds: float
    worked: float


def judge(seed: int) -> Outcome:
    """Read one rendered receipt and compare it with what its text says."""
    one = rendered(seed)
    began, worked = time.monotonic(), _worked()
    seen = look(one.data, _PATIENCE)
    again = copy.deepcopy(seen.lines)
    goods = price_list(seed // SHOP)
    known = _verdict(reading_of(seen, None, goods=goods), one.truth)
    took, worked = time.monotonic() - began, _worked() - worked
    seen.lines[:] = again
    family = family_of(one.font)
    others = [path for path in fonts_here() if not path.stem.lower().startswith(family)]
    unknown = _verdict(reading_of(seen, None, others, goods), one.truth)
    return Outcome(seed, one.about, known, unknown, took, worked)


@cache
def price_list(shop: int) -> frozenset[str]:
    """What a shop sells: the goods on fifty receipts of the set."""
    sales = [rendered(seed).truth.sale for seed in range(shop * SHOP, (shop + 1) * SHOP)]
    return frozenset(line.name for sale in sales if sale for line in sale.lines)


def _verdict(reading: Reading, truth: Reading) -> str:
    if reading.kind is Kind.QUARANTINED:
        return "quarantined" if truth.kind is not Kind.QUARANTINED else "rightly quarantined"
    return "exact" if (reading.kind, reading.sale) == (truth.kind, truth.sale) else "WRONG"


def _worked() -> float:
    """Seconds of processor time of this process and of its tesseracts."""
    mine, theirs = resource.getrusage(resource.RUSAGE_SELF), resource.getrusage(resource.RUSAGE_CHILDREN)
    return mine.ru_utime + mine.ru_stime + theirs.ru_utime + theirs.ru_stime


def main() -> int:
    """The table; exit 1 where a receipt was read wrongly."""
    parser = argparse.ArgumentParser(description="read rendered receipts")
    parser.add_argument("--receipts", type=int, default=200)
    parser.add_argument("--seed", type=int, default=FIRST, help="of the first (default 9000)")
    arguments = parser.parse_args()
    signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell ignores it for what runs behind
    outcomes: list[Outcome] = []
    seeds = range(arguments.seed, arguments.seed + arguments.receipts)
    with Pool(os.cpu_count(), _ignore_interrupts) as pool:
        try:
            for outcome in pool.imap_unordered(judge, seeds):
                outcomes.append(outcome)
                sys.stderr.write(f"\r{len(outcomes)} of {arguments.receipts}")
                for how, verdict in (("known", outcome.known), ("unknown", outcome.unknown)):
                    if verdict == "WRONG":
                        print(f"WRONG: seed {outcome.seed}, font {how}: {outcome.about}")
                        sys.stdout.flush()
        except KeyboardInterrupt:  # the table of what was read so far
            pool.terminate()
    sys.stderr.write("\n")
    if outcomes:
        _show(outcomes)
    return 1 if any("WRONG" in (one.known, one.unknown) for one in outcomes) else 0


def _ignore_interrupts() -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)


def _show(outcomes: list[Outcome]) -> None:
    for how in ("known", "unknown"):
        counts = Counter(getattr(one, how) for one in outcomes)
        shares = ", ".join(
            f"{name} {count} ({count / len(outcomes):.1%})" for name, count in counts.most_common()
        )
        print(f"font {how}: {shares}; wrong: {counts['WRONG']}")
    parts: dict[tuple[int, str], Counter[str]] = defaultdict(Counter)
    for one in outcomes:
        for place, part in enumerate(one.about.split(", ")):
            parts[place, part][one.known] += 1
    for (_, part), counts in sorted(parts.items()):
        print(f"  {part:<22} {counts['exact']:>3} exact of {counts.total()}")
    for what, values in (
        ("seconds", [one.seconds for one in outcomes]),
        ("cpu", [one.worked for one in outcomes]),
    ):
        late = sorted(values)[int(0.95 * (len(values) - 1))]
        print(f"{what} per receipt: median {median(values):.1f}, p95 {late:.1f}")


if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).parent))
    sys.exit(main())
