import copy
import pickle
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from secrets import token_hex

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from signed_samples import NOW, signed_invoice, signer_of

pytest.importorskip("pkcs11")

from pkcs11 import Attribute, ObjectClass
from soft_token import COMPILER, PIN, SOFTHSM, SoftToken, library_in_front

from signing.errors import (
    KeyAway,
    KeyRefused,
    KeySettingInvalid,
    PinLocked,
    PinWrong,
    PrivateKeyMissing,
)
from signing.keys import Pkcs12Key, SigningKey, open_key
from signing.passphrase import Secret
from signing.verify import verify_document
from signing.xmldsig import XmlSigner

LATER = datetime.now(UTC) + timedelta(days=3650)
pytestmark = pytest.mark.skipif(
    SOFTHSM is None or COMPILER is None, reason="SoftHSM or a C compiler is missing"
)


@pytest.fixture(scope="module")
def module() -> str:
    return library_in_front()


@pytest.fixture
def token(module: str) -> Iterator[SoftToken]:
    token = SoftToken.make(module, f"token-{token_hex(8)}")
    token.is_("")
    yield token
    token.is_("")


@pytest.fixture
def full(token: SoftToken, private: rsa.RSAPrivateKey, key: Pkcs12Key) -> SoftToken:
    """A token with the seller's key."""
    token.store("seller", private, key.certificate)
    return token


@pytest.fixture
def opened(full: SoftToken, tmp_path: Path) -> Iterator[SigningKey]:
    opened = open_key(full.uri(), Secret(PIN), folder=tmp_path)
    yield opened
    opened.close()


@pytest.mark.parametrize("digest", ["sha256", "sha384", "sha512"])
@pytest.mark.parametrize("kind", ["rsa2048", "rsa3072", "rsa4096", "p256"])
def test_tokens_sign_as_files_do(kind: str, digest: str, token: SoftToken, tmp_path: Path) -> None:
    private = (
        ec.generate_private_key(ec.SECP256R1())
        if kind == "p256"
        else rsa.generate_private_key(public_exponent=65537, key_size=int(kind[3:]))
    )
    certificate = signer_of(private).certificate
    token.store("seller", private, certificate)
    on_token = open_key(token.uri(object="seller"), Secret(PIN), folder=tmp_path, digest=digest)
    assert on_token.certificate == certificate
    report = verify_document(signed_invoice(XmlSigner(on_token)), trust=[certificate], now=NOW)
    assert report.valid, report
    assert report.signatures[0].algorithm == f"{'ecdsa' if kind == 'p256' else 'rsa'}-{digest}"
    on_token.close()


def test_a_token_pulled_out_and_put_back_while_selling(full: SoftToken, opened: SigningKey) -> None:
    for _ in range(3):
        assert opened.sign(b"sale")
        full.is_("away")
        for _ in range(2):
            with pytest.raises(KeyAway, match="E-SIGN-015"):
                opened.sign(b"sale")
        full.is_("")
        assert opened.sign(b"sale") == opened.sign(b"sale")


def test_a_token_that_is_not_there_at_start(full: SoftToken, tmp_path: Path) -> None:
    full.is_("away")
    with pytest.raises(KeyAway, match="not there"):
        open_key(full.uri(), Secret(PIN), folder=tmp_path)
    full.is_("")
    open_key(full.uri(), Secret(PIN), folder=tmp_path).close()


def test_a_lost_session_is_not_felt(full: SoftToken, opened: SigningKey, key: Pkcs12Key) -> None:
    full.session().close()  # starts the library again, which ends all sessions of this process
    assert opened.sign(b"sale") == key.sign(b"sale")


def test_two_keys_of_one_token_live_side_by_side(
    full: SoftToken, opened: SigningKey, key: Pkcs12Key, stranger: Pkcs12Key, tmp_path: Path
) -> None:
    full.store("other", stranger._key, stranger.certificate, b"\2")
    other = open_key(full.uri(object="other"), Secret(PIN), folder=tmp_path)
    for _ in range(3):
        assert opened.sign(b"sale") == key.sign(b"sale")
        assert other.sign(b"sale") == stranger.sign(b"sale")
    opened.close()
    assert other.sign(b"sale") == stranger.sign(b"sale")
    other.close()


def test_many_threads(full: SoftToken, opened: SigningKey, key: Pkcs12Key) -> None:
    data = [b"%d" % number for number in range(200)]
    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(opened.sign, data)) == list(map(key.sign, data))


