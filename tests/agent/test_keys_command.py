"""``thungan keys`` and ``thungan register --change``: a key taken in, looked at, renewed and announced."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
from issuing_house import House, Network
from key_samples import DAY, NOW, configure, following, new_shop, write_key
from test_forms_command import OFFICE, REPRESENTATIVE
from test_forms_command import configure as configure_forms

from agent.cli import main
from agent.commands.init import make_folder
from agent.config import load_config
from agent.config_writing import change_config
from authority.forms.message import read_sent_form
from authority.forms.registration import Registration
from authority.sandbox.server import RunningSandbox
from outbox.store import open_reader


@pytest.fixture
def house() -> House:
    return House(clock=NOW)


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    """As ``init`` leaves it for a real shop: no key yet."""
    folder = tmp_path / "shop"
    make_folder(folder, demo=True)
    return folder


@pytest.fixture
def bought(tmp_path: Path, shop: Path, house: House) -> Path:
    """The file that the certificate's provider gave out, with the shop's own pass phrase."""
    write_key(shop, house, "bought.p12", end=NOW + 400 * DAY)
    return (shop / "keys" / "bought.p12").rename(tmp_path / "bought.p12")


def told(shop: Path, action: str, capsys: pytest.CaptureFixture[str]) -> tuple[int, dict[str, Any]]:
    capsys.readouterr()
    code = main(["keys", action, "--data", str(shop), "--json"])
    return code, json.loads(capsys.readouterr().out)


def test_the_first_key_is_put_to_use(shop: Path, bought: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (shop / "keys" / "seller.p12").unlink()
    assert told(shop, "check", capsys)[0] == 1
    before = (shop / "config.toml").read_text("utf-8")
    phrase = f"file:{shop}/keys/passphrase"
    assert main(["keys", "import", str(bought), "--data", str(shop), "--passphrase", phrase]) == 0
    code, now = told(shop, "check", capsys)
    assert (code, now["key"], now["problem"], now["signs_now"]) == (0, "keys/bought.p12", None, "current")
    assert [one["name"] for one in now["checks"]] == ["opens", "validity", "signs", "chain"]
    after = (shop / "config.toml").read_text("utf-8")
    (changed,) = [line for line in after.splitlines() if line not in before.splitlines()]
    assert changed.startswith('file = "keys/bought.p12"')


def test_a_key_in_use_is_not_replaced_unasked(
    shop: Path, bought: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["keys", "import", str(bought), "--data", str(shop), "--passphrase", "file:keys/passphrase"]
    assert main(words) == 0
    assert 'file = "keys/bought.p12"' in capsys.readouterr().out
    assert load_config(shop).keys.current.key == "keys/seller.p12"
    assert told(shop, "list", capsys)[1]["others"] == ["bought.p12"]
    (shop / "keys" / "bought.p12").unlink()
    assert main([*words, "--use"]) == 0
    assert load_config(shop).keys.current.key == "keys/bought.p12"


def test_a_renewed_key_waits_takes_over_and_becomes_the_current_one(
    shop: Path, bought: Path, house: House, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = ["--data", str(shop), "--passphrase", "file:keys/passphrase"]
    since = (NOW + 5 * DAY).isoformat()
    assert main(["keys", "import", str(bought), "--next", "--from", since, *folder]) == 0
    code, now = told(shop, "check", capsys)
    assert (code, now["signs_now"], now["next"]["problem"]) == (0, "current", None)
    assert now["next"]["takes_over"] == since
    write_key(shop, house, "third.p12")
    third = (shop / "keys" / "third.p12").rename(tmp_path / "third.p12")
    assert main(["keys", "import", str(third), "--next", *folder]) == 2
    assert not (shop / "keys" / "third.p12").exists()
    change_config(shop, {"next_key.from": NOW - DAY})
    assert told(shop, "list", capsys)[1]["signs_now"] == "next"
    assert main(["keys", "import", str(third), "--next", *folder]) == 0
    keys = load_config(shop).keys
    assert keys.next is not None
    assert (keys.current.key, keys.next.key, keys.since) == ("keys/bought.p12", "keys/third.p12", None)


def test_what_does_not_open_leaves_nothing_behind(
    shop: Path, bought: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    before = sorted(shop.rglob("*"))
    monkeypatch.setattr("agent.key_import.getpass", lambda _prompt: "not the pass phrase")
    assert main(["keys", "import", str(bought), "--data", str(shop), "--passphrase", "ask", "--next"]) == 3
    assert capsys.readouterr().err.startswith("E-SIGN-003")
    assert sorted(shop.rglob("*")) == before
    right = (shop / "keys" / "passphrase").read_text()
    monkeypatch.setattr("agent.key_import.getpass", lambda _prompt: right)
    assert main(["keys", "import", str(bought), "--data", str(shop), "--passphrase", "ask", "--next"]) == 0
    kept = shop / "keys" / "bought.phrase"
    assert kept.stat().st_mode & 0o077 == 0
    assert load_config(shop).keys.next is not None
    assert right not in capsys.readouterr().out


def test_another_taxpayers_key_is_not_taken_in(
    shop: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    from signing.keys import throwaway_pkcs12
    from signing.passphrase import Secret

    phrase = Secret((shop / "keys" / "passphrase").read_text())
    throwaway_pkcs12(tmp_path / "other.p12", phrase, "0101248141", "KHÁC", NOW, 30)
    folder = ["--data", str(shop), "--passphrase", "file:keys/passphrase"]
    assert main(["keys", "import", str(tmp_path / "other.p12"), "--use", *folder]) == 3
    assert "E-SIGN-019" in capsys.readouterr().err
    assert not (shop / "keys" / "other.p12").exists()


@contextmanager
def serving(network: Network) -> Iterator[str]:
    """The house's OCSP responder on a port of loopback."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            data = network("", self.rfile.read(int(self.headers["Content-Length"])))
            self.send_response(200)
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class's name
            """Silence."""

    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}/"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@pytest.mark.parametrize(("action", "code"), [("good", 0), ("revoked", 1)])
