"""How the sandbox's S-Invoice behaves where the real one's behaviour is not known for certain."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Literal


@dataclass(frozen=True, slots=True)
class ViettelSettings:
    """Switches; the defaults are the strict or the documented reading."""

    token_life: timedelta = timedelta(minutes=5)
    # A token that is over: 401, or (as integrators saw) HTTP 500 with the message GENERAL.
    expired_answer: Literal["401", "500"] = "401"
    price_decimals: int = 4
    batch: int = 50  # orders in one createBatchInvoice; 0: there is no such call
    # An order of a batch that breaks the form: told beside the others without its key, or among them.
    batch_refusals: Literal["beside", "among"] = "beside"
    series_status: bool = True  # getProvidesStatusUsingInvoice is there
    today_only: bool = False  # an invoice of a cash register must bear the day on which it is made
    fee_lines: bool = True  # selection 4
    empty_files: int = 1  # how often a file is asked for in vain at first
