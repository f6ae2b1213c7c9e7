from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from authority_samples import NOW, SENDER, message_id, package, vat_invoice
from hypothesis import given
from hypothesis import strategies as st

from authority.answers import Notice, parse_answer
from authority.errors import (
    ConnectionCut,
    FaultPlanInvalid,
    GatewayFailed,
    GatewayTimeout,
    GatewayUnreachable,
    MaybeDelivered,
    MessageTooLarge,
    NotDelivered,
)
from authority.gateway import Gateway
from authority.memory import MemoryGateway
from authority.package import PackageFrame
from authority.sandbox.core import Sandbox
from authority.sandbox.faults import WORDS, FaultPlan

NewSandbox = Callable[..., Sandbox]


class Clock:
    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> datetime:
        return self.now


def faulty(new_sandbox: NewSandbox, plan: str) -> tuple[Sandbox, Gateway, Clock]:
    sandbox, clock = new_sandbox(faults=FaultPlan.parse(plan)), Clock()
    return sandbox, MemoryGateway(sandbox, SENDER, clock), clock


def test_a_plan_is_read() -> None:
    plan = FaultPlan.parse(
        "lose-answer=0.1, delay=2s,repeat=0.1,reorder=0.2,refuse=0.05,down=5s/30s,http-500=0.05,"
        "lose-request=0.1,cut-body=0.05,lose-notice=0.05,slow=500ms,seed=42"
    )
    assert plan == FaultPlan(
        lose_request=0.1,
        lose_answer=0.1,
        cut_body=0.05,
        http_500=0.05,
        repeat=0.1,
        reorder=0.2,
        lose_notice=0.05,
        refuse=0.05,
        slow=0.5,
        delay=2.0,
        down=(5.0, 30.0),
        seed=42,
    )
    assert FaultPlan.parse("") == FaultPlan()
    assert FaultPlan.parse("delay=1.5m").delay == 90


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("loose-answer=0.1", "'loose-answer' is not a fault; there are lose-request, lose-answer"),
        ("lose-answer", "lose-answer has no value"),
        ("lose-answer=", "lose-answer has no value"),
        ("lose-answer=2", "not a rate"),
        ("lose-answer=nan", "not a rate"),
        ("lose-answer=10%", "not a rate"),
        ("delay=2", "not a duration"),
        ("delay=-2s", "not a duration"),
        ("down=5s", "of the form 5s/30s"),
        ("down=30s/5s", "must be shorter"),
        ("down=0s/5s", "must be shorter"),
        ("seed=x", "not a whole number"),
        ("delay=1s,delay=2s", "delay is given twice"),
    ],
)
def test_a_wrong_plan_names_the_wrong_word(text: str, said: str) -> None:
    with pytest.raises(FaultPlanInvalid) as caught:
        FaultPlan.parse(text)
    assert said in str(caught.value)


def test_every_word_is_documented() -> None:
    from authority.sandbox import faults

    assert [word for word in WORDS if f"\n{word} " not in (faults.__doc__ or "")] == []


@given(st.text(max_size=60))
def test_any_text_is_a_plan_or_a_clear_error(text: str) -> None:
    try:
        plan = FaultPlan.parse(text)
    except FaultPlanInvalid:
        plan = FaultPlan()
    assert 0 <= plan.lose_answer <= 1
    assert plan.delay >= 0


def test_chance_follows_the_seed_and_the_rate() -> None:
    plan = FaultPlan(lose_answer=0.25, seed=1)
    struck = [plan.strikes("lose-answer", str(n)) for n in range(4_000)]
    assert struck == [plan.strikes("lose-answer", str(n)) for n in range(4_000)]
    assert 900 < sum(struck) < 1_100
    other = FaultPlan(lose_answer=0.25, seed=2)
    assert struck != [other.strikes("lose-answer", str(n)) for n in range(4_000)]


def test_lose_request(new_sandbox: NewSandbox, frame: PackageFrame) -> None:
    sandbox, gateway, _ = faulty(new_sandbox, "lose-request=1")
    with pytest.raises(GatewayTimeout):
        gateway.send(package(frame, 1, vat_invoice()), message_id(1))
    assert gateway.look_up(message_id(1)).known is False
    assert sandbox.statistics()["arrivals"] == 0


@pytest.mark.parametrize(("fault", "error"), [("lose-answer", GatewayTimeout), ("cut-body", ConnectionCut)])
def test_lost_answers_leave_the_message_known(
    fault: str, error: type[MaybeDelivered], new_sandbox: NewSandbox, frame: PackageFrame
) -> None:
    sandbox, gateway, _ = faulty(new_sandbox, f"{fault}=1")
    with pytest.raises(error):
        gateway.send(package(frame, 1, vat_invoice()), message_id(1))
    found = gateway.look_up(message_id(1))
    assert (found.known, len(found.messages)) == (True, 2)
    assert sandbox.statistics()["invoices"] == 1


