from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path

import pytest
from authority_samples import NOW, SENDER, TAX_CODE, message_id, package, sales_invoice, vat_invoice
from cryptography import x509

from authority.answer_writing import build_technical
from authority.answers import Notice, TechnicalAnswer, parse_answer
from authority.gateway import LookUp
from authority.notice_check import check_notice
from authority.package import PackageFrame
from authority.sandbox.core import Sandbox
from authority.sandbox.keys import SandboxKeys
from authority.sandbox.settings import Settings
from authority.sandbox.store import Store

NewSandbox = Callable[..., Sandbox]
LATER = NOW + timedelta(hours=1)


def technical(data: bytes | None) -> TechnicalAnswer:
    answer = parse_answer(data or b"")
    assert isinstance(answer, TechnicalAnswer)
    return answer


def test_a_package_is_answered_at_once_and_decided_later(
    new_sandbox: NewSandbox, frame: PackageFrame, trust: list[x509.Certificate]
) -> None:
    sandbox = new_sandbox(settings=Settings(notice_delay=timedelta(seconds=6)))
    answer = technical(sandbox.receive(package(frame, 1, vat_invoice()), NOW))
    assert (answer.ok, answer.reply_to, answer.sender, answer.received_at) == (
        True,
        message_id(1),
        "TCT",
        NOW,
    )
    assert sandbox.answers_due(SENDER, "", NOW).entries == ()
    due = sandbox.answers_due(SENDER, "", NOW + timedelta(seconds=6))
    notice = check_notice(due.entries[0][1], trust, tax_code=TAX_CODE, submission_id=message_id(1), now=LATER)
    assert (notice.kind, notice.count) == (2, 1)


def test_the_same_message_again_gets_the_same_answer_and_no_second_registration(
    new_sandbox: NewSandbox, frame: PackageFrame
) -> None:
    sandbox = new_sandbox()
    data = package(frame, 1, vat_invoice(), sales_invoice())
    first = sandbox.receive(data, NOW)
    assert [sandbox.receive(data, LATER) for _ in range(3)] == [first] * 3
    statistics = sandbox.statistics()
    assert (statistics["messages"], statistics["arrivals"], statistics["invoices"]) == (1, 4, 2)
    assert len(sandbox.answers_due(SENDER, "", LATER).entries) == 1


def test_the_same_message_may_be_refused_by_switch(new_sandbox: NewSandbox, frame: PackageFrame) -> None:
    sandbox = new_sandbox(settings=Settings(duplicate_message="refuse"))
    data = package(frame, 1, vat_invoice())
    assert technical(sandbox.receive(data, NOW)).ok
    again = technical(sandbox.receive(data, NOW))
    assert (again.ok, again.errors[0].code, again.reply_to) == (False, "S007", message_id(1))
    assert sandbox.statistics()["invoices"] == 1


def test_the_same_id_with_other_bytes_is_refused(new_sandbox: NewSandbox, frame: PackageFrame) -> None:
    sandbox = new_sandbox()
    assert technical(sandbox.receive(package(frame, 1, vat_invoice()), NOW)).ok
    other = technical(sandbox.receive(package(frame, 1, sales_invoice()), NOW))
    assert (other.ok, other.errors[0].code) == (False, "S007")
    assert [one.form for one in sandbox.registered()] == [1]


def test_a_refused_message_stays_refused(new_sandbox: NewSandbox, frame: PackageFrame) -> None:
    sandbox = new_sandbox()
    data = package(frame, 1, vat_invoice()).replace(
        b"<SLuong>1</SLuong></TTChung>", b"<SLuong>2</SLuong></TTChung>"
    )
    first = sandbox.receive(data, NOW)
    assert not technical(first).ok
    assert sandbox.receive(data, NOW) == first
    assert sandbox.look_up(message_id(1), NOW) == LookUp(known=True, messages=(first or b"",))
    assert sandbox.statistics()["submissions"] == {"valid": 0, "partly": 0, "invalid": 0, "refused": 1}


def test_look_up_tells_what_came_and_what_is_due(new_sandbox: NewSandbox, frame: PackageFrame) -> None:
    sandbox = new_sandbox(settings=Settings(notice_delay=timedelta(seconds=6)))
    assert sandbox.look_up(message_id(1), NOW) == LookUp(known=False)
    first = sandbox.receive(package(frame, 1, vat_invoice()), NOW)
    assert sandbox.look_up(message_id(1), NOW).messages == (first,)
    found = sandbox.look_up(message_id(1), LATER)
    assert found.known
    assert [type(parse_answer(content)) for content in found.messages] == [TechnicalAnswer, Notice]


def test_our_own_technical_answers_are_taken_quietly(new_sandbox: NewSandbox) -> None:
    sandbox = new_sandbox()
    data = build_technical(
        version="2.1.0",
        sender=SENDER,
        receiver="TCT",
        message_id=message_id(9),
        reply_to="TCT" + "A" * 32,
        original_sender="TCT",
        received_at=NOW,
    )
    assert sandbox.receive(data, NOW) is None
    assert sandbox.statistics()["technical_answers"] == 1


