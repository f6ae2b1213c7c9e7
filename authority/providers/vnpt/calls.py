"""The calls of the service that are made here, each with its parameters by name and in order.

Names are the provider's, and so is their disorder: one password is ``password``, ``pass`` or ``userPass``.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from authority.providers.provider import OriginalAtProvider
    from authority.providers.vnpt.login import Login
    from signing.passphrase import Secret

PUBLISH, BUSINESS, PORTAL = "PublishService.asmx", "BusinessService.asmx", "PortalService.asmx"
_NOBODY = "0" * 32  # a key that no order has: a UUID's version is never 0

Parameters = tuple[tuple[str, "str | Secret"], ...]


@dataclass(frozen=True, slots=True)
class Call:
    """One call: at which service, and what it takes once the accounts are known."""

    service: str
    operation: str
    parameters: Callable[[Login], Parameters]


@dataclass(frozen=True, slots=True)
class Series:
    """Where a call numbers: pattern (``1/001``) and serial (``C26MAA``)."""

    pattern: str
    serial: str

    @property
    def parameters(self) -> Parameters:
        """Both, as every call that numbers takes them."""
        return (("pattern", self.pattern), ("serial", self.serial))


def publish(data: str, series: Series, ending: str) -> Call:
    """Store and issue new invoices; ``ending`` of the name: "" or "32"."""
    return Call(
        PUBLISH,
        f"ImportAndPublishInvMTT{ending}",
        lambda login: (
            *_staff(login),
            ("xmlInvData", data),
            ("username", login.user),
            ("password", login.password),
            *series.parameters,
            ("convert", "0"),
        ),
    )


def send_on(key: str, series: Series, ending: str) -> Call:
    """Issue one that is only stored."""
    return Call(
        BUSINESS,
        f"SendInvMTT{ending}",
        lambda login: (
            *_staff(login),
            ("username", login.user),
            ("password", login.password),
            *series.parameters,
            ("fkey", key),
        ),
    )


def correct(
    data: str, original: OriginalAtProvider, old_pattern: str, series: Series, what: str, ending: str
) -> Call:
    """``what`` (Replace or Adjust) an invoice: by its key, or by its number where it was issued elsewhere."""
    key = original.key
    if key is not None:
        return Call(
            BUSINESS,
            f"{what}InvMTT{ending}",
            lambda login: (
                *_staff(login),
                ("xmlInvData", data),
                ("username", login.user),
                ("pass", login.password),
                ("fkey", key.hex),
                ("AttachFile", ""),
                ("convert", "0"),
                *series.parameters,
                ("OldPattern", old_pattern),
            ),
        )
    return Call(
        BUSINESS,
        f"{what}WithoutInvMTT{ending}",
        lambda login: (
            ("account", login.account),
            ("accPass", login.account_password),
            ("invXml", data),
            ("userName", login.user),
            ("userPass", login.password),
            ("oldPattern", old_pattern),
            ("oldSerial", str(original.symbol)),
            ("oldNo", str(original.number)),
            ("strOldArisingDate", f"{original.day:%d/%m/%Y}"),
            ("convert", "0"),
            *series.parameters,
            ("relatedInvType", "3"),
            ("feature", ""),
        ),
    )


def download(key: str, what: str) -> Call:
    """Fetch by key, paid or not: ``what`` is Inv (the XML) or InvPDF."""
    return Call(
        PORTAL,
        f"download{what}FkeyNoPay",
        lambda login: (("fkey", key), ("userName", login.user), ("userPass", login.password)),
    )


def codes_of_nobody(pattern: str) -> Call:
    """Ask for the code of a key that no order has: both accounts are behind the answer, nothing is done."""
    return Call(
        PUBLISH,
        "GetMCCQThueByFkeysNoXMLSign",
        lambda login: (
            *_staff(login),
            ("username", login.user),
            ("password", login.password),
            ("pattern", pattern),
            ("fkeys", _NOBODY),
        ),
    )


def _staff(login: Login) -> Parameters:
    return (("Account", login.account), ("ACpass", login.account_password))
