"""``thungan peers``: one line from register to register, and config.toml as a person left it."""

from __future__ import annotations

import io
import json
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from peer_shop import Register

from agent.api.tokens import Scope, Tokens
from agent.cli import main
from agent.config import load_config, parse_config
from agent.config_writing import with_table
from agent.errors import ConfigInvalid
from agent.peers.errors import InvitationWrong
from agent.peers.invitation import Invitation, accept
from agent.support_bundle import support_bundle

MakeRegister = Callable[..., Register]
PIN = "sha256:" + "ab" * 32
LINE = (
    "thungan-peer https://192.168.1.21:8380 pin=sha256:"
    + "ab" * 32
    + " token=thg_"
    + "a" * 43
    + " name=Máy 2"
)


def say(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO(text))


def test_from_one_register_to_the_other(
    register: MakeRegister, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = register(), register(tls=True)
    config = second.folder / "config.toml"
    config.write_text(config.read_text("utf-8").replace("port = 0", "port = 8391"), "utf-8")
    capsys.readouterr()
    assert main(["peers", "invite", "--data", str(second.folder)]) == 0
    line = capsys.readouterr().out.strip()
    assert "\n" not in line
    before = (first.folder / "config.toml").read_text("utf-8")
    say(monkeypatch, line + "\n")
    assert main(["peers", "add", "--data", str(first.folder)]) == 0
    after = (first.folder / "config.toml").read_text("utf-8")
    word = Invitation.parse(line).token.reveal()
    assert after.startswith(before.rstrip("\n")), "comments and all else stay"
    assert word not in after
    (peer,) = load_config(first.folder).peers
    assert (peer.name, peer.url) == ("Máy 2", "https://127.0.0.1:8391")
    assert peer.pin is not None
    assert Path(peer.token.removeprefix("file:")).read_text() == word
    assert Tokens(second.folder).all()[0].scopes == (Scope.PEER,)
    bundle = zipfile.ZipFile(io.BytesIO(support_bundle(first.folder, ())))
    assert all(word not in bundle.read(name).decode() for name in bundle.namelist())
    capsys.readouterr()
    assert main(["peers", "list", "--json", "--data", str(first.folder)]) == 0
    assert json.loads(capsys.readouterr().out)[0]["name"] == "Máy 2"
    assert main(["peers", "remove", "Máy 2", "--data", str(first.folder)]) == 0
    assert load_config(first.folder).peers == ()
    assert not Path(peer.token.removeprefix("file:")).exists()
    assert main(["peers", "remove", "Máy 2", "--data", str(first.folder)]) == 2


def test_the_line_is_not_taken_from_the_command_line(
    register: MakeRegister, capsys: pytest.CaptureFixture[str]
) -> None:
    """Every program on the computer can read it there (P6)."""
    first = register()
    assert main(["peers", "add", LINE, "--data", str(first.folder)]) == 2
    said = capsys.readouterr().err
    assert "paste it after the command" in said
    assert "thg_" not in said


@pytest.mark.parametrize(
    "wrong",
    [
        "", "hello", LINE.replace("thungan-peer", "thungan"), LINE.replace("token=", "token=x"),
        LINE.replace("https://192.168.1.21:8380", "http://192.168.1.21:8380"),
        LINE.replace("https://192.168.1.21:8380", "https://u:p@192.168.1.21"),
        LINE.replace("https://192.168.1.21:8380", "https://192.168.1.21/x?y"),
        LINE.replace("https://192.168.1.21:8380", "file:///etc/passwd"),
        LINE.replace("abab", "zz"), LINE.replace("Máy 2", "M\u202e2"), LINE + "x" * 60,
        LINE.partition(" name=")[0],
    ],
)  # fmt: skip
def test_a_line_that_is_none(wrong: str) -> None:
    with pytest.raises(InvitationWrong) as raised:
        Invitation.parse(wrong)
    assert "thg_" not in str(raised.value)


def test_the_line_survives_mail_and_quotes() -> None:
    for way in (f'"{LINE}"\n', LINE.replace(" token", "\n token"), f"  {LINE}\r\n"):
        assert Invitation.parse(way).line() == LINE


def test_a_register_that_is_invited_again_stays_one(register: MakeRegister) -> None:
    first = register()
    accept(first.folder, Invitation.parse(LINE))
    accept(first.folder, Invitation.parse(LINE.replace("a" * 43, "b" * 43)), "Quầy sau")
    (peer,) = load_config(first.folder).peers
    assert peer.name == "Quầy sau"
    assert Path(peer.token.removeprefix("file:")).read_text().endswith("b" * 43)
    with pytest.raises(ConfigInvalid, match="two have the name"):
        accept(first.folder, Invitation.parse(LINE.replace(".21", ".22")), "Quầy sau")
    assert len(load_config(first.folder).peers) == 1
    assert [path.name for path in (first.folder / "keys").glob("peer-*")] == ["peer-192-168-1-21-8380"]


@pytest.mark.parametrize(
    ("table", "named"),
    [
        ({"name": "a", "url": "https://x", "token": "env:X", "pin": "sha256:1"}, "pin"),
        ({"name": "a", "url": "https://x", "token": "env:X", "pin": PIN, "ca": "b"}, "not both"),
        ({"name": "a", "url": "http://192.168.1.2", "token": "env:X"}, "https"),
        ({"name": "a", "url": "https://x/../y", "token": "env:X"}, "url"),
        ({"name": "a", "url": "https://x"}, "token"),
        ({"name": "", "url": "https://x", "token": "env:X"}, "name"),
        ({"name": "a", "url": "https://x", "token": "env:X", "pim": "x"}, "pim"),
        ({"name": "a", "url": "https://[::1", "token": "env:X"}, "url"),
        ({"name": "a", "url": "https://x:99999", "token": "env:X"}, "url"),
        ({"name": "a", "url": "https://xn--a", "token": "env:X"}, "url"),
        ({"name": "a", "url": "https://999.1.1.1", "token": "env:X"}, "url"),
        ({"name": "a", "url": "https://a..b", "token": "env:X"}, "url"),
        ({"name": "a", "url": "https://0x7f.1", "token": "env:X"}, "url"),
        ({"name": "a", "url": "javascript:alert(1)", "token": "env:X"}, "url"),
        ({"name": "a", "url": "https://x\"><script>", "token": "env:X"}, "url"),
    ],
)  # fmt: skip
def test_wrong_peers_in_the_configuration(register: MakeRegister, table: dict[str, str], named: str) -> None:
    text = (register().folder / "config.toml").read_text("utf-8")
    with pytest.raises(ConfigInvalid, match=named):
        parse_config(Path("/nowhere"), with_table(text, "peers", table))


def test_a_page_that_nobody_else_can_reach(
    register: MakeRegister, capsys: pytest.CaptureFixture[str]
) -> None:
    one = register()
    path = one.folder / "config.toml"
    text = path.read_text("utf-8")
    path.write_text(text.replace("port = 0", 'port = 8380\nhost = "0.0.0.0"'), "utf-8")
    assert main(["peers", "invite", "--data", str(one.folder)]) == 2
    assert "E-AGT-076" in capsys.readouterr().err
    given = ["peers", "invite", "--url", "https://192.168.1.9:8380", "--data", str(one.folder)]
    assert main(given) == 0
    assert "https://192.168.1.9:8380 pin=sha256:" in capsys.readouterr().out
    path.write_text(text.replace("on = true", "on = false"), "utf-8")
    assert main(["peers", "invite", "--data", str(one.folder)]) == 2


def test_comments_stay_through_changes(register: MakeRegister) -> None:
    folder = register().folder
    path = folder / "config.toml"
    path.write_text(path.read_text("utf-8") + "# của tôi / mine\n", "utf-8")
    for number in (21, 22, 23):
        accept(folder, Invitation.parse(LINE.replace(".21", f".{number}")), f"Máy {number}")
    accept(folder, Invitation.parse(LINE.replace(".21", ".22").replace("a" * 43, "c" * 43)))
    text = path.read_text("utf-8")
    assert "# của tôi / mine" in text
    assert "\n\n[[peers]]" in text
    assert text.count("[[peers]]") == 3 + 1, "and the template's own example"
    for number in (21, 23, 22):
        assert main(["peers", "remove", f"Máy {number}", "--data", str(folder)]) == 0
    assert "# của tôi / mine" in path.read_text("utf-8")
    assert path.read_text("utf-8").count("[[peers]]") == 1
