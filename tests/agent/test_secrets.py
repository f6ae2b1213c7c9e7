"""Promise P6: planted secrets are found nowhere: database, logs, process list, crash reports, bundles.

Searched for in every form in which bytes are written down (as they are, base64, hex), in every file of the
data folder but those that are the secrets' own home, in what programs print, and in all of /proc.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
import traceback
import zipfile
from base64 import b64encode
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path

import pytest
import signing_service
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import pkcs12
from issuing_house import House, name
from signing_service import Service, running

from agent.cli import main
from agent.commands.init import make_folder
from agent.config_writing import Value, change_config
from agent.proxy import Proxy, proxy_address
from errors import ThunganError
from signing.keys import open_key, throwaway_pkcs12
from signing.passphrase import Secret
from signing.private_file import write_private

resource = pytest.importorskip("resource")
PATIENCE = 60  # seconds a broken test may take
RECEIPT = min((Path(__file__).parent.parent / "data" / "receipts").glob("*.prn"))
SALE = '{"total": 15000, "receipt_no": "A1", "lines": [{"name": "Đá viên", "amount": 15000}]}'
pytestmark = pytest.mark.skipif(not Path("/proc/self/cmdline").exists(), reason="needs /proc")


def forms(secret: bytes) -> list[bytes]:
    """The secret as it may be written down; base64 in its three alignments, less their uncertain ends."""
    aligned = [b64encode(b"\0" * lead + secret)[4 if lead else 0 : -4] for lead in range(3)]
    return [secret, secret.hex().encode(), secret.hex().upper().encode(), *aligned]


def unpacked(where: str, data: bytes) -> Iterator[tuple[str, bytes]]:
    """The bytes, and what is inside of an archive."""
    yield where, data
    if zipfile.is_zipfile(BytesIO(data)):
        with zipfile.ZipFile(BytesIO(data)) as archive:
            for inner in archive.namelist():
                yield from unpacked(f"{where}/{inner}", archive.read(inner))


def written(folder: Path) -> Iterator[tuple[str, bytes]]:
    """Every file but those in which secrets live by configuration."""
    for path in sorted(folder.rglob("*")):
        if path.is_file() and path.parent.name != "keys":
            yield from unpacked(str(path), path.read_bytes())


def processes() -> Iterator[tuple[str, bytes]]:
    """Command line and environment of every process that lets itself be read."""
    for place in Path("/proc").iterdir():
        for part in ("cmdline", "environ") if place.name.isdigit() else ():
            try:
                yield f"{place}/{part}", (place / part).read_bytes()
            except OSError:
                continue


def search(secrets: dict[str, bytes], places: Iterable[tuple[str, bytes]]) -> int:
    """How many places were looked at; fails at the first find."""
    wanted = [(label, form) for label, secret in secrets.items() for form in forms(secret)]
    count = 0
    for where, data in places:
        count += 1
        for label, form in wanted:
            assert form not in data, f"the {label} stands in {where}"
    return count


def test_the_search_finds_what_is_planted(tmp_path: Path) -> None:
    secret = {"secret": b"planted-secret-4711"}
    with zipfile.ZipFile(tmp_path / "bundle.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("inside.txt", b64encode(b"x" + secret["secret"] + b"y") * 9)
    with pytest.raises(AssertionError, match=r"bundle\.zip/inside\.txt"):
        search(secret, written(tmp_path))
    child = subprocess.Popen([sys.executable, "-c", "input()", "planted-secret-4711"], stdin=subprocess.PIPE)

    def found() -> bool:
        try:
            search(secret, processes())
        except AssertionError as error:
            return "cmdline" in str(error)
        return False

    with child:
        told_in_time(found)  # it has to have become that program first
    (tmp_path / "bundle.zip").unlink()
    assert search(secret, written(tmp_path)) == 0


def told_in_time(condition: Callable[[], bool]) -> None:
    until = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < until, "it does not come about"
        time.sleep(0.05)


def private_part(path: Path, phrase: str) -> bytes:
    """Bytes that only the private key has: of the exponent, or of the curve's number."""
    store = pkcs12.load_pkcs12(path.read_bytes(), phrase.encode())
    assert isinstance(store.key, rsa.RSAPrivateKey)
    return store.key.private_numbers().d.to_bytes(256)[100:140]


