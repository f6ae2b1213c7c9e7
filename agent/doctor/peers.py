"""Whether the shop's other registers answer."""

from __future__ import annotations

from typing import TYPE_CHECKING

from agent.doctor.findings import Finding, Level

if TYPE_CHECKING:
    from collections.abc import Iterator

    from agent.config import Config


def check_peers(config: Config) -> Iterator[Finding]:
    """One line, where others are configured: a register that does not answer keeps no other from selling."""
    if not config.peers:
        return
    from agent.peers.asked_now import ask_all

    silent = [(one.peer.name, one.trouble) for one in ask_all(config.peers) if one.trouble is not None]
    said = f"{len(config.peers) - len(silent)} of {len(config.peers)} other registers answer"
    if not silent:
        yield Finding.fine("peers", said)
        return
    first = silent[0][1]
    why = "; ".join(f"{name}: {trouble.message}" for name, trouble in silent)
    yield Finding("peers", Level.WARN, f"{said}. {why}", first.advice("vi"), first.advice("en"))
