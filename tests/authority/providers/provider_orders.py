"""Sales as orders for whatever provider, and the providers to send them to.

Each provider is the sandbox's own, unless three variables name a real test environment; then the one whose
name is in its address is opened instead, and the others are left out.
"""

import itertools
import os
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

from authority.elements import VIETNAM
from authority.providers.provider import Numbered, Order, OriginalAtProvider, ProviderGateway
from authority.providers.viettel.gateway import ViettelGateway
from authority.providers.viettel.settings import ViettelSettings
from authority.providers.vnpt.gateway import VnptGateway
from authority.providers.vnpt.login import Sources
from authority.providers.vnpt.manner import VnptManner
from authority.sandbox.provider_account import ProviderAccount
from authority.sandbox.provider_server import RunningProvider
from invoice.compose import Identity, Terms, compose_content
from invoice.corrections import Correction, correct
from invoice.invoice import Invoice, InvoiceContent, Relation, Seller
from invoice.numbers import AuthorityCode, Form, Symbol
from invoice.rate_table import RateTable
from invoice.sale import Buyer, Kind, Line, Payment, PaymentMethod, Sale
from signing.passphrase import Secret
from signing.private_file import write_private

URL, USER, PASSWORD = (f"THUNGAN_PROVIDER_{name}" for name in ("URL", "USER", "PASSWORD"))
ACCOUNT, ACCOUNT_PASSWORD = (f"THUNGAN_PROVIDER_{name}" for name in ("ACCOUNT", "ACCOUNT_PASSWORD"))
REAL = all(os.environ.get(name) for name in (URL, USER, PASSWORD))
TAX_CODE = os.environ.get("THUNGAN_PROVIDER_TAX_CODE") or (os.environ.get(USER, "") if REAL else "0409990010")
LETTERS = os.environ.get("THUNGAN_PROVIDER_LETTERS", "AA")
TERMS = Terms(
    Seller("CỬA HÀNG TẠP HÓA SÔNG HÀN", TAX_CODE, "12 Bạch Đằng, Đà Nẵng"),
    Form.VAT,
    rates=RateTable.of("8%"),
)


def today() -> date:
    return datetime.now(UTC).astimezone(VIETNAM).date()


def symbol() -> Symbol:
    return Symbol.of_year(LETTERS, today().year)


def a_sale(total: int = 50_000, name: str = "Cà phê sữa đá", **changes: Any) -> Sale:
    sale = Sale(
        kind=Kind.SALE,
        receipt_no="HD000128",
        sold_at=datetime.now(UTC).astimezone(VIETNAM),
        lines=(Line(name, Decimal(2), Decimal(total) / 2, total, unit="Ly"),),
        discount=0,
        total=total,
        payments=(Payment(PaymentMethod.CASH, total),),
    )
    return replace(sale, **changes)


def content_of(sale: Sale, day: date | None = None) -> InvoiceContent:
    return compose_content(sale, TERMS, symbol(), day or today())


def an_order(sale: Sale | None = None, day: date | None = None) -> Order:
    return Order(uuid.uuid4(), content_of(sale or a_sale(), day), "AB12-C")


def correcting(original: Order, numbered: Numbered, correction: Correction, sale: Sale | None) -> Order:
    """The order that corrects an issued one."""
    code = AuthorityCode.for_register(Form.VAT, today().year, "SHNDN", 1, 1)
    was = Invoice(number=numbered.number, code=code, **_fields(original.content))
    identity = Identity(symbol(), 1, code, today())
    content = correct(was, correction, sale, TERMS, identity, "Khách trả lại hàng")
    replaces = correction is Correction.REPLACE
    named = OriginalAtProvider(
        original.key,
        numbered.form,
        numbered.symbol,
        numbered.number,
        original.content.day,
        Relation.REPLACES if replaces else Relation.ADJUSTS,
    )
    return Order(uuid.uuid4(), content, "AB12-D", named)


def _fields(content: InvoiceContent) -> dict[str, Any]:
    return {name: getattr(content, name) for name in InvoiceContent.__dataclass_fields__}


@dataclass
class Case:
    """A provider to be tried: how it is opened, and what runs behind it where it is the sandbox's."""

    name: str
    gateway: ProviderGateway
    running: RunningProvider | None

    def impossible(self) -> Order:
        """An order that this provider's interface has no place for."""
        if self.name == "viettel":
            odd = Line("Vàng", Decimal(1), Decimal(50_000), 50_000, vat_rate="KHAC:03.50%")
            return an_order(a_sale(lines=(odd,)))
        order = an_order()
        named = OriginalAtProvider(None, Form.VAT, symbol(), 1, today(), Relation.REPLACES_MANY)
        return replace(order, original=named)


Opener = Callable[..., Any]


@contextmanager
def open_viettel(folder: Path, **options: Any) -> Iterator[Case]:
    settings = ViettelSettings(**options)
    if REAL:
        secret = Secret(os.environ[PASSWORD])
        gateway = ViettelGateway(
            os.environ[URL], TAX_CODE, Form.VAT, os.environ[USER], lambda: secret, settings=settings
        )
        yield Case("viettel", gateway, None)
        gateway.close()
        return
    with RunningProvider("viettel", folder) as running:
        gateway = ViettelGateway(
            running.url,
            TAX_CODE,
            Form.VAT,
            "sandbox",
            lambda: Secret("sandbox"),
            settings=settings,
            ca=running.ca,
        )
        yield Case("viettel", gateway, running)
        gateway.close()


@contextmanager
def open_vnpt(folder: Path, **options: Any) -> Iterator[Case]:
    """``THUNGAN_PROVIDER_ACCOUNT`` and ``…_ACCOUNT_PASSWORD`` are the member of staff; else the user is."""
    manner = VnptManner(**options)
    if REAL:
        account = f"env:{ACCOUNT_PASSWORD if os.environ.get(ACCOUNT_PASSWORD) else PASSWORD}"
        user = os.environ[USER]
        login = Sources(user, f"env:{PASSWORD}", os.environ.get(ACCOUNT) or user, account)
        gateway = VnptGateway(os.environ[URL], login, manner=manner)
        yield Case("vnpt", gateway, None)
        gateway.close()
        return
    account = ProviderAccount(tax_code=TAX_CODE)
    with RunningProvider("vnpt", folder, account=account) as running:
        login = Sources("sandbox", secret_file(folder), "sandbox", secret_file(folder))
        gateway = VnptGateway(running.url, login, manner=manner, ca=running.ca)
        yield Case("vnpt", gateway, running)
        gateway.close()


def secret_file(folder: Path, content: bytes = b"sandbox") -> str:
    """A source of a password."""
    path = folder / "password"
    path.unlink(missing_ok=True)
    write_private(path, content)
    return f"file:{path}"


OPENERS: dict[str, Opener] = {"viettel": open_viettel, "vnpt": open_vnpt}


def cases() -> list[str]:
    """The providers to be tried."""
    if not REAL:
        return list(OPENERS)
    return [next((name for name in OPENERS if name in os.environ[URL].lower()), next(iter(OPENERS)))]


def patiently(ask: Callable[[], Any], times: int = 60) -> Any:
    """Ask until there is an answer: papers are not ready at once."""
    for _ in itertools.repeat(None, times):
        if (answer := ask()) is not None:
            return answer
    raise AssertionError("still not ready")


def a_company() -> Buyer:
    return Buyer(name="CÔNG TY TNHH SEN VIỆT", tax_code="0107001729", address="5 Láng Hạ, Hà Nội")
