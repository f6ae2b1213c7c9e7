from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from cryptography import x509
from outbox_samples import NOW, SENDER, TAX_CODE, Clock

from authority.package import PackageFrame
from authority.sandbox.core import Sandbox
from authority.sandbox.keys import SandboxKeys, open_keys
from authority.sandbox.store import Store as SandboxStore
from outbox.store import Store
from signing.keys import Pkcs12Key, throwaway_pkcs12
from signing.passphrase import Secret
from signing.xmldsig import XmlSigner

_PHRASE = Secret("only for these tests")


@pytest.fixture(scope="session")
def key_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The shop's key as a file, for the tests that start a process."""
    path = tmp_path_factory.mktemp("seller") / "shop.p12"
    throwaway_pkcs12(path, _PHRASE, TAX_CODE, "CỬA HÀNG TẠP HÓA SÔNG HÀN", NOW, 800)
    return path


@pytest.fixture(scope="session")
def signer(key_file: Path) -> XmlSigner:
    """The shop's key."""
    return XmlSigner(Pkcs12Key.open(key_file, _PHRASE))


@pytest.fixture(scope="session")
def frame(signer: XmlSigner) -> PackageFrame:
    return PackageFrame.of(signer, sender=SENDER, tax_code=TAX_CODE)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def store(tmp_path: Path, signer: XmlSigner, clock: Clock) -> Iterator[Store]:
    """An open store with the shop's key and the test's clock."""
    opened = Store(tmp_path, signer, clock)
    yield opened
    opened.close()


@pytest.fixture(scope="session")
def sandbox_keys(tmp_path_factory: pytest.TempPathFactory) -> SandboxKeys:
    return open_keys(tmp_path_factory.mktemp("sandbox"), "127.0.0.1", NOW)


@pytest.fixture(scope="session")
def trust(sandbox_keys: SandboxKeys) -> list[x509.Certificate]:
    return [x509.load_pem_x509_certificate(sandbox_keys.trust.read_bytes())]


@pytest.fixture
def new_sandbox(sandbox_keys: SandboxKeys) -> Iterator[Callable[..., Sandbox]]:
    """Makes sandboxes with a store in memory; keyword arguments as ``Sandbox``."""
    made: list[Sandbox] = []

    def make(**options: object) -> Sandbox:
        made.append(Sandbox(SandboxStore(None), sandbox_keys.signer, **options))
        return made[-1]

    yield make
    for sandbox in made:
        sandbox.close()
