"""The sandbox's VNPT by itself: spoken to by a client of others' making, and by hand."""

import base64
import json
import shutil
import socket
import ssl
import urllib.request
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

import pytest
from lxml import etree
from provider_orders import TAX_CODE, today

from authority.https_line import HttpAnswer, HttpsLine
from authority.sandbox.faults import FaultPlan
from authority.sandbox.provider_account import ProviderAccount
from authority.sandbox.provider_server import RunningProvider
from authority.sandbox.vnpt.operations import OPERATIONS, SERVICES
from authority.sandbox.vnpt.terms import VnptSettings
from signing.verify import verify_document

SERIAL = f"C{today():%y}MAA"
DAY = f"{today():%d/%m/%Y}"
LINE = (
    "<Product><ProdName>Cà phê</ProdName><ProdUnit>Ly</ProdUnit><ProdQuantity>2</ProdQuantity>"
    "<ProdPrice>25000</ProdPrice><Total>50000</Total><VATRate>10</VATRate><VATAmount>5000</VATAmount>"
    "<Amount>55000</Amount><IsSum>0</IsSum></Product>"
)


def invoice(key: str = "k1", lines: str = LINE, day: str = DAY, **changes: str) -> str:
    sums = {"Total": "50000", "VATAmount": "5000", "Amount": "55000", "AmountInWords": "Năm mươi lăm nghìn"}
    written = "".join(f"<{name}>{value}</{name}>" for name, value in {**sums, **changes}.items())
    return (
        f"<Inv><key>{key}</key><Invoice><CusName>Khách lẻ</CusName><PaymentMethod>TM</PaymentMethod>"
        f"<ArisingDate>{day}</ArisingDate><Products>{lines}</Products>{written}</Invoice></Inv>"
    )


def invoices(*written: str) -> str:
    return f"<Invoices>{''.join(written)}</Invoices>"


class Client:
    """Speaks the wire and nothing else."""

    def __init__(self, running: RunningProvider) -> None:
        self.running = running
        self.line = HttpsLine(ca=running.ca)

    def post(self, service: str, body: str, action: str | None, kind: str = "text/xml") -> HttpAnswer:
        headers = {"Content-Type": kind} | ({} if action is None else {"SOAPAction": action})
        return self.line.request(
            "POST", f"{self.running.url}/{service}.asmx", content=body.encode(), headers=headers
        )

    def call(self, name: str, **given: str) -> str:
        """The result of a call; both accounts are given where it takes them."""
        operation = OPERATIONS[name]
        usual = dict.fromkeys(("Account", "account", "ACpass", "accPass", "username", "userName"), "sandbox")
        usual |= dict.fromkeys(("password", "pass", "userPass"), "sandbox") | {"convert": "0"}
        usual |= {"pattern": "1/001", "serial": SERIAL, "relatedInvType": "3"}
        inside = "".join(
            f"<{part}>{escape(str({**usual, **given}[part]))}</{part}>"
            for part in operation.parameters
            if part in {**usual, **given}
        )
        body = f"<{name} xmlns='http://tempuri.org/'>{inside}</{name}>"
        answer = self.post(operation.service, enveloped(body), action(name))
        assert answer.status == 200, answer.body
        result = etree.fromstring(answer.body).find(f".//{{http://tempuri.org/}}{name}Result")
        assert result is not None
        return result.text or ""

    def publish(self, *written: str, **given: str) -> str:
        return self.call("ImportAndPublishInvMTT", **{"xmlInvData": invoices(*written), **given})

    def issued(self) -> list[tuple[str, int]]:
        return [(one.key, one.number) for one in self.running.served.issued()]


def action(name: str) -> str:
    return f'"http://tempuri.org/{name}"'


def enveloped(body: str, version: str = "http://schemas.xmlsoap.org/soap/envelope/") -> str:
    return f'<s:Envelope xmlns:s="{version}"><s:Body>{body}</s:Body></s:Envelope>'


Open = Callable[..., Client]


