"""``[vnpt]``: what differs between customers of VNPT Invoice, or is not confirmed (docs/vnpt.md)."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from agent.errors import ConfigInvalid
from authority.providers.vnpt.manner import MOST_IN_BATCH, VnptManner

if TYPE_CHECKING:
    from agent.sections import Sections
    from authority.providers.vnpt.manner import Ending, Written

_PATTERN = re.compile(r"[1-6](/[0-9]{3})?")
_USUAL = VnptManner()
_WRITTEN: dict[str, Written] = {"products": "products", "regulation": "regulation"}
_CALLS: dict[str, Ending] = {"MTT": "", "MTT32": "32"}


def read_vnpt(take: Sections) -> VnptManner:
    """The settings; every one of them may be left out.

    Raises:
        ConfigInvalid: naming the key that is wrong.
    """
    pattern = take.text("vnpt.pattern", 20, "")
    if pattern and not _PATTERN.fullmatch(pattern):
        raise ConfigInvalid("vnpt.pattern must be a form, alone or with three digits, such as 1/001 or 1")
    written, calls = take.text("vnpt.written", 20, _USUAL.written), take.text("vnpt.calls", 20, "MTT")
    if written not in _WRITTEN:
        raise ConfigInvalid(f"vnpt.written must be {' or '.join(_WRITTEN)}")
    if calls not in _CALLS:
        raise ConfigInvalid(f"vnpt.calls must be {' or '.join(_CALLS)}")
    return VnptManner(
        _WRITTEN[written],
        _CALLS[calls],
        pattern,
        take.whole("vnpt.batch", 1, MOST_IN_BATCH, _USUAL.batch),
    )
