"""``thungan init`` in a terminal: a question at a time, each answer checked before the next is asked."""

from __future__ import annotations

import getpass
import sys
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from agent.errors import FileUnreadable
from agent.first_receipt import read_first_receipt
from agent.setting_up import Answers, certificate_of, set_up
from agent.web.errors import FormInvalid
from agent.web.pin import PinLock
from drivers.uri import parse_source
from errors import ThunganError
from invoice.numbers import MAX_REGISTER, Symbol
from invoice.rates import Rate
from invoice.tax_code import checked_tax_code
from signing.keys import subject_name
from signing.passphrase import Secret

if TYPE_CHECKING:
    from collections.abc import Callable

    from agent.config import Config
    from agent.config_writing import Value
    from drivers.hearing import Heard

T = TypeVar("T")
LISTEN = 5.0  # seconds at each speed


class Wizard:
    """Asks in one language, on standard input and output."""

    def __init__(self, folder: Path, language: str) -> None:
        self._folder = folder
        self._english = language == "en"
        self._answers = Answers()

    def run(self) -> Config:
        """From the tax code to a test invoice; the configuration that was written.

        Raises:
            EOFError: the input ended before the last answer: nothing has been written.
        """
        self._tell(
            "Cài đặt thungan. Enter: dùng giá trị trong ngoặc.",
            "Setting thungan up. Enter takes [what is shown].",
        )
        self._shop()
        while True:
            self._key()
            self._source()
            self._authority()
            try:
                config = set_up(self._folder, self._answers)
            except ThunganError as error:
                self._refused(error)
                continue
            break
        self._tell(f"Đã ghi {self._folder / 'config.toml'}", f"Written: {self._folder / 'config.toml'}")
        self._pin()
        if self._yes("Lập thử một hóa đơn với cơ quan thuế giả lập?", "Try an invoice against the sandbox?"):
            self._try(config)
        begin = f"thungan run --data {self._folder}"
        self._tell(f"Xong. Bắt đầu bằng: {begin}", f"Done. Begin with: {begin}")
        return config

    def _shop(self) -> None:
        values: dict[str, Value] = {
            "seller.tax_code": self._ask("Mã số thuế", "Tax code", checked_tax_code),
            "seller.name": self._ask("Tên người bán (như đăng ký thuế)", "Seller's name", _text(400)),
            "seller.address": self._ask("Địa chỉ", "Address", _text(400)),
            "register.form": self._ask(
                "Mẫu số: 1 GTGT, 2 bán hàng", "Form: 1 VAT, 2 sales", _whole(1, 2), "1"
            ),
            "register.letters": self._ask("Hai chữ cuối ký hiệu", "Letters of the symbol", _letters, "AA"),
            "register.number": self._ask("Máy số", "Register number", _whole(1, MAX_REGISTER), "1"),
            "register.taxpayer": self._ask("5 ký tự cơ quan thuế cấp", "The authority's 5 characters", _five),
            "vat.default": self._ask("Thuế suất thường dùng", "Usual VAT rate", _rate, "8%"),
        }
        self._answers = self._answers.also(values)

    def _key(self) -> None:
        self._tell(
            "Chữ ký số: 1 tệp .p12/.pfx, 2 USB token, 3 khác, 4 khóa dùng thử",
            "Key: 1 file (.p12, .pfx), 2 USB token, 3 another, 4 a key for trying only",
        )
        kind = self._ask("Chọn", "Choose", _whole(1, 4), "1")
        made = Answers(self._answers.values, throwaway=kind == 4)
        if kind == 1:
            content = self._ask("Đường dẫn tệp", "Path of the file", _file)
            made = Answers(self._answers.values, key_file=content, passphrase=self._secret())
        elif kind in {2, 3}:
            hint = (
                "pkcs11:token=…?module-path=…" if kind == 2 else "windows:thumbprint=…, pem:…, csc+https://…"
            )
            setting = self._ask(hint, hint, _text(500))
            made = Answers({**self._answers.values, "key.file": setting}, passphrase=self._secret())
        try:
            subject = subject_name(certificate_of(made))
        except ThunganError as error:
            self._refused(error)
            self._key()
            return
        self._answers = made
        self._tell(f"Chứng thư: {subject}", f"Certificate: {subject}")

    def _source(self) -> None:
        from agent.listening import find_ports, listen

        ports = find_ports()
        for number, port in enumerate(ports, 1):
            sys.stdout.write(f"  {number}  {port.port}  {port.description}  {port.problem or ''}\n")
        self._tell(
            "Máy tính tiền ở đâu? Số cổng ở trên để nghe thử, hoặc địa chỉ (docs/sources.md); trống: để sau",
            "Where is the register? A port's number to listen, or a URI (docs/sources.md); empty: later",
        )
        chosen = self._ask("Cổng", "Port", _port(len(ports)), "")
        profile, uri = None, chosen
        if chosen.isdecimal():
            port = ports[int(chosen) - 1]
            self._tell("Bây giờ hãy in một phiếu, in đi in lại…", "Print a receipt now, again and again…")
            try:
                best = listen(port.port, LISTEN, self._say_speed)
            except ThunganError as error:
                self._refused(error)
                return self._source()
            if not best.heard.score:
                self._tell("Không nghe thấy phiếu nào.", "Nothing like a receipt was heard.")
                return self._source()
            uri = port.uri.replace("baud=9600", f"baud={best.heard.baud}")
            first = read_first_receipt(best.data)
            sys.stdout.write(f"\n{first.reading.text}\n\n")
            profile = first.profile
            if first.understood and first.reading.sale is not None:
                total = f"{first.reading.sale.total:,}"
                self._tell(f"Hiểu phiếu: tổng {total} đồng", f"Understood: total {total} dong")
            else:
                self._tell(
                    "Chưa hiểu hết phiếu này: các phiếu như vậy sẽ chờ ở mục Cần xem.",
                    "Not understood yet: such receipts will wait for a look (quarantine).",
                )
        printer = self._ask(
            "Máy in phiếu phía sau (trống: không)", "Printer behind (empty: none)", _printer(uri), ""
        )
        if printer:
            uri += f"{'&' if '?' in uri else '?'}printer={printer.replace('&', '%26')}"
        values: dict[str, Value] = {"source.uri": uri}
        self._answers = Answers(
            {**self._answers.values, **values},
            self._answers.key_file,
            self._answers.passphrase,
            self._answers.throwaway,
            profile=profile,
        )
        return None

    def _authority(self) -> None:
        from dataclasses import replace

        self._tell(
            "Gửi đến: Enter là cơ quan thuế giả lập trên máy này (dùng thử), hoặc địa chỉ https://…",
            "Deliver to: Enter for the sandbox on this computer (trying), or an address https://…",
        )
        url = self._ask("Địa chỉ", "Address", _https, "")
        if not url:
            self._answers = replace(self._answers, sandbox=True)
            return
        trust = self._ask(
            "Tệp chứng thư của cơ quan thuế (PEM)", "The authority's certificate (PEM file)", _file
        )
        self._answers = replace(self._answers.also({"authority.url": url}), sandbox=False, trust=trust)

    def _pin(self) -> None:
        lock = PinLock(self._folder)
        while not lock.is_set:
            pin = getpass.getpass(
                self._say("Mã PIN cho trang web (Enter: để sau): ", "PIN of the page (Enter: later): ")
            )
            if not pin:
                return
            try:
                lock.choose(pin)
            except ThunganError as error:
                self._refused(error)

    def _try(self, config: Config) -> None:
        from agent.trial import try_invoice

        try:
            trial = try_invoice(config)
        except ThunganError as error:
            self._refused(error)
            return
        words = f"{trial.symbol}-{trial.number} {trial.code}: {trial.state} {trial.reason or ''}".rstrip()
        self._tell(f"Hóa đơn thử {words}", f"Test invoice {words}")

    def _ask(self, vietnamese: str, english: str, check: Callable[[str], T], usual: str | None = None) -> T:
        """Until the answer is right; an empty one is ``usual``."""
        while True:
            shown = f" [{usual}]" if usual else ""
            text = input(f"{self._say(vietnamese, english)}{shown}: ").strip() or (usual or "")
            try:
                if not text and usual is None:
                    raise FormInvalid(self._say("cần trả lời", "an answer is needed"))
                return check(text)
            except ThunganError as error:
                self._refused(error)

    def _yes(self, vietnamese: str, english: str) -> bool:
        usual = self._say("c", "y")
        return self._ask(vietnamese, english, str.lower, usual)[:1] in {"c", "y"}

    def _secret(self) -> Secret:
        return Secret(getpass.getpass(self._say("Mật khẩu hoặc PIN: ", "Pass phrase or PIN: ")))

    def _say_speed(self, heard: Heard) -> None:
        sys.stdout.write(f"  {heard.baud:>7} baud  {heard.size:>6} bytes  {heard.in_words}\n")
        sys.stdout.flush()

    def _refused(self, error: ThunganError) -> None:
        sys.stdout.write(
            f"  {error.code}: {error.message}. {error.advice('en' if self._english else 'vi')}\n"
        )

    def _say(self, vietnamese: str, english: str) -> str:
        return english if self._english else vietnamese

    def _tell(self, vietnamese: str, english: str) -> None:
        sys.stdout.write(f"{self._say(vietnamese, english)}\n")


