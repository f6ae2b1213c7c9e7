"""What the tests of forms at the sandbox share: constants, and reading the answers."""

from collections.abc import Callable
from datetime import timedelta
from typing import TypeVar

from authority_samples import NOW
from form_samples import WRONG

from authority.form_answers import (
    FormAnswer,
)
from authority.sandbox.core import Sandbox
from authority.sandbox.form_rules import Mentioned
from authority.sandbox.settings import Settings

NewSandbox = Callable[..., Sandbox]
Send = Callable[..., list[FormAnswer]]
Kind = TypeVar("Kind", bound=FormAnswer)
LATER = NOW + timedelta(hours=1)
STRICT = Settings(auto_register=False)
GENERAL, DETAILS = "TKhai/DLTKhai/TTChung", "TKhai/DLTKhai/NDTKhai"
REVIEWED = Mentioned("", WRONG.code, "1", WRONG.symbol, WRONG.number, WRONG.day.isoformat(), "1")


def only(kind: type[Kind], answers: list[FormAnswer]) -> Kind:
    (found,) = [answer for answer in answers if isinstance(answer, kind)]
    return found


def findings(answer: FormAnswer) -> list[tuple[str, str]]:
    """(code, path) of each reason."""
    return [
        (reason.code, reason.description.replace("Sai định dạng dữ liệu\n", "").partition(" : ")[0])
        for reason in answer.reasons
    ]