@pytest.fixture
def client(sandbox_folder: Path, tmp_path: Path) -> Iterator[Open]:
    opened: list[Client] = []

    def make(
        faults: str = "", account: ProviderAccount | None = None, switches: VnptSettings | None = None
    ) -> Client:
        folder = tmp_path / str(len(opened))
        folder.mkdir()
        for file in sandbox_folder.iterdir():
            shutil.copy2(file, folder)
        known = account or ProviderAccount(tax_code=TAX_CODE)
        running = RunningProvider(
            "vnpt", folder, account=known, faults=FaultPlan.parse(faults), settings=switches
        )
        opened.append(Client(running))
        return opened[-1]

    yield make
    for one in opened:
        one.line.close()
        one.running.stop()


def test_a_client_made_from_its_description_can_sell(client: Open) -> None:
    """zeep knows nothing of ours: it reads the WSDL, and speaks SOAP 1.1 by it."""
    import requests
    import zeep
    from zeep.transports import Transport

    running = client().running
    with requests.Session() as session:
        session.verify, session.trust_env = str(running.ca), False  # else a variable of the machine wins
        services = {
            name: zeep.Client(f"{running.url}/{name}.asmx?WSDL", transport=Transport(session=session)).service
            for name in SERVICES
        }
        login = {"Account": "sandbox", "ACpass": "sandbox", "username": "sandbox", "password": "sandbox"}
        series = {"pattern": "1/001", "serial": SERIAL}
        said = services["PublishService"].ImportAndPublishInvMTT(
            **login, **series, xmlInvData=invoices(invoice("a"), invoice("b")), convert=0
        )
        code = f"M1-{today():%y}-SHNDN-0000000000"
        assert said == f"OK:1/001;{SERIAL}-a_1_{code}1,b_2_{code}2"
        xml = services["PortalService"].downloadInvFkeyNoPay("b", "sandbox", "sandbox")
        assert "<SHDon>2</SHDon>" in xml
        codes = services["PublishService"].GetMCCQThueByFkeysNoXMLSign(
            **login, pattern="1/001", fkeys="a;b;c"
        )
        assert base64.b64decode(codes).count(b"<Fkey>") == 2
        sent = services["BusinessService"].SendInvMTT(**login, **series, fkey="a")
        assert sent == f"OK:1/001;{SERIAL}-a_1_{code}1"


def test_its_papers_are_signed(client: Open) -> None:
    one = client()
    one.publish(invoice())
    xml = one.call("downloadInvFkey", fkey="k1").encode()
    [signature] = verify_document(xml).signatures
    assert (signature.valid, signature.covers, signature.tax_code) == (True, "/HDon/DLHDon", TAX_CODE)
    for name in ("downloadInvPDFFkey", "downloadInvPDFFkeyNoPay", "downloadNewInvPDFFkey"):
        assert base64.b64decode(one.call(name, fkey="k1")).startswith(b"%PDF")


@pytest.mark.parametrize(
    ("body", "header", "code", "words"),
    [
        ("", None, "Client", "SOAPAction"),
        ("", "http://tempuri.org/ImportAndPublishInv", "Client", "SOAPAction"),
        ("", '"http://tempuri.org/downloadInvFkey"', "Client", "SOAPAction"),
        ("no xml", action("SendInvMTT"), "Client", "read request"),
        ("<!DOCTYPE a []><a/>", action("SendInvMTT"), "Client", "DTD"),
        (enveloped("", "http://www.w3.org/2003/05/soap-envelope"), action("SendInvMTT"), "Version", "1.1"),
        (enveloped(""), action("SendInvMTT"), "Client", "one SendInvMTT"),
        (enveloped("<SendInvMTT/>"), action("SendInvMTT"), "Client", "one SendInvMTT"),
        (
            enveloped("<SendInvMTT xmlns='http://tempuri.org/'><who/></SendInvMTT>"),
            action("SendInvMTT"),
            "Client",
            "does not take",
        ),
        (
            enveloped("<AdjustInvMTT xmlns='http://tempuri.org/'><convert>x</convert></AdjustInvMTT>"),
            action("AdjustInvMTT"),
            "Client",
            "convert",
        ),
    ],
)
def test_what_is_no_call_is_a_fault(
    client: Open, body: str, header: str | None, code: str, words: str
) -> None:
    answer = client().post("BusinessService", body, header)
    assert answer.status == 500
    fault = etree.fromstring(answer.body).find(".//{*}Fault")
    assert fault is not None
    assert code in (fault.findtext("faultcode") or "")
    assert words in (fault.findtext("faultstring") or "")