def test_a_running_register_gives_nothing_away(tmp_path: Path) -> None:
    """A key file, a proxy that wants a password and is not there, a crash, and the bundle for an officer."""
    from agent.virtual_register import VirtualRegister

    phrase, password = "planted-phrase-4711", "planted-proxy-4712"
    register = VirtualRegister(115_200)
    make_folder(tmp_path, demo=True, source=f"serial://{register.path}?baud=115200")
    keys = tmp_path / "keys"
    for home, secret in (("passphrase", phrase), ("proxy", password)):
        write_private(keys / home, secret.encode())
    (keys / "seller.p12").unlink()
    throwaway_pkcs12(keys / "seller.p12", Secret(phrase), "0409990010", "CỬA HÀNG", datetime.now(UTC), 30)
    (tmp_path / "sandbox").mkdir()
    from authority.sandbox.keys import open_keys

    open_keys(tmp_path / "sandbox", "127.0.0.1", datetime.now(UTC))
    changes: dict[str, Value] = {
        "authority.proxy": "http://shop@127.0.0.1:9",
        "authority.proxy_password": "file:keys/proxy",
        "authority.every": 1,
        "page.on": False,
        "backup.folder": str(tmp_path / "second place"),
    }
    (tmp_path / "second place").mkdir()
    change_config(tmp_path, changes)
    secrets = {
        "pass phrase": phrase.encode(),
        "proxy's password": password.encode(),
        "key": private_part(keys / "seller.p12", phrase),
    }
    log = tmp_path / "daemon.log"
    with log.open("wb") as out:
        daemon = subprocess.Popen(
            [sys.executable, "-m", "agent.cli", "run", "--data", str(tmp_path)],
            stdout=out,
            stderr=subprocess.STDOUT,
            cwd=tmp_path,  # where a core file would be written
            env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])},
            preexec_fn=_allow_cores,
        )
    try:
        told_in_time(lambda: b" open" in log.read_bytes())
        register.send(RECEIPT.read_bytes())
        told_in_time(lambda: b"-SHNDN-" in log.read_bytes())  # it was signed with that very key
        told_in_time(lambda: b"E-AUT-" in log.read_bytes())  # and the proxy was tried
        assert search(secrets, processes()) > 2
        assert resource.prlimit(daemon.pid, resource.RLIMIT_CORE) == (0, 0)
    finally:
        daemon.send_signal(signal.SIGABRT)
        daemon.wait(PATIENCE)
        register.close()
    day = f"{datetime.now(UTC):%Y-%m-%d}"
    for words in (
        ["audit", "export", "--from", "2026-11-01", "--to", day, "--full", "-o", str(tmp_path / "evidence")],
        ["keys", "check", "--json"],
        ["status", "--json"],
        ["doctor", "--offline"],
        ["backup"],
        ["support", "-o", str(tmp_path / "support.zip")],
    ):
        printed = run(tmp_path, *words)
        assert printed.returncode != 70, printed.stderr
        search(secrets, [(words[0], printed.stdout + printed.stderr)])
    assert (tmp_path / "evidence").exists()
    assert (tmp_path / "support.zip").exists()
    assert list((tmp_path / "second place").rglob("*.db"))
    assert search(secrets, written(tmp_path)) > 5


def test_a_proxys_password_is_put_in_when_it_is_needed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PROXY", "a b@c/đ")
    proxy = Proxy("http://shop@10.0.0.1:3128", "env:PROXY")
    assert proxy_address(proxy) == "http://shop:a%20b%40c%2F%C4%91@10.0.0.1:3128"
    assert proxy_address(Proxy("http://10.0.0.1:3128", None)) == "http://10.0.0.1:3128"
    assert proxy_address(None) is None


