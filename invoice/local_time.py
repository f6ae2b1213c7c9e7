"""Times as people in Viet Nam read them. Records and machine output are in UTC; sentences are not.

>>> local_time("2026-11-25T02:15:30.123Z")
'09:15:30 25/11/2026'
>>> with_local_times("the clock says 2026-11-25T18:00:00.000Z, before this program was made")
'the clock says 01:00:00 26/11/2026, before this program was made'
"""

from __future__ import annotations

import re
from datetime import datetime

from invoice.sale_json import VIETNAM

_MOMENT = re.compile(r"\b2[0-9]{3}-[0-9]{2}-[0-9]{2}T[0-9:]{5,8}(?:\.[0-9]{1,6})?(?:Z|[+-][0-9]{2}:[0-9]{2})")


def local_time(moment: str | datetime) -> str:
    """A time with its zone as ``09:15:30 25/11/2026``; a day, or what is no time, as it is."""
    try:
        at = datetime.fromisoformat(moment) if isinstance(moment, str) else moment
    except ValueError:
        return str(moment)
    return f"{at.astimezone(VIETNAM):%H:%M:%S %d/%m/%Y}" if at.tzinfo else str(moment)


def with_local_times(text: str) -> str:
    """A sentence, with every time of the records in it as ``local_time`` says it."""
    return _MOMENT.sub(lambda match: local_time(match[0]), text)
