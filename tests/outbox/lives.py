"""What the machines of the outbox have in common: how many lives are tried, and what a state may become."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import RuleBasedStateMachine, run_state_machine_as_test

from outbox.states import TRANSITIONS

if TYPE_CHECKING:
    from collections.abc import Callable
    from enum import StrEnum

MEMORY = Path("/dev/shm")  # noqa: S108 - what is proven here is not durability: that is the storm's
IN_MEMORY = MEMORY if MEMORY.is_dir() else None
LATER = 301.0  # seconds: over the longest wait


def drive(machine: Callable[[], RuleBasedStateMachine], examples: int, *phases: Phase) -> None:
    """So many lives of up to 40 steps, the same ones each time unless ``THUNGAN_EXAMPLES`` asks for more."""
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=examples,
            stateful_step_count=40,
            deadline=None,
            derandomize="THUNGAN_EXAMPLES" not in os.environ,
            database=None,
            phases=phases,
            suppress_health_check=list(HealthCheck),
        ),
    )


def reachable(state: str, kind: type[StrEnum]) -> set[str]:
    """What a state may have become, over any number of allowed transitions."""
    found, waiting = {state}, [kind(state)]
    while waiting:
        for after in TRANSITIONS[kind].get(waiting.pop(), ()):
            if after.value not in found:
                found.add(after.value)
                waiting.append(kind(after))
    return found
