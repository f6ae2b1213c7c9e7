"""``thungan keys list/check/import``: the seller's keys, their certificates, and what is wrong with them."""

from __future__ import annotations

import argparse
import json
import sys
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from agent.config import default_folder, load_config
from agent.errors import FileUnreadable
from agent.key_checks import look_at
from agent.key_choice import choose
from agent.key_import import ASK, import_key
from agent.key_settings import Role
from invoice.sale_json import VIETNAM
from signing.certificates import subject_name
from signing.errors import SigningError

if TYPE_CHECKING:
    from agent.config import Config

_KEY_FILES = {".p12", ".pfx", ".pem", ".key"}
_NOT_SELLERS = {"ledger.key"}


def add(parser: argparse.ArgumentParser) -> None:
    """Options."""
    parser.add_argument("action", choices=["list", "check", "import"])
    parser.add_argument(
        "file", nargs="?", metavar="FILE", help="to import: a .p12, .pfx or .pem file, or a setting pkcs11:…"
    )
    parser.add_argument(
        "--passphrase",
        default="env:THUNGAN_PASSPHRASE",
        metavar="WHERE",
        help=f"env:NAME, file:PATH, keyring:SERVICE/USER, or {ASK}: asked for here, kept in the keys folder",
    )
    place = parser.add_mutually_exclusive_group()
    place.add_argument("--use", action="store_true", help="import: sign with it from now on ([key])")
    place.add_argument("--next", action="store_true", help="import: it is the renewed key ([next_key])")
    parser.add_argument(
        "--from",
        dest="since",
        type=_moment,
        metavar="TIME",
        help="with --next: when it takes over, e.g."
        " 2027-11-20T00:00:00; default: when the current certificate expires",
    )
    parser.add_argument("--json", action="store_true", help="print as JSON")


def run(arguments: argparse.Namespace) -> int:
    """list: the configured keys. check: exit 1 where one may not sign. import: copy a key in."""
    config = load_config(arguments.data or default_folder())
    if arguments.action == "import":
        return _import(config, arguments)
    now = datetime.now(UTC)
    check = arguments.action == "check"
    told = look_at(config, config.keys.current, now, check=check)
    told["signs_now"] = _signing(config, now)
    told["invoices"] = config.keys.invoices.value
    problems = [told["problem"]]
    told["next"] = None
    if config.keys.next is not None:
        since = config.keys.since.isoformat() if config.keys.since else None
        following = look_at(config, config.keys.next, now, check=check) | {"takes_over": since}
        told["next"] = following
        # The renewed certificate may not have begun, and the old one may be over: each has its time.
        problems = [told["problem"] if told["signs_now"] != Role.NEXT else following["problem"]]
    told["others"] = _others(config)
    if arguments.json:
        sys.stdout.write(json.dumps(told, ensure_ascii=False, indent=1) + "\n")
    else:
        _print(told)
    return 1 if check and any(problems) else 0


def _signing(config: Config, now: datetime) -> str | None:
    try:
        chosen = choose(config, now)
    except SigningError:
        return None
    chosen.signer.close()
    return chosen.role.value


def _others(config: Config) -> list[str]:
    """Key files in the keys folder that the configuration does not name."""
    named = [config.keys.current.key, config.keys.next.key if config.keys.next else ""]
    folder = config.folder / "keys"
    found = sorted(path.name for path in folder.glob("*") if path.suffix.lower() in _KEY_FILES)
    return [name for name in found if name not in _NOT_SELLERS and not any(name in one for one in named)]


def _print(told: dict[str, Any], indent: str = "") -> None:
    for name, value in told.items():
        if name == "next" and value is not None:
            sys.stdout.write("\nnext\n")
            _print(value, "  ")
            sys.stdout.write("\n")
        elif name == "checks":
            for one in value:
                mark = "good" if one["good"] else "BAD "
                sys.stdout.write(f"{indent}  {mark} {one['name']:<22} {one['remark'] or ''}".rstrip() + "\n")
        else:
            shown = ", ".join(value) if isinstance(value, list) else value
            sys.stdout.write(f"{indent}{name:<11} {shown if shown not in (None, '') else '-'}\n")


def _import(config: Config, arguments: argparse.Namespace) -> int:
    if arguments.file is None:
        raise FileUnreadable("keys import needs a FILE")
    role = Role.NEXT if arguments.next else Role.CURRENT if arguments.use else None
    done = import_key(config, arguments.file, arguments.passphrase, role=role, since=arguments.since)
    certificate = done.certificate
    sys.stdout.write(f"{done.copied or done.setting}: {subject_name(certificate)}\n")
    sys.stdout.write(
        f"serial {certificate.serial_number:X}, {certificate.not_valid_before_utc:%Y-%m-%d} to"
        f" {certificate.not_valid_after_utc:%Y-%m-%d}\n"
    )
    if done.role is None:
        sys.stdout.write("there is a key in use already. To sign with this one, set in config.toml:\n")
        sys.stdout.write(f'[key]\nfile = "{done.setting}"\npassphrase = "{done.passphrase}"\n')
    elif done.role is Role.NEXT:
        when = f"at {arguments.since.isoformat()}" if arguments.since else "when the current one expires"
        sys.stdout.write(f"[next_key] is in config.toml: it takes over {when}.\n")
        sys.stdout.write("tell the tax authority now: thungan register --change\n")
    else:
        sys.stdout.write("[key] in config.toml names it: restart thungan to sign with it.\n")
    if done.copied is not None:
        sys.stdout.write("delete the original: whoever has it can sign for the shop.\n")
    return 0


def _moment(text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is not a time such as 2027-11-20T00:00:00") from None
    return moment if moment.tzinfo else moment.replace(tzinfo=VIETNAM)