# A search that is cut off cannot be ended by the library that began it: it says so and goes on.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_pulled_out_and_put_back_under_many_threads(
    full: SoftToken, opened: SigningKey, key: Pkcs12Key
) -> None:
    """Every call ends, with the signature or with KeyAway, and in the end all is well."""
    done: list[bytes | None] = []

    def sell() -> None:
        for _ in range(60):
            try:
                done.append(opened.sign(b"sale"))
            except KeyAway:
                done.append(None)

    with ThreadPoolExecutor(4) as pool:
        selling = [pool.submit(sell) for _ in range(4)]
        state = ""
        while not all(one.done() for one in selling):
            state = "" if state else "away"
            full.is_(state)
            time.sleep(0.005)
    for one in selling:
        one.result()
    full.is_("")
    assert len(done) == 240
    assert set(done) <= {None, key.sign(b"sale")}
    assert opened.sign(b"sale") == key.sign(b"sale")


def test_a_slow_token_does_not_stop_other_threads(full: SoftToken, opened: SigningKey) -> None:
    full.is_("slow")
    with ThreadPoolExecutor(1) as pool:
        signing = pool.submit(lambda: [opened.sign(b"sale") for _ in range(3)])
        turns = 0
        while not signing.done():
            turns += 1
            time.sleep(0.001)
    # Were the interpreter held for the token's tenth of a second, there would be one turn for each call.
    assert turns > 12


def test_a_wrong_pin_is_counted_and_stopped(full: SoftToken, tmp_path: Path) -> None:
    def start(pin: str) -> None:
        open_key(full.uri(), Secret(pin), folder=tmp_path).close()

    before = full.logins
    for _ in range(2):
        with pytest.raises(PinWrong, match="does not take the PIN") as caught:
            start("99999")
        assert "99999" not in str(caught.value)
    for pin in ("99999", PIN, "1"):
        with pytest.raises(PinLocked, match="2 wrong PINs are counted in"):
            start(pin)
    assert full.logins == before + 2
    (counted,) = tmp_path.glob(".pin-tries-*")
    assert counted.read_bytes() == b"2"
    assert counted.stat().st_mode & 0o077 == 0
    counted.unlink()
    start(PIN)
    assert not list(tmp_path.glob(".pin-tries-*"))


def test_the_right_pin_forgives_a_wrong_one(full: SoftToken, tmp_path: Path) -> None:
    for _ in range(4):
        with pytest.raises(PinWrong):
            open_key(full.uri(), Secret("1357"), folder=tmp_path)
        open_key(full.uri(), Secret(PIN), folder=tmp_path).close()


def test_a_token_that_is_away_costs_no_try(full: SoftToken, tmp_path: Path) -> None:
    full.is_("away")
    for _ in range(5):
        with pytest.raises(KeyAway):
            open_key(full.uri(), Secret(PIN), folder=tmp_path)
    assert not list(tmp_path.glob(".pin-tries-*"))


def test_a_pin_that_nobody_looked_at_forgives_nothing(
    full: SoftToken, opened: SigningKey, stranger: Pkcs12Key, tmp_path: Path
) -> None:
    """While another key of the process is logged in, a token takes every PIN without reading it."""
    counts = tmp_path / "counts"
    counts.mkdir()
    other = open_key(full.uri(), Secret("99999"), folder=counts)
    assert other.sign(b"sale") == opened.sign(b"sale")
    assert not list(counts.iterdir())
    full.is_("away")
    with pytest.raises(KeyAway):
        opened.sign(b"sale")
    full.is_("")
    with pytest.raises(PinWrong):
        other.sign(b"sale")
    assert [one.read_text() for one in counts.iterdir()] == ["1"]
    assert opened.sign(b"sale") == opened.sign(b"sale")
    again = open_key(full.uri(), Secret("99999"), folder=counts)
    assert [one.read_text() for one in counts.iterdir()] == ["1"]
    again.close()


def test_a_damaged_count_is_taken_as_full(full: SoftToken, tmp_path: Path) -> None:
    with pytest.raises(PinWrong):
        open_key(full.uri(), Secret("1357"), folder=tmp_path)
    (counted,) = tmp_path.glob(".pin-tries-*")
    counted.write_bytes(b"?")
    with pytest.raises(PinLocked):
        open_key(full.uri(), Secret(PIN), folder=tmp_path)