def _allow_cores() -> None:
    hard = resource.getrlimit(resource.RLIMIT_CORE)[1]
    resource.setrlimit(resource.RLIMIT_CORE, (hard, hard))


def run(folder: Path, *words: str) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(
        [sys.executable, "-m", "agent.cli", *words, "--data", str(folder)],
        capture_output=True,
        check=False,
        timeout=120,
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])},
    )


@contextmanager
def remote_shop(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[Service, dict[str, bytes]]]:
    """A shop whose key is at a signing service; the secrets are the shop's own."""
    secrets = {"client secret": "planted-client-4713", "PIN": "planted-pin-4714"}
    monkeypatch.setattr(signing_service, "CLIENT_SECRET", secrets["client secret"])
    monkeypatch.setattr(signing_service, "PIN", secrets["PIN"])
    private = ec.generate_private_key(ec.SECP256R1())
    service = Service(private, House().issue(name("SÔNG HÀN", "0409990010"), private))
    make_folder(folder, demo=True)
    write_private(folder / "keys" / "client", secrets["client secret"].encode())
    write_private(folder / "keys" / "pin", secrets["PIN"].encode())
    with running(service, folder):
        key = service.setting(pin=f"file:{folder}/keys/pin")
        change_config(folder, {"key.file": key, "key.passphrase": "file:keys/client"})
        yield service, {label: secret.encode() for label, secret in secrets.items()}


def test_a_remote_service_gives_nothing_away(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def check() -> int:
        return main(["keys", "check", "--data", str(tmp_path)])

    with remote_shop(tmp_path, monkeypatch) as (service, secrets):
        (tmp_path / "sale.json").write_text(SALE, "utf-8")
        issued = run(tmp_path, "issue", "sale.json")
        assert issued.returncode == 0, issued
        assert check() == 0
        echo = f"no {secrets['PIN'].decode()}, no {secrets['client secret'].decode()}"
        service.next_time("signatures/signHash", (500, {"error": "server_error", "error_description": echo}))
        assert check() == 1
        service.next_time("oauth2/token", (400, {"error": "invalid_client", "error_description": echo}))
        assert check() == 1
        monkeypatch.setattr(signing_service, "PIN", "another")
        assert check() == 1
    assert check() == 1  # nobody there any more
    printed = "".join(capsys.readouterr()).encode()
    search(secrets, [("output", printed + issued.stdout + issued.stderr)])
    assert search(secrets, written(tmp_path)) > 3


def test_crash_reports_that_show_variables_show_no_secret(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Some crash reporters write down every variable of every frame."""
    reports: list[tuple[str, bytes]] = []

    def report(way: str, call: Callable[[], object]) -> None:
        try:
            call()
        except ThunganError as error:
            made = traceback.TracebackException.from_exception(error, capture_locals=True)
            reports.append((way, "".join(made.format()).encode()))
        else:
            pytest.fail(f"{way} went well")

    phrase = Secret("planted-phrase-4715")
    throwaway_pkcs12(tmp_path / "a.p12", Secret("right"), "0409990010", "CỬA HÀNG", datetime.now(UTC), 30)
    report("wrong pass phrase", lambda: open_key("file:a.p12", phrase, folder=tmp_path))
    with remote_shop(tmp_path / "shop", monkeypatch) as (service, secrets):
        client = Secret(secrets["client secret"].decode())
        setting = service.setting(pin=f"file:{tmp_path}/shop/keys/pin")
        for status in (401, 503):
            service.next_time("oauth2/token", (status, {"error": "no"}))
            report(f"token {status}", lambda: open_key(setting, client, folder=tmp_path / "shop"))
        key = open_key(setting, client, folder=tmp_path / "shop")
        service.next_time("credentials/authorize", (500, {"error": "no"}))
        report("authorize", lambda: key.sign(b"data"))
        service.next_time("signatures/signHash", (500, {"error": "no"}))
        report("sign", lambda: key.sign(b"data"))
        key.close()
    assert len(reports) == 5
    search({**secrets, "pass phrase": phrase.reveal().encode()}, reports)
