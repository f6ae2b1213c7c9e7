"""The commands as a user calls them."""

import json
import shutil
import subprocess
import time
from pathlib import Path

import pytest

from agent.cli import COMMANDS, main
from agent.config import load_config
from agent.daemon import Daemon
from authority.sandbox.server import RunningSandbox
from drivers.captured import Captured

DATA = Path(__file__).parent.parent / "data"
SALE = '{"total": 15000, "receipt_no": "A1", "sold_at": "2026-11-23T07:00:00+07:00", "lines": [%s]}'
LINE = '{"name": "Đá viên", "amount": 15000}'


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    folder = tmp_path / "shop"
    assert main(["init", "--data", str(folder), "--profile", "demo"]) == 0
    return folder


def test_issue_list_xml_verify(shop: Path, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    sale = tmp_path / "sale.json"
    sale.write_text(SALE % LINE, "utf-8")
    capsys.readouterr()
    assert main(["issue", str(sale), "--data", str(shop), "--json"]) == 0
    issued = json.loads(capsys.readouterr().out)
    assert (issued["number"], issued["total"], issued["again"]) == (1, 15000, False)
    assert main(["issue", str(sale), "--data", str(shop), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["again"] is True
    assert main(["status", "--data", str(shop), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["queue"]["issued"] == 1
    program = shutil.which("thungan") or str(Path(__file__).parents[2] / ".venv" / "bin" / "thungan")
    document = subprocess.run(
        [program, "invoice", "xml", issued["code"], "--data", str(shop)], check=True, capture_output=True
    ).stdout
    path = tmp_path / "invoice.xml"
    path.write_bytes(document)
    assert main(["verify", str(path), "--json"]) == 0
    path.write_bytes(document.replace(b"15000", b"15001"))
    assert main(["verify", str(path)]) == 1


def test_status_has_the_keys_of_the_contract(shop: Path, capsys: pytest.CaptureFixture[str]) -> None:
    capsys.readouterr()
    assert main(["status", "--data", str(shop), "--json"]) == 0
    status = json.loads(capsys.readouterr().out)
    assert set(status) == {
        *("register", "seller", "today", "queue", "oldest_unsent", "last_sync", "certificate", "ledger"),
        "alarms",
    }
    assert set(status["queue"]) == {
        *("issued", "packed", "sent", "received", "refused", "held"),
        "ordered",
    }
    assert set(status["certificate"]) == {"subject", "expires"}
    assert set(status["ledger"]) == {"size", "root"}
    assert main(["status", "--data", str(shop)]) == 0
    assert "{" not in capsys.readouterr().out


def test_sync_once_says_no_without_an_authority_and_delivers_with_one(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    shop, sale = tmp_path / "shop", tmp_path / "sale.json"
    sale.write_text(SALE % LINE, "utf-8")
    with RunningSandbox(shop / "sandbox") as sandbox:
        url = sandbox.url
        assert main(["init", "--data", str(shop), "--profile", "demo", "--authority", url]) == 0
        assert main(["issue", str(sale), "--data", str(shop)]) == 0
        capsys.readouterr()
        for _ in range(50):
            assert main(["sync", "--once", "--data", str(shop), "--json"]) == 0
            assert json.loads(capsys.readouterr().out)["problem"] is None
            main(["invoice", "show", "C26MAA-1", "--data", str(shop), "--json"])
            if json.loads(capsys.readouterr().out)["state"] == "accepted":
                break
            time.sleep(0.1)
        else:
            pytest.fail("the invoice was not accepted")
    sale.write_text(SALE.replace("A1", "A2") % LINE, "utf-8")
    assert main(["issue", str(sale), "--data", str(shop)]) == 0
    capsys.readouterr()
    assert main(["sync", "--once", "--data", str(shop)]) == 1
    assert "E-AUT-012: " in capsys.readouterr().err


def test_a_demo_goes_on_in_its_folder_and_in_no_other(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "demo"
    for _ in range(2):
        code = main(["demo", "--data", str(folder), "--sales", "2", "--json"])
        summary = json.loads(capsys.readouterr().out)
        assert (code, summary["accepted"]) == (0, 2), summary
    shop = tmp_path / "shop"
    assert main(["init", "--data", str(shop)]) == 0
    assert main(["demo", "--data", str(shop)]) == 2
    assert capsys.readouterr().err.startswith("E-AGT-002: ")


def test_decode_and_its_exit_codes(capsys: pytest.CaptureFixture[str]) -> None:
    receipt = DATA / "receipts" / "000-sale-two-line-utf-8-32.prn"
    assert main(["decode", str(receipt), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["total"] == 2113000
    assert main(["decode", str(DATA / "receipts_other" / "037-broken-x-tcvn3-42.prn")]) == 2


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (["issue", "nowhere.json"], "E-AGT-001"),
        (["decode", "nowhere.prn"], "E-AGT-003"),
        (["verify", "nowhere.xml"], "E-AGT-003"),
    ],
)
def test_errors_say_what_to_do(
    words: list[str], code: str, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    assert main([*words, "--data", str(tmp_path)]) == 2
    assert capsys.readouterr().err.startswith(f"{code}: ")


@pytest.mark.parametrize("command", COMMANDS)
def test_help_has_an_example(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main([command, "--help"])
    assert ended.value.code == 0
    assert f"example: thungan {command}" in capsys.readouterr().out


def test_demo(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["demo", "--sales", "6", "--json"]) == 0
    summary = json.loads(capsys.readouterr().out)
    assert [summary[key] for key in ("sales", "invoices", "accepted", "refused")] == [6, 6, 6, 0]
    assert summary["ledger"]["verified"] is True


def test_an_invoice_is_printed_held_and_released(
    shop: Path, capsysbinary: pytest.CaptureFixture[bytes], tmp_path: Path
) -> None:
    sale, folder = tmp_path / "sale.json", ["--data", str(shop)]
    sale.write_text(SALE % LINE, "utf-8")
    assert main(["issue", str(sale), *folder]) == 0
    capsysbinary.readouterr()
    assert main(["invoice", "html", "C26MAA-1", "--size", "80mm", *folder]) == 0
    assert "Đá viên".encode() in capsysbinary.readouterr().out
    pdf = tmp_path / "invoice.pdf"
    assert main(["invoice", "pdf", "C26MAA-1", "-o", str(pdf), *folder]) == 0
    assert pdf.read_bytes().startswith(b"%PDF-")
    assert main(["invoice", "pdf", "C26MAA-1", "-o", str(tmp_path), *folder]) == 2
    assert main(["invoice", "hold", "C26MAA-1", *folder]) == 2
    assert main(["invoice", "hold", "C26MAA-1", "--reason", "chờ khách", *folder]) == 0
    assert main(["invoice", "hold", "C26MAA-1", "--reason", "chờ khách", *folder]) == 2
    assert main(["invoice", "release", "C26MAA-1", *folder]) == 0
    assert main(["invoice", "release", "C26MAA-2", *folder]) == 2


def test_keys_are_checked_and_imported(
    shop: Path, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    capsys.readouterr()
    assert main(["keys", "check", "--data", str(shop), "--json"]) == 0
    described = json.loads(capsys.readouterr().out)
    assert described["days_left"] >= 364
    assert "MST:0409990010" in described["subject"]
    copy = tmp_path / "second.p12"
    shutil.copy(shop / "keys" / "seller.p12", copy)
    phrase = ["--passphrase", f"file:{shop}/keys/passphrase"]
    assert main(["keys", "import", str(copy), "--data", str(shop), *phrase]) == 0
    assert main(["keys", "import", str(copy), "--data", str(shop), *phrase]) == 2
    copy = copy.rename(tmp_path / "third.p12")
    copy.write_bytes(b"no key")
    assert main(["keys", "import", str(copy), "--data", str(shop), *phrase]) != 0
    assert not (shop / "keys" / "third.p12").exists()
    (shop / "keys" / "seller.p12").unlink()
    assert main(["keys", "check", "--data", str(shop)]) == 1


def test_profiles_are_tested_and_learned(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    samples = [str(path) for path in sorted((DATA / "receipts").glob("*.prn"))[:4]]
    assert main(["profile", "test", *samples]) == 0
    assert capsys.readouterr().out.count("as wanted") == 4
    learned = tmp_path / "shop.toml"
    assert main(["profile", "learn", *samples, "-o", str(learned)]) == 0
    assert main(["profile", "test", "--profile", str(learned), *samples]) == 0
    assert main(["profile", "test", str(DATA / "receipts_other" / "037-broken-x-tcvn3-42.prn")]) == 1
    assert main(["profile", "test", "--profile", "nowhere.toml", *samples]) == 2
    assert main(["profile", "test", str(learned), *samples]) == 0
    assert main(["profile", "test", str(learned), str(DATA / "receipts" / "00*.prn")]) == 0
    assert main(["profile", "test", str(DATA / "receipts_other")]) == 1  # one agrees with itself, wrongly
    assert "018-broken-x-tcvn3-48.prn: sale 26,000 NOT as wanted" in capsys.readouterr().out
    assert main(["profile", "test", str(learned)]) == 2


def test_a_correction_is_shown_before_it_is_issued(
    shop: Path, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    sale, folder = tmp_path / "sale.json", ["--data", str(shop)]
    sale.write_text(SALE % LINE, "utf-8")
    assert main(["issue", str(sale), *folder]) == 0
    refund = tmp_path / "refund.json"
    refund.write_text(f'{{"kind": "refund", "total": 15000, "lines": [{LINE}]}}', "utf-8")
    words = ["invoice", "adjust", "C26MAA-1", "--sale", str(refund), "--reason", "khách trả hàng", *folder]
    capsys.readouterr()
    assert main(words) == 0
    shown = capsys.readouterr().out
    assert "total -15,000 VND (Âm mười lăm nghìn đồng)" in shown
    assert "nothing is issued yet" in shown
    assert main([*words, "--yes", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["total"] == -15_000
    assert main([*words, "--yes"]) == 2
    assert capsys.readouterr().err.startswith("E-INV-009: ")
    assert main(["invoice", "replace", "C26MAA-1", "--sale", str(sale), "--reason", "x", *folder]) == 2
    assert main(["invoice", "adjust", "C26MAA-1", "--sale", "nowhere.json", "--reason", "x", *folder]) == 2


def test_the_buyer_may_come_after_the_sale(
    shop: Path, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    sale, buyer, folder = tmp_path / "sale.json", tmp_path / "buyer.json", ["--data", str(shop)]
    sale.write_text(SALE % LINE, "utf-8")
    buyer.write_text('{"name": "CÔNG TY MẪU", "tax_code": "0107001729", "address": "Hà Nội"}', "utf-8")
    assert main(["issue", str(sale), *folder]) == 0
    words = ["invoice", "replace", "C26MAA-1", "--buyer", str(buyer), "--reason", "thêm người mua", *folder]
    assert main([*words, "--yes"]) == 0
    capsys.readouterr()
    assert main(["invoice", "xml", "C26MAA-2", *folder]) == 0
    document = capsys.readouterr().out
    assert "<MST>0107001729</MST>" in document
    assert "<TgTTTBSo>15000</TgTTTBSo>" in document


def test_numbers_are_taken_over_before_the_first_invoice(
    shop: Path, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    sale, folder = tmp_path / "sale.json", ["--data", str(shop)]
    sale.write_text(SALE % LINE, "utf-8")
    assert main(["numbers", "take-over", *folder]) == 2
    assert main(["numbers", "take-over", "--last", "1234", *folder]) == 0
    assert main(["issue", str(sale), *folder]) == 0
    assert main(["numbers", "take-over", "--last", "2000", *folder]) == 2
    capsys.readouterr()
    assert main(["numbers", "show", "--json", *folder]) == 0
    assert json.loads(capsys.readouterr().out)["number:1:C26MAA"] == 1235


def test_a_person_decides_what_a_capture_was(
    shop: Path, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    broken = (DATA / "receipts_other" / "037-broken-x-tcvn3-42.prn").read_bytes()
    daemon = Daemon(load_config(shop))
    for _ in range(2):
        daemon.till.take("test", Captured(broken, "cut"))
    daemon.stop()
    sale, folder = tmp_path / "sale.json", ["--data", str(shop)]
    sale.write_text(SALE % LINE, "utf-8")
    words = ["quarantine", "resolve", "1", *folder]
    assert main(["quarantine", "list", *folder]) == 3
    assert main([*words, "--reason", "đọc từ giấy"]) == 2
    assert main([*words, "--sale", str(sale)]) == 2
    assert main([*words, "--sale", str(sale), "--reason", "đọc từ giấy"]) == 0
    assert main([*words, "--sale", str(sale), "--reason", "lần nữa"]) == 2
    assert main(["quarantine", "resolve", "2", "--no-sale", "--reason", "in thử", *folder]) == 0
    assert main(["quarantine", "resolve", "9", "--no-sale", "--reason", "in thử", *folder]) == 2
    assert main(["quarantine", "list", *folder]) == 0
    capsys.readouterr()
    assert main(["invoice", "show", "C26MAA-1", "--json", *folder]) == 0
    assert json.loads(capsys.readouterr().out)["total"] == 15_000
