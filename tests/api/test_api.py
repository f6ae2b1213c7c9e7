"""The API over a real socket: sell once and only once, look, correct, watch; and what is refused."""

from __future__ import annotations

import base64
import json
import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import httpx
import pytest
from api_shop import SALE, Api, end, receipt, sell, serve

from agent.api.limits import Bucket
from agent.api.selling import buyer_span
from agent.api.tokens import Scope, Tokens
from agent.cli import main
from audit.ledger_check import check_ledger
from outbox.store import open_reader


def count(folder: Path, table: str) -> int:
    connection = open_reader(folder / "thungan.db")
    try:
        return int(connection.execute(f"SELECT COUNT(*) FROM {table}").fetchone()[0])  # noqa: S608
    finally:
        connection.close()


# Selling


def test_a_sale_is_answered_with_all_that_a_receipt_needs(api: Api) -> None:
    answer = sell(api.client(Scope.SELL), SALE)
    assert answer.status_code == 201
    said = answer.json()
    invoice = said["invoice"]
    assert (invoice["number"], invoice["total"], invoice["symbol"]) == (1, 50_000, "C26MAA")
    assert invoice["code"].startswith("M1-26-SHNDN-")
    block = base64.b64decode(said["printable"]["escpos"])
    assert invoice["code"].encode() in block
    assert said["qr"].encode() in block
    assert said["printable"]["text"][0].endswith(invoice["code"])


def test_the_same_key_has_the_same_answer_and_one_invoice(api: Api) -> None:
    client = api.client(Scope.SELL)
    first, second = (sell(client, SALE, "key-1") for _ in range(2))
    assert first.content == second.content
    assert "idempotency-replayed" not in first.headers
    assert second.headers["idempotency-replayed"] == "true"
    assert count(api.folder, "invoice") == count(api.folder, "capture") == 1


def test_many_at_once_with_one_key_make_one_invoice(api: Api) -> None:
    client, answers = api.client(Scope.SELL), []
    threads = [threading.Thread(target=lambda: answers.append(sell(client, SALE, "k"))) for _ in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len({answer.content for answer in answers}) == 1
    assert {answer.status_code for answer in answers} == {201}
    assert count(api.folder, "invoice") == 1


def test_a_key_belongs_to_its_request_and_its_token(api: Api) -> None:
    one, other = api.client(Scope.SELL), api.client(Scope.SELL)
    assert sell(one, receipt(1), "k").status_code == 201
    again = sell(one, receipt(2), "k")
    assert (again.status_code, again.json()["title"]) == (422, "E-OUT-040")
    assert sell(other, receipt(2), "k").json()["invoice"]["number"] == 2


def test_one_receipt_under_two_keys_is_one_sale(api: Api) -> None:
    """A till that lost its keys asks anew: number, time and goods say that it is the same sale."""
    client = api.client(Scope.SELL)
    first, second = sell(client, SALE).json(), sell(client, SALE).json()
    assert first["invoice"] == second["invoice"]
    assert (first["already_issued"], second["already_issued"]) == (False, True)


def test_a_key_of_a_refused_sale_is_still_free(api: Api) -> None:
    client = api.client(Scope.SELL)
    wrong = sell(client, {**SALE, "total": 49_000}, "k")
    assert (wrong.status_code, wrong.headers["content-type"]) == (422, "application/problem+json")
    assert wrong.json()["title"].startswith("E-INV-")
    assert set(wrong.json()["advice"]) == {"vi", "en"}
    assert count(api.folder, "capture") == 0
    assert sell(client, SALE, "k").status_code == 201


def test_the_answer_outlives_a_crash(tmp_path: Path) -> None:
    """SIGKILL after the commit, before the answer: the same key gives the answer that never came."""
    folder = tmp_path / "shop"
    assert main(["init", "--profile", "demo", "--data", str(folder)]) == 0
    config = folder / "config.toml"
    config.write_text(config.read_text("utf-8").replace("port = 8380", "port = 0"), "utf-8")
    word = Tokens(folder).make("till", [Scope.SELL], 600, "2026-11-24T00:00:00.000Z")
    daemon = subprocess.Popen(
        [sys.executable, "-c", CRASHING, str(folder)],
        cwd=Path(__file__).parent,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parent)},
        stdout=subprocess.PIPE,
        text=True,
    )
    assert daemon.stdout is not None
    with daemon.stdout:
        url = daemon.stdout.readline().strip()
        headers = {"Authorization": f"Bearer {word}", "Idempotency-Key": "k"}
        with pytest.raises(httpx.TransportError):
            httpx.post(f"{url}/v1/sales", json=SALE, headers=headers, timeout=60)
        assert daemon.wait(60) == -signal.SIGKILL
    again = serve(folder)
    try:
        answer = httpx.post(f"{again.url}/v1/sales", json=SALE, headers=headers, timeout=60)
        assert (answer.status_code, answer.headers["idempotency-replayed"]) == (201, "true")
        assert answer.json()["invoice"]["number"] == 1
        assert count(folder, "invoice") == 1
    finally:
        end(again)


