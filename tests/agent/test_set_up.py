"""Setting a shop up: from a file of many, in a terminal, in the browser; and a test invoice."""

from __future__ import annotations

import json
import os
import pty
import subprocess
import sys
import termios
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest

from agent.api.tokens import Tokens
from agent.cli import main
from agent.config import load_config
from agent.config_writing import change_config, with_values
from agent.errors import AlreadyThere, ConfigInvalid
from agent.first_receipt import read_first_receipt
from agent.key_choice import open_signer
from agent.setting_up import Answers, set_up
from agent.trial import try_invoice
from agent.virtual_register import VirtualRegister
from agent.web.pin import PinLock
from agent.web.tls_files import CERTIFICATE, key_pin
from errors import ThunganError
from signing.keys import throwaway_pkcs12
from signing.passphrase import Secret, read_passphrase

PHRASE = "correct horse"
SHOP = {
    "seller.tax_code": "0409990010",
    "seller.name": 'Quán "Bà Tám" \\ 1',
    "seller.address": "1 Lê Lợi, Đà Nẵng",
    "register.taxpayer": "ABCDE",
}


@pytest.fixture
def key(tmp_path: Path) -> Path:
    path = tmp_path / "real.p12"
    throwaway_pkcs12(path, Secret(PHRASE), SHOP["seller.tax_code"], "Bà Tám", datetime.now(UTC), 30)
    return path


def test_answers_become_a_folder_that_can_sell(tmp_path: Path, key: Path) -> None:
    folder = tmp_path / "shop"
    answers = Answers(SHOP, key_file=key.read_bytes(), passphrase=Secret(PHRASE), sandbox=True)
    config = set_up(folder, answers)
    assert config.seller.name == SHOP["seller.name"]
    assert load_config(folder) == config
    assert "# người bán" in (folder / "config.toml").read_text("utf-8"), "comments stay"
    assert PHRASE not in (folder / "config.toml").read_text("utf-8")
    for secret in ("keys/passphrase", "keys/seller.p12", "keys/ledger.key"):
        assert (folder / secret).stat().st_mode & 0o077 == 0
    tried = try_invoice(config)
    assert tried.accepted, tried.reason
    assert "ABCDE" in tried.code
    with pytest.raises(AlreadyThere):
        set_up(folder, answers)


@pytest.mark.parametrize(
    "wrong",
    [
        {"seller.tax_code": "0409990011"},
        {"register.taxpayer": "ABCD"},
        {"register.letters": "A1"},
        {"source.uri": "nowhere://x"},
        {"sellers.name": "x"},
        {"vat.default": "9%"},
    ],
)
def test_a_wrong_answer_leaves_nothing_behind(tmp_path: Path, wrong: dict[str, str]) -> None:
    folder = tmp_path / "shop"
    PinLock(folder).choose("482913")
    with pytest.raises(ThunganError):
        set_up(folder, Answers({**SHOP, **wrong}, throwaway=True, sandbox=True))
    assert [path.name for path in folder.rglob("*") if path.is_file()] == ["page.pin"]


def test_another_s_key_and_a_wrong_phrase_are_refused(tmp_path: Path, key: Path) -> None:
    for answers in (
        Answers(
            {**SHOP, "seller.tax_code": "0401234560"}, key_file=key.read_bytes(), passphrase=Secret(PHRASE)
        ),
        Answers(SHOP, key_file=key.read_bytes(), passphrase=Secret("wrong")),
        Answers(SHOP, key_file=b"no key", passphrase=Secret(PHRASE)),
        Answers(SHOP),
    ):
        with pytest.raises(ThunganError):
            set_up(tmp_path / "shop", answers)
    assert not (tmp_path / "shop" / "config.toml").exists()