def test_other_content_and_other_places_are_refused(client: Open) -> None:
    one = client()
    assert (
        one.post("BusinessService", enveloped(""), action("SendInvMTT"), "application/soap+xml").status == 415
    )
    assert one.line.request("POST", f"{one.running.url}/OtherService.asmx", content=b"").status == 404
    page = one.line.request("GET", f"{one.running.url}/PublishService.asmx")
    assert b"?wsdl" in page.body


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("", "ERR:3"),
        ("<Invoices/>", "ERR:3"),
        ("<Other/>", "ERR:3"),
        (invoices(invoice(Total="49999")), "ERR:3"),
        (invoices(invoice(VATAmount="5001")), "ERR:3"),
        (invoices(invoice(Amount="55001")), "ERR:3"),
        (invoices(invoice(AmountInWords="")), "ERR:3"),
        (invoices(invoice(AmountInWords="Âm năm mươi lăm nghìn")), "ERR:3"),
        (invoices(invoice(Strange="1")), "ERR:3"),
        (invoices(invoice(lines=LINE.replace("25000", "24000"))), "ERR:3"),
        (invoices(invoice(lines=LINE.replace("<VATRate>10</VATRate>", ""))), "ERR:3"),
        (invoices(invoice(lines=LINE.replace("<VATRate>10<", "<VATRate>8<"))), "ERR:3"),
        (invoices(invoice(lines=LINE.replace("<VATAmount>5000<", "<VATAmount>4000<"))), "ERR:3"),
        (invoices(invoice(lines=LINE.replace("<IsSum>0", "<IsSum>7"))), "ERR:3"),
        (invoices(invoice(lines=LINE.replace("50000", "5e4"))), "ERR:3"),
        (invoices(invoice(lines=LINE.replace("50000", "50000.5"))), "ERR:3"),
        (invoices(invoice(lines="")), "ERR:3"),
        (invoices(invoice("k_1")), "ERR:3"),
        (invoices(invoice(day="2026-11-23")), "ERR:3"),
        (invoices(invoice(CurrencyUnit="USD")), "ERR:15"),
        (invoices(invoice(lines=LINE.replace("Cà phê", "x" * 501))), "ERR:22"),
        (invoices(invoice(), invoice()), "ERR:13"),
        (invoices(invoice(day=f"{today() + timedelta(days=1):%d/%m/%Y}")), "ERR:15"),
        (invoices(invoice("b"), invoice("a", day=f"{today() - timedelta(days=1):%d/%m/%Y}")), "ERR:30"),
        (invoices(*(invoice(f"k{n}") for n in range(5))), "ERR:10"),
    ],
)
def test_it_is_strict_and_a_batch_is_taken_whole_or_not_at_all(client: Open, written: str, said: str) -> None:
    one = client(switches=VnptSettings(batch=4))
    result = one.call("ImportAndPublishInvMTT", xmlInvData=written)
    assert result.split(" ")[0] == said
    assert not one.issued()
    assert one.publish(invoice()).startswith("OK:")


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"password": "other"}, "ERR:7"),
        ({"username": "other"}, "ERR:7"),
        ({"ACpass": "other"}, "ERR:1"),
        ({"pattern": "2/002"}, "ERR:20"),
        ({"serial": "C26TAA"}, "ERR:20"),
        ({"serial": ""}, "ERR:35"),
    ],
)
def test_accounts_and_series_are_checked(client: Open, given: dict[str, Any], said: str) -> None:
    assert client().publish(invoice(), **given).split(" ")[0] == said


def test_numbers_end_with_the_series(client: Open) -> None:
    one = client(account=ProviderAccount(series={SERIAL: 2}))
    assert one.publish(invoice("a"), invoice("b"), invoice("c")) == "ERR:6"
    assert one.publish(invoice("a"), invoice("b")).startswith("OK:")
    assert one.publish(invoice("c")) == "ERR:6"
    assert one.publish(invoice("c"), serial="C26MZZ").startswith("ERR:20")


