"""``thungan init``: config.toml (commented), empty database, keys folder."""

from __future__ import annotations

import json
import secrets
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from agent.config import default_folder, load_config
from agent.config_template import TEMPLATE
from agent.errors import AlreadyThere, ConfigInvalid
from agent.key_settings import TEMPLATE as KEYS
from agent.parts import ledger_key
from errors import ThunganError
from outbox.store import Store

if TYPE_CHECKING:
    import argparse

    from agent.answer_file import ShopAnswers

DEMO_SELLER = ("CỬA HÀNG TẠP HÓA SÔNG HÀN", "0409990010", "12 Bạch Đằng, phường Hải Châu, Đà Nẵng")

DEMO_PHRASE = "passphrase"  # in the keys folder: the pass phrase of a throw-away key


def add(parser: argparse.ArgumentParser) -> None:
    """Options."""
    parser.add_argument(
        "--profile", choices=["shop", "demo"], default="shop", help="demo: sandbox and throw-away key"
    )
    parser.add_argument("--authority", default="", metavar="URL", help="the gateway's address")
    parser.add_argument("--source", default="", metavar="URI", help="e.g. serial:///dev/ttyUSB0?baud=9600")
    parser.add_argument("--answers", type=Path, metavar="FILE", help="set up from a file (docs/set-up.md)")
    parser.add_argument("--shop", metavar="ID", help="with --answers: this shop only, into DIR")
    parser.add_argument("--try", action="store_true", dest="trial", help="with --answers: test invoices")
    parser.add_argument("--language", choices=["vi", "en"], default="vi", help="of the questions")
    parser.add_argument("--plain", action="store_true", help="ask nothing: a config.toml to be filled in")
    parser.add_argument("--json", action="store_true", help="with --answers: print as JSON")


def run(arguments: argparse.Namespace) -> int:
    """Make the folder; never touches one that is in use. In a terminal, ask; with --answers, read them."""
    folder: Path = arguments.data or default_folder()
    if arguments.answers is not None:
        return _from_file(folder, arguments)
    if arguments.profile == "shop" and not arguments.plain and sys.stdin.isatty() and sys.stdout.isatty():
        from agent.wizard import Wizard

        if (folder / "config.toml").exists():
            raise AlreadyThere(f"{folder / 'config.toml'} exists already")
        try:
            Wizard(folder, arguments.language).run()
        except EOFError:
            sys.stdout.write("\n")
            return 130
        return 0
    make_folder(folder, demo=arguments.profile == "demo", url=arguments.authority, source=arguments.source)
    sys.stdout.write(f"{folder / 'config.toml'}\n")
    return 0


def _from_file(folder: Path, arguments: argparse.Namespace) -> int:
    """Every shop of the file into a folder of its own, or one into ``folder``; exit 1 where one failed."""
    from agent.answer_file import read_answer_file

    shops = read_answer_file(arguments.answers)
    if arguments.shop is not None:
        shops = [shop for shop in shops if shop.name == arguments.shop]
        if not shops:
            raise ConfigInvalid(f"{arguments.answers} has no shop {arguments.shop}")
    results: list[dict[str, str | None]] = []
    alone = arguments.shop is not None
    for shop in shops:
        place = folder if alone or not shop.name else folder / shop.name
        results.append({"shop": shop.name, "folder": str(place), **_one_of_file(place, shop, arguments)})
        if not arguments.json:
            said = results[-1]["problem"] or results[-1]["trial"] or "ok"
            sys.stdout.write(f"{shop.name or place}: {said}\n")
    made = {str(result["shop"]): result for result in results if not result["problem"]}
    for shop in shops:
        if shop.name in made and (problem := _join(shop, made, alone=alone)):
            made[shop.name]["problem"] = problem
            sys.stderr.write(f"{shop.name}: {problem}\n")
    if arguments.json:
        sys.stdout.write(json.dumps(results, ensure_ascii=False) + "\n")
    return 1 if any(result["problem"] for result in results) else 0


def _one_of_file(place: Path, shop: ShopAnswers, arguments: argparse.Namespace) -> dict[str, str | None]:
    """One shop that cannot be set up does not keep the others from it."""
    from agent.setting_up import set_up
    from agent.web.pin import PinLock

    trial = None
    try:
        config = set_up(place, shop.answers)
        if shop.pin is not None:
            PinLock(place).choose(shop.pin.reveal())
        if arguments.trial:
            from agent.trial import try_invoice

            tried = try_invoice(config)
            trial = f"test invoice {tried.symbol}-{tried.number}: {tried.state} {tried.reason or ''}".rstrip()
            if not tried.accepted:
                return {"problem": trial, "trial": trial}
    except ThunganError as error:
        return {"problem": str(error), "trial": None}
    return {"problem": None, "trial": trial}


def _join(shop: ShopAnswers, made: dict[str, dict[str, str | None]], *, alone: bool) -> str | None:
    """Let a shop see the registers that its answers name; why it does not."""
    from agent.config_writing import append_table
    from agent.peers.invitation import accept, invite

    folder = Path(str(made[shop.name]["folder"]))
    try:
        for peer in shop.peers:
            append_table(folder, "peers", peer)
        if shop.sees and alone:
            sys.stderr.write(f"{shop.name}: join it with {', '.join(shop.sees)} by thungan peers invite\n")
        for name in () if alone else shop.sees:
            if name not in made:
                return f"made, but it does not see {name}, which could not be made"
            there = load_config(Path(str(made[name]["folder"])))
            accept(folder, invite(there, shop.name))
    except ThunganError as error:
        return f"made, but it does not see its peers: {error}"
    return None


def make_folder(folder: Path, *, demo: bool, url: str = "", source: str = "", again: bool = False) -> None:
    """Write configuration, keys and an empty database.

    ``again``: a folder of an earlier demonstration is used on, with its key, invoices and ledger.

    Raises:
        AlreadyThere: the folder has a config.toml.
    """
    path = folder / "config.toml"
    keys = folder / "keys"
    name, tax_code, address = DEMO_SELLER
    known = again and path.exists() and (keys / DEMO_PHRASE).exists()
    if path.exists() and not known:
        raise AlreadyThere(f"{path} exists already")
    keys.mkdir(mode=0o700, parents=True, exist_ok=True)
    if demo and not known:
        _throwaway_key(keys, tax_code, name)
    text = TEMPLATE.format(
        name=name,
        tax_code=tax_code,
        address=address,
        form=1,
        taxpayer="SHNDN",
        source=source,
        keys=KEYS.format(passphrase=f"file:keys/{DEMO_PHRASE}" if demo else "env:THUNGAN_PASSPHRASE"),
        url=url or ("https://127.0.0.1:8443" if demo else ""),
        ca="sandbox/tls.crt.pem" if demo else "",
        trust="sandbox/authority.crt.pem" if demo else "",
    )
    path.write_text(text, "utf-8")
    load_config(folder)
    ledger_key(folder)
    Store(folder).close()


def _throwaway_key(keys: Path, tax_code: str, name: str) -> None:
    from signing.keys import throwaway_pkcs12
    from signing.passphrase import Secret
    from signing.private_file import write_private

    words = secrets.token_urlsafe(18)
    write_private(keys / DEMO_PHRASE, words.encode())
    throwaway_pkcs12(keys / "seller.p12", Secret(words), tax_code, name, datetime.now(UTC), 365)