ANSWERS = """
[authority]
url = "sandbox"

[vat]
default = "10%"

[[shop]]
id = "one"
seller = { tax_code = "0409990010", name = "Một", address = "Đà Nẵng" }
register = { taxpayer = "AAAAA", letters = "AA" }
key = { import = "real.p12", passphrase = "file:phrase" }
page = { pin = "file:pin", port = 8390, host = "192.168.1.21" }
peers = ["two", { name = "Kho", url = "https://192.168.1.30:8380", token = "env:KHO" }]

[[shop]]
id = "two"
seller = { tax_code = "0409990010", name = "Hai", address = "Huế" }
register = { taxpayer = "BBBBB", letters = "BB" }
vat = { default = "8%" }
key = { file = "throwaway" }
page = { host = "192.168.1.22" }
peers = ["one"]

[[shop]]
id = "three"
seller = { tax_code = "123", name = "Ba", address = "Huế" }
register = { taxpayer = "CCCCC" }
key = { file = "throwaway" }
"""


def test_fifty_shops_from_a_file(tmp_path: Path, key: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for name, text in (("shops.toml", ANSWERS), ("phrase", PHRASE), ("pin", "482913")):
        (tmp_path / name).write_text(text, "utf-8")
        (tmp_path / name).chmod(0o600)
    made = tmp_path / "made"
    words = ["init", "--answers", str(tmp_path / "shops.toml"), "--data", str(made), "--json"]
    assert main(words) == 1, "one of them cannot be"
    results = {row["shop"]: row["problem"] for row in json.loads(capsys.readouterr().out)}
    assert results["one"] is None
    assert results["two"] is None
    assert "E-AGT-001" in results["three"]
    one, two = load_config(made / "one"), load_config(made / "two")
    assert (one.register.taxpayer, two.register.taxpayer) == ("AAAAA", "BBBBB")
    assert (one.register.terms.rates.default, two.register.terms.rates.default) == ("10%", "8%")
    assert open_signer(one).certificate != open_signer(two).certificate
    assert [(peer.name, peer.url) for peer in one.peers] == [
        ("Kho", "https://192.168.1.30:8380"),
        ("Máy 1", "https://192.168.1.22:8380"),
    ]
    assert two.peers[0].url == "https://192.168.1.21:8390"
    assert two.peers[0].pin == key_pin(made / "one" / CERTIFICATE)
    assert Tokens(made / "two").find(read_passphrase(one.peers[1].token).reveal()) is not None
    PinLock(made / "one").check("482913", beyond=False)
    assert not (made / "three" / "config.toml").exists()
    alone = ["init", "--answers", str(tmp_path / "shops.toml"), "--shop", "two", "--try", "--data"]
    assert main([*alone, str(tmp_path / "alone")]) == 0
    assert "accepted" in capsys.readouterr().out
    assert main([*alone[:4], "nobody", "--data", str(tmp_path / "x")]) == 2


@pytest.mark.parametrize(
    "text",
    [
        "x", "shop = 1", "[[shop]]\nname = 'x'", "[[shop]]\nid = '../up'",
        "[[shop]]\nid='a'\n[[shop]]\nid='a'", "seller = 1", "[[shop]]\nid='a'\npeers=['b']",
        "[[shop]]\nid='a'\npeers=['a']", "[[shop]]\nid='a'\npeers='b'",
    ],
)  # fmt: skip
def test_a_wrong_answer_file(tmp_path: Path, text: str) -> None:
    path = tmp_path / "answers.toml"
    path.write_text(text, "utf-8")
    assert main(["init", "--answers", str(path), "--data", str(tmp_path / "made")]) == 2
    assert not (tmp_path / "made").exists()


def test_changing_the_configuration_keeps_the_comments(tmp_path: Path) -> None:
    set_up(tmp_path, Answers(SHOP, throwaway=True, sandbox=True))
    before = (tmp_path / "config.toml").read_text("utf-8")
    config = change_config(tmp_path, {"source.uri": "tcp://127.0.0.1:9100", "printer.paper": 58})
    assert config.sources == ("tcp://127.0.0.1:9100",)
    text = (tmp_path / "config.toml").read_text("utf-8")
    assert [line for line in before.splitlines() if "uri" not in line and line not in text] == []
    with pytest.raises(ConfigInvalid):
        change_config(tmp_path, {"source.uri": "nowhere://"})
    assert (tmp_path / "config.toml").read_text("utf-8") == text
    change_config(tmp_path, {"printer.paper": None})
    assert load_config(tmp_path).printer.dots == 576
    assert 'a = "\\"]\\n[evil]"' in with_values("[x]\n", {"x.a": '"]\n[evil]'})


def test_the_first_receipt_teaches_its_layout() -> None:
    head = "\x1b@QUÁN\nSố HĐ: HD00001\nNgày: 24/11/2026 10:00\n"
    plain = f"{head}Cà phê   2 x 25.000   50.000\nTổng cộng   50.000\n"
    assert read_first_receipt(plain.encode()).understood
    own = read_first_receipt(plain.replace("Tổng cộng", "Khoản nộp").encode())
    assert own.understood
    assert own.profile is not None
    assert not read_first_receipt(b"\x1b@nothing to sell here\nat all\n").understood


WIZARD = [
    ("Tax code", "0409990011"),
    ("Tax code", "0409990010"),
    ("Seller's name", "Bà Tám"),
    ("Address", "Đà Nẵng"),
    ("Form", ""),
    ("Letters", "bb"),
    ("Register number", "0"),
    ("Register number", "7"),
    ("5 characters", "abcde"),
    ("VAT rate", "8%"),
    ("Choose", "1"),
    ("Path of the file", "{key}"),
    ("Pass phrase", "wrong"),
    ("Choose", "1"),
    ("Path of the file", "{key}"),
    ("Pass phrase", PHRASE),
    ("Port", "tcp://127.0.0.1:9100"),
    ("Printer", ""),
    ("Address", ""),
    ("PIN", "111111"),
    ("PIN", "482913"),
    ("Try an invoice", "y"),
]


def test_the_wizard_in_a_terminal(tmp_path: Path, key: Path) -> None:
    folder = tmp_path / "shop"
    said = talk(["init", "--data", str(folder), "--language", "en"], WIZARD, str(key))
    assert "accepted" in said
    assert PHRASE not in said
    assert "482913" not in said
    config = load_config(folder)
    assert config.register.number == 7
    assert config.register.letters == "BB"
    assert config.sources == ("tcp://127.0.0.1:9100",)
    PinLock(folder).check("482913", beyond=False)


def talk(words: list[str], turns: list[tuple[str, str]], key: str) -> str:
    """Run the command on a terminal of its own, answering each question when it is asked."""
    child, terminal = pty.fork()
    if child == 0:
        os.execv(sys.executable, [sys.executable, "-m", "agent.cli", *words])  # noqa: S606
    said, seen = "", 0
    for question, answer in turns:
        while question not in said[seen:] or not said.rstrip("\r\n").endswith(": "):
            said += os.read(terminal, 65536).decode(errors="replace")
        seen = len(said)
        os.write(terminal, f"{answer.format(key=key)}\n".encode())
    while True:
        try:
            part = os.read(terminal, 65536)
        except OSError:
            break
        if not part:
            break
        said += part.decode(errors="replace")
    os.close(terminal)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0, said
    return said


RECEIPT = (
    "\x1b@QUÁN BÀ TÁM\nSố HĐ: HD000001\nNgày: 24/11/2026 10:00\n"
    "Cà phê   2 x 27.500   55.000\nTổng cộng   55.000\n"
).encode() + b"\x1dV\x00"


@contextmanager
def printing(receipt: bytes) -> Iterator[str]:
    """A register that prints the receipt again and again; the name of its port."""
    register, ended = VirtualRegister(115_200), threading.Event()

    def print_() -> None:
        while not ended.is_set():
            register.send(receipt)
            ended.wait(0.05)

    thread = threading.Thread(target=print_)
    thread.start()
    yield register.path
    ended.set()
    while thread.is_alive():
        termios.tcflush(register._slave, termios.TCIFLUSH)  # nobody listens any more: its line is full
        thread.join(0.05)
    register.close()


@pytest.fixture
def unset(tmp_path: Path) -> Iterator[tuple[Path, httpx.Client]]:
    """``thungan run`` on an empty folder, and a browser that has chosen the PIN."""
    folder = tmp_path / "shop"
    program = subprocess.Popen(
        [sys.executable, "-m", "agent.cli", "run", "--data", str(folder), "--page-port", "0"],
        stdout=subprocess.PIPE,
        text=True,
    )
    assert program.stdout is not None
    assert "not set up" in program.stdout.readline()
    url = program.stdout.readline().removeprefix("page: ").strip()
    with httpx.Client(base_url=url, timeout=60) as client:
        assert client.get("/").headers["location"] == "/pin"
        assert client.post("/pin", data={"pin": "482913", "again": "482913"}).status_code == 303
        yield folder, client
    program.terminate()
    program.wait(30)
    program.stdout.close()


def test_the_set_up_in_the_browser(unset: tuple[Path, httpx.Client], key: Path) -> None:
    folder, client = unset
    token = client.get("/setup/shop").text.partition('name="token" value="')[2].partition('"')[0]

    def send(step: str, data: dict[str, str], **more: object) -> httpx.Response:
        return client.post(f"/setup/{step}", data={"token": token, **data}, **more)  # type: ignore[arg-type]

    shop = {
        "tax_code": "0409990010", "name": "Bà Tám", "address": "Huế", "form": "1", "letters": "aa",
        "number": "1", "taxpayer": "abcde", "rate": "8%",
    }  # fmt: skip
    assert client.get("/").headers["location"] == "/setup/shop"
    assert client.get("/setup/finish").headers["location"] == "/setup/shop", "no step can be skipped"
    assert client.get("/invoices").status_code == 404
    refused = send("shop", {**shop, "tax_code": "0409990011"})
    assert refused.status_code == 422
    assert "E-INV-004" in refused.text
    assert send("shop", shop).headers["location"] == "/setup/key"
    file = {"file": ("real.p12", key.read_bytes())}
    wrong = send("key", {"key_kind": "file", "passphrase": "Sesam-0123"}, files=file)
    assert wrong.status_code == 422
    assert "Sesam-0123" not in wrong.text
    right = send("key", {"key_kind": "file", "passphrase": PHRASE}, files=file)
    assert right.headers["location"] == "/setup/register"
    assert send("register", {"uri": "nowhere://"}).status_code == 422
    listened = send("hear", {"port": "/dev/no-such-port"})
    assert "E-DRV-" in listened.text
    with printing(RECEIPT) as port:
        heard = send("hear", {"port": port}).text
    assert "note good" in heard
    assert "55.000" in heard
    assert client.get("/setup/receipt.png").content.startswith(b"\x89PNG")
    assert send("register", {"uri": ""}).headers["location"] == "/setup/authority"
    assert send("authority", {"receiver": "authority", "url": "http://x"}).status_code == 422
    assert send("authority", {"receiver": "sandbox"}).headers["location"] == "/setup/finish"
    tried = send("trial", {})
    assert "M1-" in tried.text
    assert "note good" in tried.text
    assert "55.000" in tried.text, "the receipt that was heard is the one that is tried"
    assert not (folder / "config.toml").exists()
    run = client.get("/health").json()["run"]
    assert send("done", {}).status_code == 200
    while True:
        try:
            health = client.get("/health").json()
        except httpx.TransportError:
            continue
        if health["run"] != run:
            break
    assert health["set_up"]
    assert "Bà Tám" in client.get("/").text, "still signed in, and selling"