@pytest.mark.parametrize(("state", "why"), [("final", "one PIN try left"), ("locked", "is locked")])
def test_the_tokens_own_count_is_heard(state: str, why: str, full: SoftToken, tmp_path: Path) -> None:
    before = full.logins
    full.is_(state)
    with pytest.raises(PinLocked, match=why):
        open_key(full.uri(), Secret(PIN), folder=tmp_path)
    assert full.logins == before


def test_a_pin_changed_while_selling_is_tried_once(full: SoftToken, opened: SigningKey) -> None:
    with full.session() as session:
        session.set_pin(PIN, "97531")
    before = full.logins
    for _ in range(5):
        with pytest.raises(PinWrong):
            opened.sign(b"sale")
    assert full.logins == before + 1


def test_without_pin(full: SoftToken, tmp_path: Path) -> None:
    with pytest.raises(PinWrong, match="there is no PIN"):
        open_key(full.uri(), Secret(""), folder=tmp_path)


def test_the_key_is_named_where_there_are_several(
    full: SoftToken, stranger: Pkcs12Key, tmp_path: Path
) -> None:
    full.store("other", stranger._key, stranger.certificate, b"\x02%")
    with pytest.raises(KeySettingInvalid, match="name one by object= or id=: 'other', 'seller'"):
        open_key(full.uri(), Secret(PIN), folder=tmp_path)
    for uri in (full.uri(object="other"), full.uri(id="%02%25")):
        opened = open_key(uri, Secret(PIN), folder=tmp_path)
        assert opened.certificate == stranger.certificate
        opened.close()
    with pytest.raises(PrivateKeyMissing, match="object 'third'"):
        open_key(full.uri(object="third"), Secret(PIN), folder=tmp_path)


def test_key_without_certificate_and_the_other_way_round(
    token: SoftToken, private: rsa.RSAPrivateKey, key: Pkcs12Key, tmp_path: Path
) -> None:
    token.store("seller", private, None, b"\1")
    token.store("seller", None, key.certificate, b"\2")
    with pytest.raises(PrivateKeyMissing):
        open_key(token.uri(), Secret(PIN), folder=tmp_path)


def test_the_newest_certificate_of_a_key_counts(
    full: SoftToken, private: rsa.RSAPrivateKey, tmp_path: Path
) -> None:
    renewed = signer_of(private, start=NOW).certificate
    full.store("renewed", None, renewed)
    # One whose time has not come would sign nothing yet.
    full.store("early", None, signer_of(private, start=LATER, end=LATER + timedelta(days=9)).certificate)
    opened = open_key(full.uri(), Secret(PIN), folder=tmp_path)
    assert opened.certificate == renewed
    opened.close()


def test_a_certificate_of_another_key_is_found_out(
    token: SoftToken, private: rsa.RSAPrivateKey, stranger: Pkcs12Key, tmp_path: Path
) -> None:
    token.store("seller", private, stranger.certificate)
    with pytest.raises(KeyRefused, match="not that of the private key"):
        open_key(token.uri(), Secret(PIN), folder=tmp_path)


def test_another_certificate_after_putting_back(
    full: SoftToken, opened: SigningKey, private: rsa.RSAPrivateKey
) -> None:
    renewed = signer_of(private, start=NOW).certificate
    full.store("renewed", None, renewed)
    assert opened.sign(b"sale")
    assert opened.certificate != renewed
    with full.session() as session:
        next(
            iter(session.get_objects({Attribute.LABEL: "seller", Attribute.CLASS: ObjectClass.CERTIFICATE}))
        ).destroy()
    with pytest.raises(KeyRefused, match="another certificate is now"):
        opened.sign(b"sale")


def test_no_such_library(tmp_path: Path) -> None:
    for module in ("/there/is/none.so", str(tmp_path), __file__):
        with pytest.raises(KeySettingInvalid, match="cannot be loaded"):
            open_key(f"pkcs11:?module-path={module}", Secret(PIN), folder=tmp_path)


def test_a_closed_key_and_its_secrets(full: SoftToken, opened: SigningKey) -> None:
    with pytest.raises(TypeError, match="cannot be pickled"):
        pickle.dumps(opened)
    with pytest.raises(TypeError):
        copy.deepcopy(opened)
    assert PIN not in repr(opened)
    opened.close()
    with pytest.raises(KeyRefused, match="closed"):
        opened.sign(b"sale")