def test_http_500_comes_before_and_after_the_message_was_read(
    new_sandbox: NewSandbox, frame: PackageFrame
) -> None:
    sandbox, gateway, _ = faulty(new_sandbox, "http-500=1")
    known = []
    for count in range(1, 21):
        with pytest.raises(GatewayFailed):
            gateway.send(package(frame, count, vat_invoice(count)), message_id(count))
        known.append(gateway.look_up(message_id(count)).known)
    assert set(known) == {True, False}
    assert sandbox.statistics()["messages"] == known.count(True)


def test_down_comes_and_goes(new_sandbox: NewSandbox, frame: PackageFrame) -> None:
    _, gateway, clock = faulty(new_sandbox, "down=5s/30s")
    data = package(frame, 1, vat_invoice())
    with pytest.raises(GatewayUnreachable) as caught:
        gateway.send(data, message_id(1))
    assert isinstance(caught.value, NotDelivered)
    assert caught.value.retry_after == 5
    clock.now += timedelta(seconds=5)
    assert gateway.look_up(message_id(1)).known is False
    assert len(gateway.send(data, message_id(1))) == 1
    clock.now += timedelta(seconds=25)
    with pytest.raises(GatewayUnreachable):
        gateway.collect("")


def test_delay(new_sandbox: NewSandbox, frame: PackageFrame) -> None:
    _, gateway, clock = faulty(new_sandbox, "delay=2s")
    gateway.send(package(frame, 1, vat_invoice()), message_id(1))
    clock.now += timedelta(seconds=1)
    assert gateway.collect("").messages == ()
    clock.now += timedelta(seconds=1)
    assert len(gateway.collect("").messages) == 1


def test_repeat(new_sandbox: NewSandbox, frame: PackageFrame) -> None:
    _, gateway, _ = faulty(new_sandbox, "repeat=1")
    gateway.send(package(frame, 1, vat_invoice()), message_id(1))
    first, second = gateway.collect("").messages
    assert first == second
    assert len(gateway.look_up(message_id(1)).messages) == 2


def test_reorder(new_sandbox: NewSandbox, frame: PackageFrame) -> None:
    _, gateway, clock = faulty(new_sandbox, "reorder=0.5,seed=3")
    sent = [message_id(count) for count in range(1, 13)]
    for count, name in enumerate(sent, start=1):
        gateway.send(package(frame, count, vat_invoice(count)), name)
    clock.now += timedelta(minutes=1)
    collected = gateway.collect("")
    came = [
        answer.submission_id for answer in map(parse_answer, collected.messages) if isinstance(answer, Notice)
    ]
    assert sorted(came) == sorted(sent)
    assert came != sent


def test_lose_notice(new_sandbox: NewSandbox, frame: PackageFrame) -> None:
    _, gateway, clock = faulty(new_sandbox, "lose-notice=1,repeat=1")
    gateway.send(package(frame, 1, vat_invoice()), message_id(1))
    clock.now += timedelta(days=1)
    assert gateway.collect("").messages == ()
    assert len(gateway.look_up(message_id(1)).messages) == 2


def test_refuse(new_sandbox: NewSandbox, frame: PackageFrame) -> None:
    sandbox, gateway, _ = faulty(new_sandbox, "refuse=1")
    gateway.send(package(frame, 1, vat_invoice()), message_id(1))
    notice = parse_answer(gateway.collect("").messages[0])
    assert isinstance(notice, Notice)
    assert [reason.code for reason in notice.reasons] == ["S2999"]
    assert sandbox.statistics()["invoices"] == 0


def test_memory_gateway_has_the_shape_of_a_gateway(new_sandbox: NewSandbox, frame: PackageFrame) -> None:
    _, gateway, _ = faulty(new_sandbox, "")
    assert (gateway.name, gateway.can.numbering, gateway.max_bytes) == ("memory", "agent", 2_000_000)
    with pytest.raises(MessageTooLarge):
        gateway.send(b"x" * 2_000_001, message_id(1))
    collected = gateway.collect("")
    assert (collected.messages, collected.cursor, collected.more) == ((), "", False)
    gateway.send(package(frame, 1, vat_invoice()), message_id(1))
    first = gateway.collect("")
    assert gateway.collect(first.cursor).messages == ()
    gateway.close()