def test_storing_and_issuing_are_two_steps(client: Open) -> None:
    one = client()
    assert one.call("ImportInvByPatternMTT32", xmlInvData=invoices(invoice())) == f"OK:1/001;{SERIAL}-k1"
    assert one.call("downloadInvFkey", fkey="k1") == "ERR:6"
    assert one.publish(invoice()).startswith("ERR:13")
    assert one.call("SendInvMTT", fkey="k2").startswith("ERR:6")
    assert one.call("SendInvMTT", fkey="k1").startswith(f"OK:1/001;{SERIAL}-k1_1_")
    assert one.issued() == [("k1", 1)]


def test_an_original_is_corrected_once_in_each_way(client: Open) -> None:
    one = client()
    one.publish(invoice())
    inner = invoice("k2").removeprefix("<Inv><key>k2</key><Invoice>").removesuffix("</Invoice></Inv>")

    def correct(name: str, root: str, key: str, kind: str = "", **given: str) -> str:
        head = f"<key>{key}</key><LDo>Sai</LDo>" + (f"<Type>{kind}</Type>" if kind else "")
        given = {"fkey": "k1", "AttachFile": "", "OldPattern": "1/001", **given}
        return one.call(name, xmlInvData=f"<{root}>{head}{inner}</{root}>", **given)

    assert correct("ReplaceInvMTT", "AdjustInv", "k2").startswith("ERR:3")
    assert correct("AdjustInvMTT", "AdjustInv", "k2", "3").startswith("ERR:3")
    assert correct("AdjustInvMTT", "AdjustInv", "k2", "4").startswith("ERR:3")
    assert correct("AdjustInvMTT", "AdjustInv", "k2", "9").startswith("ERR:3")
    assert correct("ReplaceInvMTT", "ReplaceInv", "k2", fkey="k9").startswith("ERR:2")
    assert correct("ReplaceInvMTT", "ReplaceInv", "k2", OldPattern="2/001") == "ERR:19"
    assert correct("AdjustInvMTT", "AdjustInv", "k2", "2").startswith("OK:")
    assert correct("AdjustInvMTT32", "AdjustInv", "k3", "2").startswith("OK:")
    assert correct("ReplaceInvMTT", "ReplaceInv", "k4") == "ERR:8"
    assert correct("ReplaceInvMTT", "ReplaceInv", "k1").startswith("ERR:13")


def test_what_it_issued_can_be_seen(client: Open) -> None:
    one = client()
    one.publish(invoice("a"), invoice("b"))
    context = ssl.create_default_context(cafile=str(one.running.ca))

    def page(path: str) -> str:
        with urllib.request.urlopen(f"{one.running.url}{path}", context=context) as answer:  # noqa: S310
            return str(answer.read().decode())

    rows = [json.loads(row) for row in page("/sandbox/issued").splitlines()]
    assert [(row["fkey"], row["number"], row["total"]) for row in rows] == [
        ("a", 1, "55000"),
        ("b", 2, "55000"),
    ]
    assert json.loads(page("/sandbox/issued/b"))["number"] == 2
    assert json.loads(page("/sandbox/counters")) == {"ImportAndPublishInvMTT": 1}
    assert one.line.request("GET", f"{one.running.url}/sandbox/issued/c").status == 404


def test_what_was_issued_outlives_the_server(client: Open, sandbox_folder: Path, tmp_path: Path) -> None:
    folder = tmp_path / "again"
    shutil.copytree(sandbox_folder, folder)
    for place in (1, 2):
        with RunningProvider("vnpt", folder, account=ProviderAccount(tax_code=TAX_CODE)) as running:
            one = Client(running)
            assert one.publish(invoice(f"k{place}")).startswith("OK:")
            assert one.publish(invoice("k1")).startswith("ERR:13")
            assert len(one.issued()) == place
            one.line.close()


def test_it_stops_while_a_line_is_half_closed(client: Open) -> None:
    """The server has said good-bye, the other side has not: a second good-bye must not break the stopping."""
    running = client().running
    context = ssl.create_default_context(cafile=str(running.ca))
    with (
        socket.create_connection(("127.0.0.1", running.address.port)) as line,
        context.wrap_socket(line, server_hostname="127.0.0.1", suppress_ragged_eofs=True) as tls,
    ):
        tls.sendall(b"GET /sandbox/counters HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
        assert tls.recv(65_536).startswith(b"HTTP/1.1 200")
        running.stop()
        assert not running._thread.is_alive()
