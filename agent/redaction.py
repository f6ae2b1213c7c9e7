"""What is taken out of every text that leaves the shop or is shown from its log: secrets and people (P6)."""

from __future__ import annotations

import re

TAKEN_OUT = "…"
SECRET = re.compile(r"pass|pin|secret|token|credential|password|pwd|api_?key", re.IGNORECASE)
_IN_ADDRESS = re.compile(r"(://)[^/@\s\"']*@")
_IN_QUERY = re.compile(r"((?:pass\w*|pin[\w-]*|secret|token|credential|pwd|key)=)[^&\s\"']*", re.IGNORECASE)
_TOKENS = re.compile(r"\bthg_[A-Za-z0-9_-]{8,}|(?<=bot)[0-9]{6,}:[A-Za-z0-9_-]{20,}")  # ours, and Telegram's
_BEARER = re.compile(r"(Bearer\s+)[^\s\"']+", re.IGNORECASE)
_MAIL = re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+")
_LONG_FIGURES = re.compile(r"(?<![0-9A-Za-z-])[0-9]{12}(?![0-9A-Za-z-])")  # citizens' numbers


def without_credentials(text: str) -> str:
    """A text without users and passwords in addresses, and without tokens."""
    text = _IN_QUERY.sub(rf"\1{TAKEN_OUT}", _IN_ADDRESS.sub(rf"\1{TAKEN_OUT}@", text))
    return _TOKENS.sub(TAKEN_OUT, _BEARER.sub(rf"\1{TAKEN_OUT}", text))


def without_secrets(text: str) -> str:
    """A text without credentials, e-mail addresses and citizens' numbers."""
    return _LONG_FIGURES.sub(TAKEN_OUT, _MAIL.sub(TAKEN_OUT, without_credentials(text)))