def _text(longest: int) -> Callable[[str], str]:
    def check(text: str) -> str:
        if len(text) > longest or not text.isprintable():
            raise FormInvalid(f"1-{longest} characters")
        return text

    return check


def _whole(least: int, most: int) -> Callable[[str], int]:
    def check(text: str) -> int:
        if not (text.isascii() and text.isdecimal() and least <= int(text[:9]) <= most):
            raise FormInvalid(f"{least}-{most}")
        return int(text)

    return check


def _letters(text: str) -> str:
    Symbol.of_year(text.upper(), 2026)
    return text.upper()


def _rate(text: str) -> str:
    return Rate.parse(text).word


def _five(text: str) -> str:
    if len(text) != 5 or not text.isalnum() or not text.isascii():
        raise FormInvalid("A-Z, 0-9: 5")
    return text.upper()


def _file(text: str) -> bytes:
    try:
        return Path(text).expanduser().read_bytes()
    except OSError as error:
        raise FileUnreadable(f"{text}: {error.strerror}") from error


def _https(text: str) -> str:
    if text and not text.startswith("https://"):
        raise FormInvalid("https://…")
    return text


def _port(count: int) -> Callable[[str], str]:
    def check(text: str) -> str:
        if text.isdecimal() and not 1 <= int(text[:9]) <= count:
            raise FormInvalid(f"1-{count}")
        if text and not text.isdecimal():
            parse_source(text)
        return text

    return check


def _printer(uri: str) -> Callable[[str], str]:
    def check(text: str) -> str:
        if text:
            parse_source(f"{uri or 'stdin:'}{'&' if '?' in uri else '?'}printer={text.replace('&', '%26')}")
        return text

    return check