CRASHING = """
import os, signal, sys, threading
from pathlib import Path
from api_shop import serve
from outbox import store

api = serve(Path(sys.argv[1]))
print(api.url, flush=True)

def crash(name):  # from now on: what the daemon wrote at its start is no sale
    if name == "store.after-commit":
        os.kill(os.getpid(), signal.SIGKILL)

store.crash_point = crash
threading.Event().wait()
"""


def test_what_was_sent_is_stored_and_the_ledger_verifies(api: Api) -> None:
    from agent.parts import ledger_key

    buyer = {"name": "Nguyễn Thị An", "citizen_id": "048180001234", "address": "1 Lê Lợi, Đà Nẵng"}
    assert sell(api.client(Scope.SELL), {**SALE, "buyer": buyer}).status_code == 201
    api.daemon.checkpoint()
    connection = open_reader(api.folder / "thungan.db")
    try:
        row = connection.execute("SELECT source, data, state, private FROM capture").fetchone()
        assert row["source"].startswith("api:")
        assert json.loads(row["data"])["buyer"] == buyer
        ((first, last),) = json.loads(row["private"])
        assert json.loads(bytes(row["data"])[first:last]) == buyer
        report = check_ledger(connection, ledger_key(api.folder).public_key())
        assert report.verified, report.problems
    finally:
        connection.close()


@pytest.mark.parametrize(
    ("body", "found"),
    [
        (b'{"buyer":{"name":"A"},"total":1}', b'{"name":"A"}'),
        (b'\xef\xbb\xbf { "total" : 1 , "buyer" : {"name":"\xc4\x90"} }', b'{"name":"\xc4\x90"}'),
        (b'{"lines":[{"buyer":1}],"buyer":null}', None),
        (b"{}", None),
    ],
)
def test_where_the_buyer_stands(body: bytes, found: bytes | None) -> None:
    span = buyer_span(body)
    assert (body[slice(*span)] if span else None) == found


# Looking and correcting


def test_search_show_and_papers(api: Api) -> None:
    client = api.client()
    for number in range(1, 6):
        assert sell(client, receipt(number)).status_code == 201
    page = client.get("/v1/invoices", params={"limit": 2}).json()
    rest = client.get("/v1/invoices", params={"limit": 3, "before": page["next"]}).json()
    assert [one["number"] for one in page["invoices"] + rest["invoices"]] == [5, 4, 3, 2, 1]
    assert rest["next"] is None
    assert client.get("/v1/invoices", params={"q": "HD000003"}).json()["invoices"][0]["number"] == 3
    shown = client.get("/v1/invoices/C26MAA-3").json()
    assert shown["history"][-1]["kind"] == "invoice.issued"
    assert client.get(f"/v1/invoices/{shown['code']}").json()["id"] == shown["id"]
    assert b"<HDon>" in client.get("/v1/invoices/C26MAA-3/xml").content
    assert client.get("/v1/invoices/C26MAA-3/pdf", params={"size": "80mm"}).content.startswith(b"%PDF")
    assert "C26MAA" in client.get("/v1/invoices/C26MAA-3/html").text
    assert client.get("/v1/invoices/C26MAA-3/proof").json()
    assert client.get("/v1/invoices/C26MAA-99").status_code == 404
    assert client.get("/v1/invoices/C26MAA-3/nothing").status_code == 404
    assert client.get("/v1/status").json()["today"]["sales"] >= 0


