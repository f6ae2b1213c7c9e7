from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from authority_samples import NOW, SENDER, TAX_CODE, package, vat_invoice
from cryptography import x509

from authority.answers import TechnicalAnswer, parse_answer
from authority.form_answers import FormAnswer
from authority.notice_check import check_form_answer
from authority.package import PackageFrame
from authority.sandbox.core import Sandbox
from authority.sandbox.keys import SandboxKeys, open_keys
from authority.sandbox.store import Store
from signing.keys import Pkcs12Key, throwaway_pkcs12
from signing.passphrase import Secret
from signing.xmldsig import XmlSigner

_PHRASE = Secret("only for these tests")


def _signer(folder: Path, tax_code: str) -> XmlSigner:
    path = folder / f"{tax_code}.p12"
    throwaway_pkcs12(path, _PHRASE, tax_code, "CỬA HÀNG TẠP HÓA SÔNG HÀN", NOW, 30)
    return XmlSigner(Pkcs12Key.open(path, _PHRASE))


@pytest.fixture(scope="session")
def signer(tmp_path_factory: pytest.TempPathFactory) -> XmlSigner:
    """The shop's key."""
    return _signer(tmp_path_factory.mktemp("seller"), TAX_CODE)


@pytest.fixture(scope="session")
def second_signer(tmp_path_factory: pytest.TempPathFactory) -> XmlSigner:
    """Another key of the same shop."""
    return _signer(tmp_path_factory.mktemp("second"), TAX_CODE)


@pytest.fixture(scope="session")
def frame(signer: XmlSigner) -> PackageFrame:
    return PackageFrame.of(signer, sender=SENDER, tax_code=TAX_CODE)


@pytest.fixture(scope="session")
def stranger_frame(tmp_path_factory: pytest.TempPathFactory) -> PackageFrame:
    """A frame with the shop's header, but another's key."""
    other = _signer(tmp_path_factory.mktemp("stranger"), "0107001729")
    return PackageFrame.of(other, sender=SENDER, tax_code=TAX_CODE)


@pytest.fixture(scope="session")
def sandbox_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the sandbox's keys, made once."""
    folder = tmp_path_factory.mktemp("sandbox")
    open_keys(folder, "127.0.0.1", NOW)
    return folder


@pytest.fixture(scope="session")
def sandbox_keys(sandbox_folder: Path) -> SandboxKeys:
    return open_keys(sandbox_folder, "127.0.0.1", NOW)


@pytest.fixture(scope="session")
def trust(sandbox_keys: SandboxKeys) -> list[x509.Certificate]:
    return [x509.load_pem_x509_certificate(sandbox_keys.trust.read_bytes())]


@pytest.fixture
def new_sandbox(sandbox_keys: SandboxKeys) -> Iterator[Callable[..., Sandbox]]:
    """Makes sandboxes with a store in memory; keyword arguments as ``Sandbox``."""
    made: list[Sandbox] = []

    def make(**options: object) -> Sandbox:
        made.append(Sandbox(Store(None), sandbox_keys.signer, **options))
        return made[-1]

    yield make
    for sandbox in made:
        sandbox.close()


@pytest.fixture
def send(trust: list[x509.Certificate]) -> Callable[..., list[FormAnswer]]:
    """Sends a form that must be taken in as a message, and gives its proven answers that are due."""

    def send(sandbox: Sandbox, data: bytes, due: datetime = NOW) -> list[FormAnswer]:
        technical = parse_answer(sandbox.receive(data, NOW) or b"")
        assert isinstance(technical, TechnicalAnswer)
        assert technical.ok, technical.errors
        return [
            check_form_answer(
                content,
                trust,
                tax_code=TAX_CODE,
                submission_id=technical.reply_to,
                now=NOW + timedelta(hours=1),
            )
            for content in sandbox.look_up(technical.reply_to, due).messages[1:]
        ]

    return send


@pytest.fixture
def selling(new_sandbox: Callable[..., Sandbox], frame: PackageFrame) -> Sandbox:
    """A sandbox with invoices 128 and 129 registered."""
    sandbox = new_sandbox()
    sandbox.receive(package(frame, 90, vat_invoice(128), vat_invoice(129)), NOW)
    assert sandbox.statistics()["invoices"] == 2
    return sandbox