def test_the_technical_answer_may_come_through_the_inbox(
    new_sandbox: NewSandbox, frame: PackageFrame
) -> None:
    sandbox = new_sandbox(settings=Settings(technical_answer="inbox"))
    assert sandbox.receive(package(frame, 1, vat_invoice()), NOW) is None
    due = [parse_answer(content) for _, content in sandbox.answers_due(SENDER, "", NOW).entries]
    assert [type(answer) for answer in due] == [TechnicalAnswer, Notice]
    assert len(sandbox.look_up(message_id(1), NOW).messages) == 2


@pytest.mark.parametrize("data", [b"", b"<html>", b"\xff\xfe", b"<TDiep></TDiep>"])
def test_garbage_is_answered_with_an_error(data: bytes, new_sandbox: NewSandbox) -> None:
    answer = technical(new_sandbox().receive(data, NOW))
    assert (answer.ok, answer.reply_to, answer.errors[0].code) == (False, "", "0001")


def test_the_inbox_is_paged_and_no_cursor_hides_a_late_answer(
    new_sandbox: NewSandbox, frame: PackageFrame
) -> None:
    slow, quick = Settings(notice_delay=timedelta(minutes=5)), Settings()
    sandbox = new_sandbox(settings=slow)
    sandbox.receive(package(frame, 1, vat_invoice(1)), NOW)
    sandbox.settings = quick
    for number in (2, 3, 4):
        sandbox.receive(package(frame, number, vat_invoice(number)), NOW)
    page = sandbox.answers_due(SENDER, "", NOW, limit=2)
    assert (len(page.entries), page.more) == (2, True)
    rest = sandbox.answers_due(SENDER, page.entries[-1][0], NOW, limit=2)
    assert (len(rest.entries), rest.more) == (1, False)
    late = sandbox.answers_due(SENDER, rest.entries[-1][0], LATER)
    notice = parse_answer(late.entries[0][1])
    assert isinstance(notice, Notice)
    assert notice.submission_id == message_id(1)
    assert len(sandbox.answers_due(SENDER, "", LATER).entries) == 4


def test_an_inbox_is_only_its_owners(new_sandbox: NewSandbox, frame: PackageFrame) -> None:
    sandbox = new_sandbox()
    sandbox.receive(package(frame, 1, vat_invoice()), NOW)
    assert sandbox.answers_due("K0107001729", "", LATER).entries == ()
    assert sandbox.answers_due(SENDER, "not a cursor", LATER).entries == ()


def test_statistics_tell_what_was_registered(new_sandbox: NewSandbox, frame: PackageFrame) -> None:
    sandbox = new_sandbox()
    sandbox.receive(package(frame, 1, vat_invoice(1), vat_invoice(2)), NOW)
    sandbox.receive(package(frame, 2, vat_invoice(2), vat_invoice(3)), NOW)
    sandbox.receive(package(frame, 3, vat_invoice(4, ("<NLap>2026", "<NLap>x"))), NOW)
    assert sandbox.statistics() == {
        "messages": 3,
        "arrivals": 3,
        "invoices": 3,
        "doubly_registered": 0,
        "submissions": {"valid": 1, "partly": 1, "invalid": 1, "refused": 0},
        "refused": 2,
        "refused_as_duplicate": 1,
        "warnings": 0,
        "technical_answers": 0,
    }


def test_many_threads_sending_the_same_register_it_once(
    sandbox_keys: SandboxKeys, frame: PackageFrame, tmp_path: Path
) -> None:
    sandbox = Sandbox(Store(tmp_path / "sandbox.sqlite"), sandbox_keys.signer)
    messages = [
        package(frame, count, *(vat_invoice(count * 10 + n) for n in range(5))) for count in range(1, 5)
    ]
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda data: sandbox.receive(data, NOW), messages * 6))
    assert len(set(answers)) == len(messages)
    assert sandbox.statistics()["invoices"] == 20
    assert sandbox.statistics()["arrivals"] == 24
    sandbox.close()


def test_what_was_registered_survives_a_restart(
    sandbox_keys: SandboxKeys, frame: PackageFrame, tmp_path: Path
) -> None:
    path = tmp_path / "sandbox.sqlite"
    first = Sandbox(Store(path), sandbox_keys.signer)
    data = package(frame, 1, vat_invoice())
    answer = first.receive(data, NOW)
    first.close()
    second = Sandbox(Store(path), sandbox_keys.signer)
    assert second.receive(data, NOW) == answer
    assert second.statistics()["invoices"] == 1
    second.close()


def test_a_package_of_a_thousand_invoices(new_sandbox: NewSandbox, frame: PackageFrame) -> None:
    invoices = [vat_invoice(number) for number in range(1, 1_001)]
    sandbox = new_sandbox(settings=Settings(message_limit=10_000_000))
    from authority.package import build_package

    data = build_package(frame, invoices, message_id(1), NOW, limit=10_000_000)
    assert technical(sandbox.receive(data, NOW)).ok
    assert sandbox.statistics()["invoices"] == 1_000