def test_figures_for_prometheus(api: Api) -> None:
    client = api.client()
    assert sell(client, SALE).status_code == 201
    answer = client.get("/v1/metrics")
    assert answer.headers["content-type"].startswith("text/plain; version=0.0.4")
    figures = dict(line.rsplit(" ", 1) for line in answer.text.splitlines() if not line.startswith("#"))
    assert figures['thungan_invoices{state="issued"}'] == "1"
    assert float(figures["thungan_ledger_entries"]) > 1
    assert 'thungan_alarm{code="set-up"}' in figures  # there is no authority here
    assert all(float(value) >= 0 for value in figures.values())
    helped = [line.split()[2] for line in answer.text.splitlines() if line.startswith("# HELP")]
    assert len(helped) == len(set(helped))


def test_a_correction_is_shown_then_issued_once(api: Api) -> None:
    client = api.client()
    assert sell(client, SALE).status_code == 201
    asked = {"how": "replace", "reason": "sai số lượng", "sale": {**SALE, "total": 25_000}}
    asked["sale"] |= {"lines": [{"name": "Cà phê sữa đá", "amount": 25_000}], "payments": []}
    where = "/v1/invoices/C26MAA-1/corrections"
    shown = client.post(where, json={**asked, "preview": True})
    assert (shown.status_code, shown.json()["total"]) == (200, 25_000)
    assert count(api.folder, "invoice") == 1
    assert client.post(where, json=asked).json()["title"] == "E-API-004"
    done = [client.post(where, json=asked, headers={"Idempotency-Key": "c"}) for _ in range(2)]
    assert [answer.status_code for answer in done] == [201, 201]
    assert done[0].content == done[1].content
    assert count(api.folder, "invoice") == 2
    refused = client.post(where, json={**asked, "reason": "lần nữa"}, headers={"Idempotency-Key": "d"})
    assert refused.status_code == 422
    assert client.post(where, json={"how": "cancel", "reason": "x"}).status_code == 400


def test_events_are_resumed_where_they_were_left(api: Api) -> None:
    client = api.client()

    def listen(last: str | None, until: int) -> list[tuple[str, str]]:
        headers = {"Last-Event-ID": last} if last else {}
        found: list[tuple[str, str]] = []
        with client.stream("GET", "/v1/events", headers=headers) as stream:
            place = ""
            for line in stream.iter_lines():
                if line.startswith("id: "):
                    place = line.removeprefix("id: ")
                if line == "event: invoice.issued":
                    found.append((place, line))
                    if len(found) == until:
                        break
        return found

    assert sell(client, receipt(1)).status_code == 201
    ((place, _),) = listen("0", 1)
    assert sell(client, receipt(2)).status_code == 201
    assert sell(client, receipt(3)).status_code == 201
    assert len(listen(place, 2)) == 2


# Who may what


def test_scopes_and_tokens(api: Api) -> None:
    seller, reader = api.client(Scope.SELL), api.client(Scope.READ)
    assert sell(reader, SALE).json()["title"] == "E-API-002"
    assert sell(seller, SALE).status_code == 201
    assert seller.get("/v1/invoices/C26MAA-1").status_code == 200
    assert seller.get("/v1/invoices").status_code == 403
    assert seller.get("/v1/events").status_code == 403
    assert reader.get("/v1/invoices").status_code == 200
    for headers in ({}, {"Authorization": "Bearer thg_no"}, {"Authorization": "Basic eDp5"}):
        refused = httpx.get(f"{api.url}/v1/status", headers=headers)
        assert (refused.status_code, refused.json()["title"]) == (401, "E-API-001")
        assert "Bearer" in refused.headers["www-authenticate"]


