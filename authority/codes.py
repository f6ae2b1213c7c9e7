"""Who is who in an envelope, and the name of a message.

>>> from uuid import UUID
>>> from authority.codes import direct_code, new_message_id
>>> direct_code("0409990010")
'K0409990010'
>>> new_message_id("K0409990010", UUID("f6ca05c0-fad5-46fc-a237-a8e930e7cb49"))
'K0409990010F6CA05C0FAD546FCA237A8E930E7CB49'

Source: the profile, sections 1 and 2. A message id (MTDiep) is unique for ever: it is the idempotency
key of a submission.
"""

import re
from dataclasses import dataclass
from uuid import UUID

from authority.errors import CodeInvalid

AUTHORITY = "TCT"
LONGEST_PARTY = 14
LONGEST_MESSAGE_ID = 46

_PARTY = re.compile(r"[A-Z0-9]{3,14}")
_TAX_CODE = re.compile(r"[0-9]{10}(-?[0-9]{3})?|[0-9]{12}")
_MESSAGE_ID = re.compile(r"[A-Z0-9]{3,14}[0-9A-F]{32}")


@dataclass(frozen=True, slots=True)
class Parties:
    """MNGui and MNNhan of what the shop sends: they name the route (profile, section 1)."""

    sender: str
    receiver: str = AUTHORITY


def direct_parties(tax_code: str) -> Parties:
    """The direct connection: ``K`` and the tax code, to the authority.

    Raises:
        CodeInvalid: not the form of a tax code.
    """
    return Parties(direct_code(tax_code))


def tvan_parties(tax_code: str, tvan_code: str) -> Parties:
    """A transmission provider between: both by their bare tax codes, without dash or letter.

    Raises:
        CodeInvalid: one of them has not the form of a tax code.
    """
    return Parties(_bare(tax_code), _bare(tvan_code))


def direct_code(tax_code: str) -> str:
    """The code of a directly connected organisation (TCKNGTT): ``K`` and the tax code without its dash.

    Raises:
        CodeInvalid: not the form of a tax code.
    """
    return "K" + _bare(tax_code)


def provider_code(tax_code: str) -> str:
    """The code of a transmission provider (T-VAN): ``V`` and its tax code without the dash.

    Raises:
        CodeInvalid: not the form of a tax code.
    """
    return "V" + _bare(tax_code)


def new_message_id(sender: str, random: UUID) -> str:
    """A new MTDiep: the sender's code and 32 upper-case hex digits of a UUIDv4 given by the caller.

    Raises:
        CodeInvalid: the sender's code is not 3 to 14 capital letters and digits.
    """
    if not _PARTY.fullmatch(sender):
        raise CodeInvalid(f"{sender!r} is not a party code such as K0409990010")
    return sender + random.hex.upper()


def is_message_id(text: str) -> bool:
    """Whether the text has the form of an MTDiep."""
    return _MESSAGE_ID.fullmatch(text) is not None


def checked_message_id(text: str) -> str:
    """The text itself.

    Raises:
        CodeInvalid: it has not the form of an MTDiep.
    """
    if not is_message_id(text):
        raise CodeInvalid(f"{text[:60]!r} is not a message id (sender code and 32 hex digits)")
    return text


def _bare(tax_code: str) -> str:
    if not _TAX_CODE.fullmatch(tax_code):
        raise CodeInvalid(f"{tax_code!r} is not a tax code (10 digits, 10-3 digits or 12 digits)")
    return tax_code.replace("-", "")
