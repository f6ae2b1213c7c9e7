from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from authority_samples import NOW, SENDER, TAX_CODE
from cryptography import x509

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
