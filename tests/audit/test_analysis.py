"""Each look of the analysis: what it finds, and what it lets pass."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest
from made_dossiers import FIRST, at, dossier, paper, sale, shop

from audit.analysis import analyse
from audit.analysis.chance import binomial_at_least, chi_squared_above, poisson_at_most
from audit.analysis.day_reports import day_reports
from audit.analysis.digits import digits
from audit.analysis.tax_settings import tax_settings
from audit.dossier import ArticleRate, Check, Dossier, Event, Fate
from audit.findings import Finding, Weight
from audit.words import Words


def found(made: Dossier) -> dict[str, Finding]:
    return {finding.name: finding for finding in analyse(made).findings}


def test_an_empty_dossier_finds_nothing() -> None:
    assert found(dossier()) == {}


def test_a_good_shop_finds_nothing_but_digits() -> None:
    assert set(found(dossier(*shop()))) <= {"benford"}


# --- completeness ---------------------------------------------------------------------------------------


def test_the_parts_of_completeness_add_up() -> None:
    again = replace(sale(1, at(0, 9))[0], number=90)
    papers = (again, paper(91, at(0, 10), "drawer"), paper(92, at(0, 11), "quarantined", fate=Fate.OPEN))
    account = analyse(dossier(sale(1, at(0, 8)), sale(2, at(0, 9)), papers=papers)).completeness
    parts = dict(account.parts)
    assert sum(parts.values()) == account.captured == 5
    assert (parts["invoiced"], parts["again"], parts["drawer"], parts["open"]) == (2, 1, 1, 1)
    assert account.papers_total == account.invoices_total == 100_000


def test_a_lower_invoice_than_its_receipt_is_serious() -> None:
    pair = sale(1, at(0, 9), 80_000)
    made = dossier((pair[0], replace(pair[1], total=60_000)))
    finding = found(made)["total-differs"]
    assert (finding.weight, finding.amount) == (Weight.SERIOUS, 20_000)
    assert [(cite.what, cite.number) for cite in finding.cites] == [("paper", 1), ("invoice", 1)]


def test_a_sale_that_was_called_a_kitchen_ticket_is_serious() -> None:
    hidden = paper(5, at(0, 9), "kitchen", says="sale", total=99_000)
    honest = paper(6, at(0, 9), "kitchen", says="kitchen")
    finding = found(dossier(papers=(hidden, honest)))["sale-without-invoice"]
    assert (finding.weight, finding.amount, len(finding.cites)) == (Weight.SERIOUS, 99_000, 1)


def test_a_dismissed_paper_weighs_only_where_no_invoice_bears_its_number() -> None:
    torn = paper(5, at(0, 9), "sale", fate=Fate.RESOLVED_NOTHING, says="sale", total=50_000, receipt_no="HD1")
    again = sale(6, at(0, 9, 2), receipt_no="HD1")
    assert found(dossier(again, papers=(torn,)))["dismissed"].weight is Weight.NOTE
    assert found(dossier(papers=(torn,)))["dismissed-with-amount"].weight is Weight.SERIOUS


# --- numbers --------------------------------------------------------------------------------------------


def test_a_missing_invoice_number_is_serious_and_a_taken_over_series_is_not() -> None:
    pairs = [sale(number, at(0, 9, number)) for number in (41, 42, 44)]
    finding = found(dossier(*pairs, begins=((1, "C26MAA", 40),)))["number-hole"]
    assert finding.weight is Weight.SERIOUS
    assert "C26MAA 43" in finding.said.en
    assert "number-hole" not in found(dossier(*pairs[:2], begins=((1, "C26MAA", 40),)))


def test_numbers_left_out_by_a_restored_backup_have_their_reason() -> None:
    pairs = [sale(number, at(0, 9, number)) for number in (41, 42, 46)]
    left_out = ((1, "C26MAA", 43, 45),)
    findings = found(dossier(*pairs, begins=((1, "C26MAA", 40),), left_out=left_out))
    assert "number-hole" not in findings
    assert findings["numbers-left-out"].weight is Weight.LOOK
    assert "C26MAA 43–45" in findings["numbers-left-out"].said.en
    short = ((1, "C26MAA", 43, 44),)
    assert "number-hole" in found(dossier(*pairs, begins=((1, "C26MAA", 40),), left_out=short))


def test_receipt_numbers_are_looked_at_only_where_the_register_counts() -> None:
    counted = [sale(n, at(0, 8, n), receipt_no=f"HD{n:04d}") for n in range(1, 90) if n not in (40, 41)]
    finding = found(dossier(*counted))["receipt-hole"]
    assert finding.weight is Weight.LOOK
    assert "HD 40–41" in finding.said.en
    wild = [sale(n, at(0, 8, n), receipt_no=f"{n * 7919 % 100000:05d}") for n in range(1, 90)]
    assert "receipt-hole" not in found(dossier(*wild))


def test_tables_that_pay_in_another_order_leave_no_holes() -> None:
    order = list(range(1, 101))
    order[10], order[14] = order[14], order[10]
    pairs = [sale(p + 1, at(0, 8, p), receipt_no=f"HD{n:04d}") for p, n in enumerate(order)]
    assert "receipt-hole" not in found(dossier(*pairs))


# --- bills ----------------------------------------------------------------------------------------------


def bill(number: int, minute: int, receipt_no: str | None = "HD7", **more: object) -> object:
    return paper(number, at(0, 12, minute), total=90_000, receipt_no=receipt_no, **more)


def test_a_bill_that_is_paid_is_settled() -> None:
    paid = sale(3, at(0, 12, 40), 90_000, receipt_no="HD7")
    bills = analyse(dossier(paid, papers=(bill(1, 0), bill(2, 20)))).provisional  # type: ignore[arg-type]
    assert (bills.shown, bills.settled, bills.unpaid, bills.again) == (1, 1, (), ())


def test_a_bill_that_nobody_pays_is_found() -> None:
    finding = found(dossier(papers=(bill(1, 0),)))["void-after-bill"]  # type: ignore[arg-type]
    assert (finding.weight, finding.amount) == (Weight.LOOK, 90_000)


def test_a_bill_paid_lower_is_found() -> None:
    paid = sale(3, at(0, 12, 40), 30_000, receipt_no="HD7")
    finding = found(dossier(paid, papers=(bill(1, 0),)))["lowered-after-bill"]  # type: ignore[arg-type]
    assert finding.amount == 60_000


def test_a_bill_shown_again_after_it_was_paid_is_found() -> None:
    paid = sale(3, at(0, 12, 10), 90_000, receipt_no="HD7")
    made = dossier(paid, papers=(bill(1, 0), bill(4, 30)))  # type: ignore[arg-type]
    finding = found(made)["bill-used-again"]
    assert [cite.number for cite in finding.cites] == [1, 4]


def test_a_bill_without_number_is_settled_by_its_table() -> None:
    paid = sale(3, at(0, 12, 40), 70_000, table="5")
    made = dossier(paid, papers=(bill(1, 0, None, table="5"), bill(2, 5, None, table="6")))  # type: ignore[arg-type]
    bills = analyse(made).provisional
    assert (bills.shown, bills.settled, [one.number for one in bills.unpaid]) == (2, 1, [2])


# --- reports --------------------------------------------------------------------------------------------


def report(number: int, day: int, hour: int, turnover: int, receipts: int = 0) -> object:
    totals = (("Số hóa đơn", receipts), ("Tổng doanh thu", turnover))
    return paper(number, at(day, hour), "report", totals=totals)


def test_reports_of_the_day_and_of_the_shift_agree() -> None:
    pairs = [sale(1, at(0, 9)), sale(2, at(0, 16)), sale(3, at(1, 9))]
    papers = (report(10, 0, 15, 50_000, 1), report(11, 0, 22, 100_000, 2), report(12, 1, 22, 50_000, 1))
    rows, findings = day_reports(dossier(*pairs, papers=papers))  # type: ignore[arg-type]
    assert [(one.difference, one.captured_receipts) for one in rows] == [(0, 1), (0, 2), (0, 1)]
    assert findings == []


def test_a_day_that_ends_after_midnight_agrees() -> None:
    pairs = [sale(1, at(0, 9)), sale(2, at(1, 0, 30)), sale(3, at(1, 9)), sale(4, at(2, 0, 40))]
    papers = (report(10, 0, 1, 70_000, 1), report(11, 1, 1, 100_000, 2), report(12, 2, 1, 100_000, 2))
    _, findings = day_reports(dossier(*pairs, papers=papers))  # type: ignore[arg-type]
    assert findings == []


def test_a_report_that_counts_more_than_was_captured_is_serious() -> None:
    made = dossier(sale(1, at(0, 9)), papers=(report(10, 0, 22, 130_000, 3),))  # type: ignore[arg-type]
    finding = found(made)["report-higher"]
    assert (finding.weight, finding.amount) == (Weight.SERIOUS, 80_000)
    assert finding.cites[0].number == 10


def test_a_report_agrees_also_where_the_clock_was_set_back() -> None:
    pairs = [sale(1, at(3, 9)), sale(2, at(2, 20)), sale(3, at(2, 21))]
    papers = (*tuple(one for one, _ in pairs), report(10, 2, 22, 150000, 3), report(11, 4, 22, 0, 0))
    made = replace(dossier(*pairs), papers=papers)  # type: ignore[arg-type]
    assert day_reports(made)[1] == []


def test_a_report_without_refunds_agrees_either_way() -> None:
    back = paper(2, at(0, 10), "refund", total=20_000)
    for turnover in (30_000, 50_000):
        made = dossier(sale(1, at(0, 9)), papers=(back, report(10, 0, 22, turnover)))  # type: ignore[arg-type]
        assert day_reports(made)[1] == []


# --- other papers ---------------------------------------------------------------------------------------


def test_a_copy_of_what_was_never_captured_is_serious() -> None:
    known = paper(2, at(0, 10), "reprint", receipt_no="HD1", sold_at=at(0, 9))
    unknown = paper(3, at(0, 11), "reprint", receipt_no="HD9", sold_at=at(0, 9))
    earlier = paper(4, at(0, 12), "reprint", receipt_no="HD0", sold_at=at(-40, 9))
    made = dossier(sale(1, at(0, 9), receipt_no="HD1"), papers=(known, unknown, earlier))
    assert [cite.number for cite in found(made)["copy-of-unknown"].cites] == [3]


def test_a_drawer_that_opens_at_a_sale_is_none() -> None:
    papers = (paper(2, at(0, 9, 1), "drawer"), paper(3, at(0, 11), "drawer"))
    finding = found(dossier(sale(1, at(0, 9)), papers=papers))["drawer-without-sale"]
    assert ([cite.number for cite in finding.cites], finding.weight) == ([3], Weight.NOTE)


def test_training_prints_of_the_installation_do_not_weigh() -> None:
    tests = tuple(paper(1 + n, at(0, 9, n), "training", total=10_000) for n in range(10))
    assert found(dossier(papers=tests))["training"].weight is Weight.LOOK
    later = tuple(paper(50 + n, at(6, 9, n), "training", total=10_000) for n in range(10))
    assert found(dossier(papers=tests + later))["training"].weight is Weight.SERIOUS


def test_bills_shown_again_weigh_by_their_share() -> None:
    pairs, papers = [], []
    for n in range(100):
        papers.append(paper(1000 + n, at(n % 10, 12, n % 50), total=90_000, receipt_no=f"B{n}"))
        pairs.append(sale(1 + n, at(n % 10, 13, n % 50), 90_000, receipt_no=f"B{n}"))
    few = [paper(2000 + n, at(n % 10, 14), total=90_000, receipt_no=f"B{n}") for n in range(5)]
    many = [paper(2000 + n, at(n % 10, 14), total=90_000, receipt_no=f"B{n}") for n in range(10)]
    assert found(dossier(*pairs, papers=(*papers, *few)))["bill-used-again"].weight is Weight.LOOK
    assert found(dossier(*pairs, papers=(*papers, *many)))["bill-used-again"].weight is Weight.SERIOUS


# --- corrections ----------------------------------------------------------------------------------------


def test_corrections_downwards_weigh_by_their_share() -> None:
    pairs = [sale(n, at(n % 10, 9, n % 60)) for n in range(1, 101)]
    few = sale(201, at(5, 10), -40_000, corrects=3, relation=2)
    lower = sale(202, at(5, 11), 20_000, corrects=4, relation=1)
    made = dossier(*pairs, few, lower)
    assert analyse(made).corrections.lowered == 70_000
    assert found(made)["corrected-down"].weight is Weight.NOTE
    many = [sale(300 + n, at(5, 10), -50_000, corrects=n, relation=2) for n in range(1, 10)]
    assert found(dossier(*pairs, *many))["corrected-down"].weight is Weight.LOOK
    # Corrections are no sales: they make no hole in the rhythm, and no difference to a paper.
    assert "total-differs" not in found(made)


# --- records --------------------------------------------------------------------------------------------


def gone(leaf: int, key: str, what: str = "vanished") -> Event:
    return Event(leaf, at(0, 10), f"record.{what}", {"source": "database", "key": key, "first": 1})


def test_records_that_went_away_weigh_by_how_many_and_one_that_came_back_is_none() -> None:
    finding = found(dossier(sale(1, at(0, 9)), events=(gone(5, "7"), gone(6, "8"), gone(7, "8", "back"))))
    assert finding["record-vanished"].weight is Weight.LOOK
    assert [(cite.what, cite.number) for cite in finding["record-vanished"].cites] == [
        ("leaf", 5),
        ("paper", 1),
    ]
    many = tuple(gone(10 + n, str(n)) for n in range(5))
    assert found(dossier(events=many))["record-vanished"].weight is Weight.SERIOUS
    changed = Event(20, at(0, 10), "record.changed", {"source": "database", "key": "1", "first": 1})
    edited = Event(21, at(0, 10), "file.edited", {"source": "folder", "file": "a.csv"})
    assert {"record-changed", "file-edited"} <= set(found(dossier(events=(changed, edited))))


# --- delivery and clock ---------------------------------------------------------------------------------


def test_late_invoices_weigh_less_where_the_ledger_knows_of_an_outage() -> None:
    late = sale(1, at(0, 20), reached_at=at(1, 9))
    assert found(dossier(late))["late"].weight is Weight.LOOK
    events = (
        Event(5, at(0, 19), "line.down", {"why": "no route to host"}),
        Event(6, at(1, 8), "line.up", {}),
    )
    assert found(dossier(late, events=events))["late"].weight is Weight.NOTE


def test_an_invoice_that_never_arrives_is_serious_after_three_days() -> None:
    assert found(dossier(sale(1, at(0, 9), reached_at=None)))["never-delivered"].weight is Weight.SERIOUS
    assert "never-delivered" not in found(dossier(sale(1, at(28, 9), reached_at=None)))


def test_waits_that_overlap_are_one_outage() -> None:
    pairs = [
        sale(1, at(0, 9), reached_at=at(0, 13)),
        sale(2, at(0, 10), reached_at=at(0, 14)),
        sale(3, at(1, 9), reached_at=at(1, 14)),
    ]
    outages = analyse(dossier(*pairs)).delivery.outages
    assert [(one.since, one.until, one.invoices) for one in outages] == [
        (at(0, 9), at(0, 14), 2),
        (at(1, 9), at(1, 14), 1),
    ]


def test_time_that_goes_back_in_the_ledger_is_serious() -> None:
    made = dossier(sale(1, at(3, 9)), sale(2, at(2, 9)), sale(3, at(3, 10)))
    finding = found(made)["clock-back"]
    assert (finding.weight, [cite.number for cite in finding.cites]) == (Weight.SERIOUS, [4])


@pytest.mark.parametrize(("seconds", "weight"), [(300, Weight.LOOK), (-90_000, Weight.SERIOUS)])
def test_a_clock_that_was_set_weighs_by_how_far(seconds: int, weight: Weight) -> None:
    made = dossier(events=(Event(1, at(0, 9), "clock.jumped", {"seconds": seconds}),))
    assert found(made)["clock-set"].weight is weight


# --- tax ------------------------------------------------------------------------------------------------


def rate(word: str, first: date, last: date, article: str = "Phở bò") -> ArticleRate:
    return ArticleRate(article, word, first, last, 10, 1_000_000, 1)


def test_an_article_taxed_lower_is_serious_with_what_is_lost() -> None:
    rates = (
        rate("8%", FIRST, FIRST + timedelta(9)),
        rate("5%", FIRST + timedelta(10), FIRST + timedelta(20)),
    )
    found_settings, findings = tax_settings(dossier(rates=rates))
    assert [finding.name for finding in findings] == ["article-taxed-lower"]
    # 1,050,000 with 5% inside it would have had 77,778 of VAT at 8%, and has 50,000.
    assert found_settings.lowered[0].lost == 27_778


def test_a_reduction_by_law_and_a_rise_are_not_found() -> None:
    law = (rate("10%", date(2025, 6, 1), date(2025, 6, 30)), rate("8%", date(2025, 7, 1), date(2025, 8, 1)))
    rise = (rate("8%", FIRST, FIRST), rate("10%", FIRST + timedelta(1), FIRST + timedelta(2)))
    assert tax_settings(dossier(rates=law))[1] == []
    assert tax_settings(dossier(rates=rise))[1] == []


def set_up(leaf: int, program: str = "thungan 1.0", code: str = "aa", **content: object) -> Event:
    fields = {"program": program, "code": code, "content": content, "profiles": {"general.toml": "11"}}
    return Event(leaf, at(0, leaf), "configuration", fields)


@pytest.mark.parametrize(
    ("before", "after", "name"),
    [
        (set_up(1, vat={"default": "8%"}), set_up(2, vat={"default": "5%"}), "settings-lower-tax"),
        (set_up(1, vat={"default": "8%"}), set_up(2, vat={"default": "KCT"}), "settings-lower-tax"),
        (set_up(1, vat={"default": "8%"}), set_up(2, vat={"default": "10%"}), "settings-changed"),
        (set_up(1), set_up(2, source={"profile": "mine.toml"}), "settings-lower-tax"),
        (set_up(1), set_up(2, authority={"every": 30}), "settings-changed"),
        (set_up(1), set_up(2, code="bb"), "software-altered"),
        (set_up(1), set_up(2, program="thungan 1.1", code="bb"), "software-changed"),
    ],
)
def test_a_changed_set_up_is_named(before: Event, after: Event, name: str) -> None:
    assert [finding.name for finding in tax_settings(dossier(events=(before, after)))[1]] == [name]


# --- statistics -----------------------------------------------------------------------------------------


def test_a_silence_at_noon_is_found_and_a_closed_day_is_only_noted() -> None:
    made = dossier(*shop(skip=lambda day, hour: (day == 9 and 11 <= hour < 15) or day == 4))
    findings = found(made)
    assert findings["silence"].weight is Weight.LOOK
    assert len(analyse(made).rhythm.silences) == 1
    assert findings["closed-days"].weight is Weight.NOTE


def test_a_shop_that_always_rests_at_noon_is_not_silent() -> None:
    assert "silence" not in found(dossier(*shop(skip=lambda _day, hour: hour in (12, 13))))


def test_a_day_far_below_its_history_is_found() -> None:
    made = dossier(*shop(days=16, skip=lambda day, hour: day == 14 and hour % 4))
    assert [drop.day for drop in analyse(made).rhythm.drops] == [FIRST + timedelta(days=14)]


def test_one_cashier_who_refunds_far_more_than_the_others_is_named() -> None:
    pairs = [sale(n, at(n % 10, 9, n % 60), cashier="Lan" if n % 2 else "Mai") for n in range(1, 601)]
    papers = tuple(
        paper(1000 + n, at(n % 10, 15), "refund", total=10_000, cashier="Mai" if n < 20 else "Lan")
        for n in range(22)
    )
    findings = [one for one in analyse(dossier(*pairs, papers=papers)).findings if one.name == "cashier"]
    assert [("Mai" in one.said.en, one.weight, len(one.cites)) for one in findings] == [
        (True, Weight.LOOK, 20)
    ]


def test_one_cashier_alone_is_compared_with_nobody() -> None:
    pairs = [sale(n, at(n % 10, 9, n % 60), cashier="Lan") for n in range(1, 301)]
    papers = tuple(paper(1000 + n, at(1, 15), "refund", cashier="Lan") for n in range(50))
    assert "cashier" not in found(dossier(*pairs, papers=papers))


def test_benford_is_asked_only_of_many_totals_that_span_enough() -> None:
    few = dossier(*(sale(n, at(0, 9), 1000 * n) for n in range(1, 200)))
    narrow = dossier(*(sale(n, at(0, 9), 50_000 + n) for n in range(1, 1200)))
    for made in (few, narrow):
        seen, findings = digits(made)
        assert seen.unfit is not None
        assert findings == []
    fit = dossier(*(sale(n, at(0, 9), round(1000 * 10 ** (n % 400 / 100))) for n in range(1, 1201)))
    seen, findings = digits(fit)
    assert (seen.unfit, findings) == (None, [])
    forged = dossier(*(sale(n, at(0, 9), 5 * 10 ** (3 + n % 4)) for n in range(1, 1201)))
    assert [finding.weight for finding in digits(forged)[1]] == [Weight.NOTE]


def test_chances_agree_with_known_values() -> None:
    assert binomial_at_least(3, 10, 0.1) == pytest.approx(0.0701908, abs=1e-6)
    assert poisson_at_most(2, 4.0) == pytest.approx(0.2381033, abs=1e-6)
    assert chi_squared_above(3.841, 1) == pytest.approx(0.05, abs=1e-4)
    assert chi_squared_above(16.919, 9) == pytest.approx(0.05, abs=1e-4)


# --- the verifier's word --------------------------------------------------------------------------------


def test_a_check_that_fails_is_serious_and_comes_first() -> None:
    words = Words("Sổ cái", "Ledger")
    missing = Words("thiếu mục 4", "leaf 4 is missing")
    checks = (
        Check("ledger", words, good=False, problems=(missing,), size=1),
        Check("signatures", words, good=True),
    )
    findings = analyse(dossier(sale(1, at(0, 9)), checks=checks)).findings
    assert [finding.name for finding in findings] == ["evidence-altered"]
    assert "leaf 4 is missing" in findings[0].said.en
