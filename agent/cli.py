"""``thungan``: the command line. Names, JSON keys and exit codes are a contract (docs/architecture.md).

Exit codes: 0 done, 1 the answer is no, 2 bad input, 3 needs a person, 70 internal error.
"""

from __future__ import annotations

import argparse
import sys
import traceback
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

from errors import ThunganError

if TYPE_CHECKING:
    from collections.abc import Sequence

READ_PDF = "--read-pdf"  # drivers/jobs/apart.py asks a packaged program so
# name: (help, example). The module of a command is loaded only when it is called, so that start-up is short.
COMMANDS = {
    "init": ("make a data folder with a commented config.toml", "thungan init --data shop --profile demo"),
    "run": ("run the daemon", "thungan run --data shop"),
    "demo": ("everything embedded, from receipt to accepted invoice", "thungan demo --sales 20"),
    "decode": ("read a receipt's bytes as a sale", "thungan decode receipt.prn --json"),
    "issue": ("issue one invoice from a sale in JSON", "thungan issue sale.json --data shop --json"),
    "ports": ("serial ports, and what is heard on one", "thungan ports /dev/ttyUSB0 --listen 5"),
    "page": ("the page of the shop: its address, its PIN", "thungan page pin --data shop"),
    "capture": ("listen to any source, without issuing", "thungan capture test serial://COM3?baud=9600"),
    "backup": ("copy the database to the second place, verified", "thungan backup --data shop"),
    "restore": ("bring a backup back; no number is used twice", "thungan restore --data shop"),
    "archive": ("the archives of closed months", "thungan archive --check --data shop"),
    "gateway": ("test the way to the authority; issues nothing", "thungan gateway test --data shop"),
    "sync": ("deliver what is waiting", "thungan sync --once --data shop"),
    "status": ("how the register stands", "thungan status --data shop --json"),
    "invoice": ("look at invoices", "thungan invoice list --data shop"),
    "quarantine": ("captures that need a person", "thungan quarantine list --data shop"),
    "waiting": ("sales that wait for their buyer", "thungan waiting buyer 12 buyer.json --data shop"),
    "profile": (
        "receipt profiles: check and learn them",
        "thungan profile learn *.prn -o shop.toml",
    ),
    "keys": ("the seller's key and certificate", "thungan keys check --data shop"),
    "handover": ("the sheet that stays beside the till", "thungan handover -o sheet.pdf --data shop"),
    "notices": ("tell people elsewhere of alarms", "thungan notices test --data shop"),
    "doctor": ("look at everything, say what is wrong and what to do", "thungan doctor --data shop"),
    "token": ("tokens of programs that use the API", "thungan token new POS1 --scope sell --data shop"),
    "peers": ("the shop's other registers on one page", "thungan peers invite --data shop"),
    "numbers": ("the number series", "thungan numbers take-over --last 1234 --data shop"),
    "register": ("the registration with the tax authority", "thungan register --data shop --yes"),
    "notice": ("notice of wrong invoices", "thungan notice C26MAA-7 --reason 'sai tên' --data shop"),
    "verify": ("check the signatures of an invoice, package or notice", "thungan verify 206.xml --json"),
    "audit": (
        "evidence for tax officers",
        "thungan audit export --from 2026-11-01 --to 2026-11-30 -o november.zip",
    ),
    "update": ("look for a newer version of the program", "thungan update look --data shop"),
    "support": ("the support bundle, without secrets", "thungan support -o support.zip --data shop"),
    "witness": ("sign the checkpoints of shops' ledgers", "thungan witness --logs shops.txt --port 8444"),
    "sandbox": ("run the sandbox authority alone", "thungan sandbox --port 8443"),
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; errors go to stderr as ``E-XXX-nnn: what. What to do.``"""
    words = list(sys.argv[1:] if arguments is None else arguments)
    if words[:1] == ["--version"]:
        from importlib.metadata import version

        sys.stdout.write(f"thungan {version('thungan')}\n")
        return 0
    if words[:1] == [READ_PDF]:
        from drivers.jobs.apart import answer

        return answer(words[1:])
    if not words or words[0] not in COMMANDS:
        return _overview(words)
    name = words[0]
    parser = argparse.ArgumentParser(
        prog=f"thungan {name}",
        description=COMMANDS[name][0],
        epilog=f"example: {COMMANDS[name][1]}",
    )
    module = _add_options(parser, name)
    try:
        code: int = module.run(parser.parse_intermixed_args(words[1:]))
    except ThunganError as error:
        from invoice.local_time import with_local_times

        sys.stderr.write(f"{with_local_times(str(error))}\n")
        return error.exit_code
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:
        sys.stderr.close()
        return 0
    except Exception as error:  # noqa: BLE001 - the last net: an internal error has its own exit code
        traceback.print_exc()
        sys.stderr.write(f"E-GEN-070: {type(error).__name__}. {ThunganError.advice_en}\n")
        return 70
    return code


def whole_parser() -> argparse.ArgumentParser:
    """One parser with every command, for the man page and the completion of shells."""
    parser = argparse.ArgumentParser(prog="thungan", description="agent of a shop's cash register")
    parser.add_argument("--version", action="store_true", help="print the version")
    commands = parser.add_subparsers(metavar="COMMAND")
    for name, (what, example) in COMMANDS.items():
        _add_options(
            commands.add_parser(name, help=what, description=what, epilog=f"example: {example}"), name
        )
    return parser


def _add_options(parser: argparse.ArgumentParser, name: str) -> Any:
    """A command's options on its parser; its module is loaded for them."""
    parser.add_argument(
        "--data", type=Path, metavar="DIR", help="the data folder (default: the platform's own)"
    )
    module: Any = import_module(f"agent.commands.{name}")
    module.add(parser)
    return module


def _overview(words: list[str]) -> int:
    wanted = not words or words[0] in {"-h", "--help", "help"}
    out = sys.stdout if wanted else sys.stderr
    if not wanted:
        out.write(f"E-AGT-010: there is no command {words[0]!r}. Choose one of these.\n\n")
    out.write("usage: thungan COMMAND [--help]\n\n")
    for name, (what, _) in COMMANDS.items():
        out.write(f"  {name:<11} {what}\n")
    out.write("\nexample: thungan demo\n")
    return 0 if wanted else 2


if __name__ == "__main__":
    sys.exit(main())