def test_a_revoked_token_ends_at_once(api: Api) -> None:
    word = Tokens(api.folder).make("POS1", [Scope.READ], 600, "now")
    headers = {"Authorization": f"Bearer {word}"}
    assert httpx.get(f"{api.url}/v1/status", headers=headers).status_code == 200
    assert main(["token", "revoke", "POS1", "--data", str(api.folder)]) == 0
    assert httpx.get(f"{api.url}/v1/status", headers=headers).status_code == 401


def test_the_token_command(api: Api, capsys: pytest.CaptureFixture[str]) -> None:
    data = ["--data", str(api.folder)]
    assert main(["token", "new", "POS 1", "--scope", "sell", "--scope", "read", "--json", *data]) == 0
    made = json.loads(capsys.readouterr().out)
    assert made["token"].startswith("thg_")
    assert made["token"] not in (api.folder / "keys/api-tokens.json").read_text()
    assert main(["token", "list", *data]) == 0
    assert "sell,read" in capsys.readouterr().out
    assert main(["token", "new", "POS 1", *data]) == 2
    assert main(["token", "revoke", "POS 2", *data]) == 2
    assert "E-API-006" in capsys.readouterr().err


def test_a_token_has_a_pace(api: Api) -> None:
    client = api.client(Scope.READ, per_minute=5)
    answers = [client.get("/v1/status") for _ in range(7)]
    late = next(answer for answer in answers if answer.status_code == 429)
    assert int(late.headers["retry-after"]) >= 1
    assert late.json()["title"] == "E-API-003"


def test_guessing_is_slow_for_everybody(api: Api) -> None:
    guess = {"Authorization": "Bearer x"}
    with httpx.Client(base_url=api.url, headers=guess) as client:
        codes = {client.get("/v1/status").status_code for _ in range(300)}
    assert codes == {401, 429}
    assert api.client().get("/v1/status").status_code == 200, "who has a token is not held up"


def test_a_bucket_fills_evenly() -> None:
    bucket = Bucket(120)
    assert sum(bucket.take(0.0) == 0 for _ in range(200)) == 120
    assert sum(bucket.take(30.0) == 0 for _ in range(200)) == 60
    assert bucket.take(30.0) == 1


@pytest.mark.parametrize(
    ("headers", "body", "status"),
    [
        ({"Idempotency-Key": "k"}, b"{}", 415),
        ({"Idempotency-Key": "k", "Content-Type": "application/json"}, b"no json", 422),
        ({"Idempotency-Key": "k", "Content-Type": "application/json"}, b"[]", 422),
        ({"Idempotency-Key": "k", "Content-Type": "application/json"}, b"\xff", 422),
        ({"Idempotency-Key": "k", "Content-Type": "application/json"}, b"[" * 100_000, 422),
        ({"Content-Type": "application/json"}, b"{}", 400),
        ({"Idempotency-Key": "x" * 201, "Content-Type": "application/json"}, b"{}", 400),
        ({"Idempotency-Key": "k", "Content-Type": "application/json"}, b" " * 1_100_000, 413),
        (
            {"Idempotency-Key": "k", "Content-Type": "application/json", "Origin": "http://evil.example"},
            b"{}",
            403,
        ),
        ({"Idempotency-Key": "k", "Content-Type": "application/json", "Host": "evil.example"}, b"{}", 421),
    ],
)
def test_wrong_requests(api: Api, headers: dict[str, str], body: bytes, status: int) -> None:
    answer = api.client().post("/v1/sales", content=body, headers=headers)
    assert answer.status_code == status, answer.text
    assert count(api.folder, "invoice") == 0


def test_a_session_of_the_page_is_no_token(api: Api) -> None:
    assert httpx.get(f"{api.url}/v1/status", cookies={"thungan": "x"}).status_code == 401


def test_the_docs_need_no_token_and_name_everything(api: Api) -> None:
    described = httpx.get(f"{api.url}/v1/openapi.json").json()
    page = httpx.get(f"{api.url}/v1/docs")
    assert page.status_code == 200
    for path in described["paths"]:
        assert path in page.text
    assert httpx.get(f"{api.url}/v1/nothing").status_code == 404
