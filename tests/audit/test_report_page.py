"""The page: one file, both languages, every link leads somewhere, bounded, and nothing of it can run."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from lxml import html
from made_dossiers import at, dossier, paper, sale, shop
from playwright.sync_api import sync_playwright

from agent.cli import main
from agent.commands.init import make_folder
from agent.config import load_config
from agent.daemon import Daemon
from audit.analysis import analyse
from audit.bundle.records import Capture, Leaf
from audit.dossier import Dossier, Fate
from audit.meanings import MEANINGS
from audit.report.exhibits import MOST, Wanted, read_exhibits
from audit.report.html import render
from audit.report.page import make_page
from drivers.framing import Captured

DOCS = Path(__file__).parents[2] / "docs" / "audit-report.md"
RECEIPTS = Path(__file__).parents[1] / "data"


class Papers:
    """Stands for a bundle: the text of each paper of a dossier, and the leaves."""

    def __init__(self, made: Dossier, text: str) -> None:
        self._dossier = made
        self._text = text

    def captures(self) -> Any:
        for one in self._dossier.papers:
            data = self._text.encode()
            yield Capture(
                one.number, "", "", "cut", "sale", "sale", (), None, "escpos", None, data, "exact", "", None
            )

    def all_leaves(self) -> Any:
        for one in self._dossier.papers:
            yield Leaf(one.leaf, json.dumps({"kind": "capture", "at": "", "capture": one.number}))


def page_of(made: Dossier, text: str = "HÓA ĐƠN BÁN HÀNG") -> str:
    wanted = Wanted()
    page = make_page(made, analyse(made), wanted)
    return render(page, read_exhibits(Papers(made, text), made, wanted))  # type: ignore[arg-type]


def crooked() -> Dossier:
    """A dossier with findings of every kind of evidence."""
    lower = sale(900, at(13, 21), 80_000)
    papers = (
        paper(901, at(13, 21, 1), "kitchen", says="sale", total=99_000, cashier="Lan"),
        paper(902, at(13, 21, 2), "provisional", total=70_000, receipt_no="HD77"),
        paper(903, at(13, 21, 5), "drawer", says=None),
        paper(904, at(13, 22), "report", totals=(("Tổng doanh thu", 9_000_000),)),
        paper(905, at(13, 22, 1), "sale", fate=Fate.RESOLVED_NOTHING, says="sale", total=1, reason="in thử"),
    )
    late = sale(906, at(12, 21), reached_at=at(13, 9))
    return dossier(*shop(), late, (lower[0], replace(lower[1], total=60_000)), papers=papers)


def test_every_link_leads_to_its_evidence() -> None:
    tree = html.fromstring(page_of(crooked()))
    ids = tree.xpath("//@id")
    assert len(ids) == len(set(ids))
    targets = [str(href) for href in tree.xpath("//a/@href")]
    assert {target[1:] for target in targets} <= set(ids)
    assert all(target.startswith("#") for target in targets)
    cited = [target for target in targets if re.match("#(paper|invoice|leaf)-", target)]
    assert len(cited) > 20
    # What is shown of a paper is the text on it, with the ledger's leaf one step further.
    shown = tree.get_element_by_id("paper-901")
    assert "HÓA ĐƠN BÁN HÀNG" in shown.text_content()
    assert "#leaf-1802" in shown.xpath(".//a/@href")


def test_the_page_loads_nothing_and_runs_nothing() -> None:
    hostile = '</pre><script>alert(1)</script><img src=x onerror="alert(2)">'
    made = replace(crooked(), seller=hostile)
    text = page_of(made, hostile)
    tree = html.fromstring(text)
    assert tree.xpath("//script | //link | //img | //iframe | //object | //@src | //@onerror") == []
    assert "default-src 'none'" in tree.xpath("//meta/@content")[0]
    assert "url(" not in text
    assert "@import" not in text
    assert hostile in tree.text_content()


def test_everything_is_said_in_both_languages() -> None:
    tree = html.fromstring(page_of(crooked()))
    spans = tree.xpath("//span[@class='vi' or @class='en']")
    pairs = [(one.get("class"), (one.text_content() or "").strip()) for one in spans]
    assert [kind for kind, _ in pairs] == ["vi", "en"] * (len(pairs) // 2)
    assert all(said for _, said in pairs)
    english = " ".join(said for kind, said in pairs if kind == "en")
    assert not re.search("[ăđơưạảấầẩẫậắằẳẵặẹẻẽềểễệ]", english.replace("₫", "").lower())


def test_the_page_of_a_busy_month_stays_small() -> None:
    """Forty thousand bills that nobody paid: one finding, some evidence, and how many are not shown."""
    many = tuple(
        paper(number, at(0, 8) + timedelta(minutes=number), total=50_000, receipt_no=f"B{number}")
        for number in range(1, 40_001)
    )
    text = page_of(dossier(papers=many, exported_at=at(60, 0)))
    assert len(text) < 400_000
    assert "39,988 more" in text or "39988 more" in text
    assert text.count('<article class="exhibit') <= 3 * MOST


def test_the_docs_explain_each_finding_and_name_no_other() -> None:
    told = re.findall(r"^### .*`([a-z-]+)`$", DOCS.read_text("utf-8"), re.MULTILINE)
    assert sorted(told) == sorted(MEANINGS)


@pytest.fixture
def bundle(tmp_path: Path) -> Path:
    """The evidence of a shop with real papers of every kind."""
    folder = tmp_path / "shop"
    make_folder(folder, demo=True)
    daemon = Daemon(load_config(folder))
    for path in sorted((RECEIPTS / "receipts").glob("*.prn"))[:6]:
        daemon.till.take("test", Captured(path.read_bytes(), "cut"))
    for path in sorted((RECEIPTS / "receipts_other").glob("*.prn"))[:12]:
        daemon.till.take("test", Captured(path.read_bytes(), "cut"))
    daemon.stop()
    evidence = tmp_path / "evidence.zip"
    words = ["--data", str(folder), "--from", "2026-01-01", "--to", "2036-12-31", "-o", str(evidence)]
    assert main(["audit", "export", *words]) == 0
    return evidence


def test_the_command_writes_the_page_and_says_what_it_found(
    bundle: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    capsys.readouterr()
    assert main(["audit", "report", str(bundle), "--json"]) == 0
    said = json.loads(capsys.readouterr().out)
    written = Path(said["file"])
    assert written == bundle.with_suffix(".html")
    tree = html.fromstring(written.read_text("utf-8"))
    titles = {MEANINGS[finding["name"]].title.en for finding in said["findings"]}
    assert titles <= {one.text_content() for one in tree.xpath("//h3/span[@class='en']")}


def test_the_command_says_what_is_wrong_with_a_file(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    bad = tmp_path / "bad.zip"
    bad.write_text("no bundle")
    assert main(["audit", "report", str(bad)]) == 2
    assert "E-AUD-001" in capsys.readouterr().err
    assert main(["audit", "report", str(tmp_path / "none.zip")]) == 2
    assert "E-AGT-003" in capsys.readouterr().err
    assert main(["audit", "report", str(tmp_path)]) == 2
    assert "E-AUD-011" in capsys.readouterr().err


def test_a_browser_without_scripts_shows_it_on_a_telephone(tmp_path: Path) -> None:
    path = tmp_path / "report.html"
    path.write_text(page_of(crooked()), "utf-8")
    requests: list[str] = []
    with sync_playwright() as play:
        browser = play.chromium.launch(
            executable_path="/usr/bin/chromium", args=["--no-sandbox", "--disable-gpu"]
        )
        context = browser.new_context(viewport={"width": 360, "height": 740}, java_script_enabled=False)
        page = context.new_page()
        page.on("request", lambda request: requests.append(request.url))
        page.goto(path.as_uri())
        heading = page.locator("h1")
        assert heading.inner_text() == "Báo cáo kiểm tra máy tính tiền"
        page.locator("label[for=en]").click()
        assert heading.inner_text() == "Audit report of a cash register"
        box = page.locator("main").bounding_box()
        assert box is not None
        assert box["width"] <= 360
        wide = page.locator("section").evaluate_all("all => all.filter(one => one.scrollWidth > 360).length")
        assert wide == 0
        page.locator("a[href='#paper-901']").first.click()
        assert page.locator("#paper-901").is_visible()
        browser.close()
    assert requests == [path.as_uri()]
