"""[notices] in config.toml: who is told, by which way, and when they want quiet."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from agent.errors import ConfigInvalid
from agent.hours import Hours
from agent.secret_source import from_folder

if TYPE_CHECKING:
    from pathlib import Path

    from agent.sections import Sections

TELEGRAM = "https://api.telegram.org"
TEMPLATE = """
# [notices]                     # báo cho người ở xa khi có việc / tells people elsewhere (docs/operation.md)
# webhook = "https://example.vn/thungan"
# telegram_chat = "-1001234567890"
# telegram_token = "file:keys/telegram"   # env:TÊN, file:ĐƯỜNG_DẪN, keyring:DỊCH_VỤ/NGƯỜI_DÙNG
# email_to = ["chu.tiem@example.vn"]
# email_from = "thungan@example.vn"
# smtp = "smtp.example.vn:587"
# smtp_user = "thungan@example.vn"
# smtp_password = "file:keys/smtp"
# desktop = true                # hiện trên màn hình máy này (Linux)
# quiet = "22:00-06:00"         # chỉ báo việc gấp trong giờ này
# language = "vi"
"""


@dataclass(frozen=True, slots=True)
class Mail:
    """Where e-mail goes through. ``password`` is a source for ``read_passphrase``."""

    to: tuple[str, ...]
    sender: str
    host: str
    port: int
    user: str
    password: str


@dataclass(frozen=True, slots=True)
class NoticeSettings:
    """Who is told. Nothing configured: nobody."""

    webhook: str = ""
    telegram_chat: str = ""
    telegram_token: str = ""
    telegram_url: str = TELEGRAM
    mail: Mail | None = None
    desktop: bool = False
    quiet: Hours | None = None  # in Viet Nam time: only what is urgent is told
    language: str = "vi"

    @property
    def any(self) -> bool:
        """Whether anybody is told anything."""
        return bool(self.webhook or self.telegram_chat or self.mail or self.desktop)


def read_notices(take: Sections, folder: Path) -> NoticeSettings:
    """Read the section.

    Raises:
        ConfigInvalid: naming the key that is missing or wrong.
    """
    webhook = take.text("notices.webhook", 500, "")
    if webhook and not _is_safe(webhook):
        raise ConfigInvalid("notices.webhook must be an https address without a password in it")
    chat, token = take.text("notices.telegram_chat", 50, ""), take.text("notices.telegram_token", 500, "")
    if bool(chat) != bool(token):
        raise ConfigInvalid("notices.telegram_chat and notices.telegram_token belong together")
    telegram_url = take.text("notices.telegram_url", 500, TELEGRAM)
    if not _is_safe(telegram_url):
        raise ConfigInvalid("notices.telegram_url must be an https address")
    quiet = take.text("notices.quiet", 20, "")
    language = take.text("notices.language", 2, "vi")
    if language not in {"vi", "en"}:
        raise ConfigInvalid("notices.language must be vi or en")
    return NoticeSettings(
        webhook,
        chat,
        from_folder(folder, token),
        telegram_url.rstrip("/"),
        _mail(take, folder),
        take.switch("notices.desktop", default=False),
        _quiet(quiet) if quiet else None,
        language,
    )


def _quiet(text: str) -> Hours:
    try:
        return Hours.parse(text)
    except ValueError:
        raise ConfigInvalid('notices.quiet must be hours such as "22:00-06:00"') from None


def _mail(take: Sections, folder: Path) -> Mail | None:
    to, sender = take.texts("notices.email_to"), take.text("notices.email_from", 200, "")
    smtp = take.text("notices.smtp", 200, "")
    user, password = take.text("notices.smtp_user", 200, ""), take.text("notices.smtp_password", 500, "")
    if not to:
        return None
    host, _, port = smtp.rpartition(":")
    if not sender or not host or not port.isdecimal() or not 0 < int(port) < 65_536:
        raise ConfigInvalid('notices.email_to needs email_from, and smtp such as "smtp.example.vn:587"')
    if bool(user) != bool(password):
        raise ConfigInvalid("notices.smtp_user and notices.smtp_password belong together")
    if any("@" not in one or any(sign in one for sign in "\r\n,") for one in (*to, sender)):
        raise ConfigInvalid("notices.email_to and email_from must be e-mail addresses")
    return Mail(to, sender, host, int(port), user, from_folder(folder, password))


def _is_safe(url: str) -> bool:
    parts = urlsplit(url)
    local = parts.hostname in {"127.0.0.1", "localhost"}
    return (parts.scheme == "https" or (parts.scheme == "http" and local)) and parts.password is None
