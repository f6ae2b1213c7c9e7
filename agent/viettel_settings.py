"""``[viettel]``: what differs between accounts at S-Invoice, or is not confirmed (docs/viettel.md)."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from agent.errors import ConfigInvalid
from authority.providers.viettel.settings import MOST_IN_BATCH, ViettelSettings

if TYPE_CHECKING:
    from agent.sections import Sections

_TEMPLATE = re.compile(r"[1-6]/[0-9]{3}")
_USUAL = ViettelSettings()


def read_viettel(take: Sections) -> ViettelSettings:
    """The settings; every one of them may be left out.

    Raises:
        ConfigInvalid: naming the key that is wrong.
    """
    template = take.text("viettel.template", 20, "")
    if template and not _TEMPLATE.fullmatch(template):
        raise ConfigInvalid("viettel.template must be a form and three digits such as 1/001")
    return ViettelSettings(
        template=template,
        log_in=take.text("viettel.log_in", 300, _USUAL.log_in),
        batch=take.whole("viettel.batch", 1, MOST_IN_BATCH, _USUAL.batch),
        price_decimals=take.whole("viettel.price_decimals", 0, 6, _USUAL.price_decimals),
        totals=take.switch("viettel.totals", default=_USUAL.totals),
        fee_lines=take.switch("viettel.fee_lines", default=_USUAL.fee_lines),
        series_status=take.switch("viettel.series_status", default=_USUAL.series_status),
        note=take.switch("viettel.note", default=_USUAL.note),
    )
