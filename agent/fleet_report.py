"""``thungan audit report FOLDER``: many sellers' bundles, reduced to tables by all cores, then compared."""

from __future__ import annotations

import json
import os
import sys
from argparse import Namespace
from concurrent.futures import ProcessPoolExecutor, as_completed
from contextlib import nullcontext
from hashlib import sha256
from multiprocessing import get_context
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from agent.audit_report import write_page
from audit.errors import NoBundles
from audit.progress_line import ProgressLine
from errors import ThunganError

if TYPE_CHECKING:
    from audit.fleet.compare import Fleet


def report_fleet(folder: Path, arguments: Namespace) -> int:
    """Write the comparison. Tables that ``--keep`` holds from an earlier run are used again."""
    from audit.fleet.compare import compare
    from audit.fleet.tables import open_duckdb
    from audit.report.fleet_page import render_fleet

    with open_duckdb():
        pass  # said at once, not after an hour of reading
    bundles = sorted(folder.glob("*.zip"))
    keep: Path | None = arguments.keep
    with TemporaryDirectory() if keep is None else nullcontext(str(keep)) as name:
        tables = Path(name)
        tables.mkdir(parents=True, exist_ok=True)
        unreadable = _reduce(bundles, tables, arguments)
        if not any(tables.glob("*.sales.parquet")):
            reasons = "; ".join(problem for _, problem in unreadable[:3])
            raise NoBundles(
                f"{folder} holds no evidence bundle that can be read{f' ({reasons})' if reasons else ''}"
            )
        fleet = compare(tables)
    output: Path = arguments.output or folder / "sellers.html"
    write_page(output, render_fleet(fleet, unreadable))
    _tell(output, fleet, unreadable, as_json=arguments.json)
    return 0


def _reduce(bundles: list[Path], tables: Path, arguments: Namespace) -> list[tuple[str, str]]:
    """Make the tables that are missing; which bundles could not be read, and why."""
    missing = [(path, _name(path)) for path in bundles]
    missing = [(path, name) for path, name in missing if not (tables / f"{name}.counts.parquet").exists()]
    unreadable = []
    line = ProgressLine("bundles")
    try:
        # Started anew, not forked: DuckDB has threads, and no thread is torn in two.
        processes = min(os.cpu_count() or 1, max(1, len(missing)))
        with ProcessPoolExecutor(processes, get_context("spawn")) as pool:
            waiting = {
                pool.submit(
                    reduce_bundle, Namespace(**{**vars(arguments), **_ALONE, "file": path}), tables, name
                ): path
                for path, name in missing
            }
            for done, future in enumerate(as_completed(waiting), start=1):
                line(done, len(waiting))
                if problem := future.result():
                    unreadable.append((waiting[future].name, problem))
    finally:
        line.end()
    return sorted(unreadable)


def _name(path: Path) -> str:
    """A bundle's tables bear its name, size and time, so a bundle that was replaced is read again."""
    stat = path.stat()
    mark = sha256(f"{path.name} {stat.st_size} {stat.st_mtime_ns}".encode()).hexdigest()[:12]
    return f"{path.stem}-{mark}"


_ALONE = {"processes": 1}  # each bundle has a process already


def reduce_bundle(arguments: Namespace, tables: Path, name: str) -> str | None:
    """Verify one bundle, reduce it to its tables; what is wrong with it in words, or None.

    Runs in a process of its own, so it is given what the command line said and not what it stands for.
    """
    from audit.analysis import analyse
    from audit.bundle.reading import Bundle
    from audit.dossier_reading import checks_of, read_dossier
    from audit.fleet.tables import write_tables
    from audit.verify.program import question_of
    from audit.verify.run import verify_bundle

    try:
        answer = verify_bundle(question_of(arguments))
        with Bundle(arguments.file) as bundle:
            dossier = read_dossier(bundle, checks_of(answer))
        write_tables(dossier, analyse(dossier), tables, name)
    except ThunganError as error:
        return error.message
    return None


def _tell(output: Path, fleet: Fleet, unreadable: list[tuple[str, str]], *, as_json: bool) -> None:
    if as_json:
        outliers = [
            {
                "seller": one.seller,
                "name": one.name,
                "serious": list(one.worst),
                "stands_out": {standing.measure.name: round(standing.score, 1) for standing in one.standing},
            }
            for one in fleet.outliers
        ]
        found = {"file": str(output), "sellers": fleet.sellers, "sales": fleet.sales, "outliers": outliers}
        sys.stdout.write(json.dumps({**found, "unreadable": dict(unreadable)}, ensure_ascii=False) + "\n")
        return
    sys.stdout.write(f"{output}\n  {fleet.sellers:,} sellers, {fleet.sales:,} sales\n")
    for one in fleet.outliers[:20]:
        marks = [*one.worst, *(f"{s.measure.name} {s.score:.1f}" for s in one.standing)]
        sys.stdout.write(f"  {one.seller:<18} {', '.join(marks)}\n")
    for name, why in unreadable:
        sys.stdout.write(f"  could not be read: {name}: {why}\n")