def test_check_says_what_the_responder_says(
    action: str, code: int, tmp_path: Path, house: House, capsys: pytest.CaptureFixture[str]
) -> None:
    network = Network({})
    with serving(network) as url:
        house.ocsp_url = url
        certificate = new_shop(tmp_path, house)
        network.houses[certificate.serial_number] = (house, certificate)
        if action == "revoked":
            house.revoke(certificate, NOW - DAY)
        found, now = told(tmp_path, "check", capsys)
    assert found == code
    assert now["checks"][-1]["good"] is (code == 0)
    assert ("revoked" in (now["problem"] or "")) is (code == 1)


def test_a_change_form_names_the_renewed_certificate(
    tmp_path: Path, house: House, capsys: pytest.CaptureFixture[str]
) -> None:
    shop = tmp_path / "shop"
    with RunningSandbox(shop / "sandbox") as sandbox:
        assert main(["init", "--data", str(shop), "--profile", "demo", "--authority", sandbox.url]) == 0
        configure_forms(shop, OFFICE + REPRESENTATIVE)
        assert main(["register", "--data", str(shop), "--yes"]) == 0
        renewed = write_key(shop, house, "next.p12", start=NOW, end=NOW + 800 * DAY)
        configure(shop, following(NOW + 30 * DAY))
        capsys.readouterr()
        assert main(["register", "--change", "--data", str(shop)]) == 0
        assert f"{renewed.serial_number:X}" in capsys.readouterr().out
        assert main(["register", "--change", "--data", str(shop), "--yes"]) == 0
    reader = open_reader(shop / "thungan.db")
    try:
        (sent,) = reader.execute("SELECT document FROM form_message ORDER BY id DESC LIMIT 1").fetchone()
    finally:
        reader.close()
    form = read_sent_form(bytes(sent))
    assert isinstance(form, Registration)
    assert [int(one.serial, 16) for one in form.certificates] == [renewed.serial_number]
