"""The ways a notice goes. Each sends one text, or raises ``NoticeNotSent``; none tells of a customer."""

from __future__ import annotations

import json
import shutil
import smtplib
import ssl
import subprocess
from email.message import EmailMessage
from typing import TYPE_CHECKING, Protocol

from agent.errors import AgentError
from errors import ThunganError
from signing.passphrase import read_passphrase

if TYPE_CHECKING:
    from agent.notices.settings import Mail, NoticeSettings

PATIENCE = 20.0  # seconds for one way


class NoticeNotSent(AgentError):
    """A notice did not go; it is tried again."""

    code = "E-AGT-040"
    advice_vi = "Kiểm tra [notices] trong config.toml và đường mạng; thử bằng: thungan notices test."
    advice_en = "Check [notices] in config.toml and the network; try with: thungan notices test."
    exit_code = 1


class Way(Protocol):
    """One way. ``name`` stands in the log and in the store."""

    name: str

    def send(self, title: str, text: str, fields: dict[str, str]) -> None:
        """Send, or raise NoticeNotSent. ``fields`` are for programs."""


def ways_of(settings: NoticeSettings) -> list[Way]:
    """Every way that is configured."""
    ways: list[Way] = []
    if settings.webhook:
        ways.append(Webhook(settings.webhook))
    if settings.telegram_chat:
        ways.append(Telegram(settings.telegram_url, settings.telegram_chat, settings.telegram_token))
    if settings.mail:
        ways.append(Email(settings.mail))
    if settings.desktop:
        ways.append(Desktop())
    return ways


class Webhook:
    """POST of JSON: ``{"title", "text", …fields}``."""

    name = "webhook"

    def __init__(self, url: str) -> None:
        self._url = url

    def send(self, title: str, text: str, fields: dict[str, str]) -> None:
        """See ``Way``."""
        _post(self._url, {"title": title, "text": text, **fields}, self.name)


class Telegram:
    """The bot's sendMessage. The token is part of the address, so the address is never said."""

    name = "telegram"

    def __init__(self, url: str, chat: str, token: str) -> None:
        self._url, self._chat, self._token = url, chat, token

    def send(self, title: str, text: str, fields: dict[str, str]) -> None:  # noqa: ARG002 - for programs
        """See ``Way``."""
        try:
            token = read_passphrase(self._token)
        except ThunganError as error:
            raise NoticeNotSent(f"telegram: {error.message}") from error
        url = f"{self._url}/bot{token.reveal()}/sendMessage"
        _post(url, {"chat_id": self._chat, "text": f"{title}\n{text}"}, self.name)


class Email:
    """SMTP: TLS from the start on port 465, STARTTLS on others; in the clear only to this computer."""

    name = "e-mail"

    def __init__(self, mail: Mail) -> None:
        self._mail = mail

    def send(self, title: str, text: str, fields: dict[str, str]) -> None:  # noqa: ARG002 - for programs
        """See ``Way``."""
        mail = self._mail
        message = EmailMessage()
        message["From"], message["To"], message["Subject"] = mail.sender, ", ".join(mail.to), title
        message.set_content(text + "\n")
        try:
            with self._server() as server:
                if mail.user:
                    server.login(mail.user, read_passphrase(mail.password).reveal())
                server.send_message(message)
        except (OSError, smtplib.SMTPException) as error:
            # A server may repeat the login in its answer: only its number is said.
            said = getattr(error, "smtp_code", None) or type(error).__name__
            raise NoticeNotSent(f"e-mail by {mail.host}: {said}") from None
        except ThunganError as error:
            raise NoticeNotSent(f"e-mail: {error.message}") from error

    def _server(self) -> smtplib.SMTP:
        mail, context = self._mail, ssl.create_default_context()
        if mail.port == smtplib.SMTP_SSL_PORT:
            return smtplib.SMTP_SSL(mail.host, mail.port, timeout=PATIENCE, context=context)
        server = smtplib.SMTP(mail.host, mail.port, timeout=PATIENCE)
        if mail.host not in {"127.0.0.1", "localhost"}:
            server.starttls(context=context)
        return server


class Desktop:
    """The screen of this computer, by ``notify-send`` (Linux). Windows' services have no screen."""

    name = "desktop"

    def send(self, title: str, text: str, fields: dict[str, str]) -> None:
        """See ``Way``."""
        program = shutil.which("notify-send")
        if program is None:
            raise NoticeNotSent("desktop: there is no notify-send here")
        urgency = "critical" if fields.get("urgent") == "yes" else "normal"
        done = subprocess.run(
            [program, "--app-name=thungan", f"--urgency={urgency}", title, text],
            capture_output=True,
            timeout=PATIENCE,
            check=False,
        )
        if done.returncode:
            raise NoticeNotSent(f"desktop: notify-send ended with {done.returncode}")


def _post(url: str, content: dict[str, str], name: str) -> None:
    import httpx  # late: most shops have no notices

    try:
        body = json.dumps(content, ensure_ascii=False).encode()
        headers = {"Content-Type": "application/json"}
        answer = httpx.post(url, content=body, headers=headers, timeout=PATIENCE, follow_redirects=False)
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        raise NoticeNotSent(f"{name}: {type(error).__name__}") from None
    if answer.status_code >= 300:
        raise NoticeNotSent(f"{name}: HTTP {answer.status_code}")
