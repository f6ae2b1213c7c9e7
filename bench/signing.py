"""Signatures per second: ours against the bare key, python-xmlsec, and one and two threads.

Run ``python -m bench.signing`` from the project's root. What is promised: the whole signature costs
hardly more than RSA itself (ratio to the raw rate at least 0.85).
"""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, TypedDict

import xmlsec
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    pkcs12,
)
from lxml import etree

from signing.keys import Pkcs12Key, throwaway_pkcs12
from signing.passphrase import Secret
from signing.verify import verify_document
from signing.xmldsig import XmlSigner, content_digest

if TYPE_CHECKING:
    from collections.abc import Callable

SECONDS = 1.0
PACKAGE = 1000  # invoices
_NOW = datetime(2026, 11, 23, 2, 15, tzinfo=UTC)
_DSIG = "http://www.w3.org/2000/09/xmldsig#"
_LINE = (
    "<HHDVu><TChat>1</TChat><STT>1</STT><THHDVu>Cà phê sữa đá</THHDVu><DVTinh>Ly</DVTinh><SLuong>2</SLuong>"
    "<DGia>23148.148148</DGia><ThTien>46296</ThTien><TSuat>8%</TSuat></HHDVu>"
)


class Measure(TypedDict):
    """One result; ``ratios`` compare it with other results of the same run."""

    value: float
    unit: str
    ratios: dict[str, float]


def run() -> dict[str, Measure]:
    """Measure, print and return; takes about ten seconds."""
    with TemporaryDirectory() as folder:
        path, phrase = Path(folder, "bench.p12"), Secret("bench")
        throwaway_pkcs12(path, phrase, "0409990010", "CỬA HÀNG SÔNG HÀN", _NOW, 30)
        key = Pkcs12Key.open(path, phrase)
        store = pkcs12.load_pkcs12(path.read_bytes(), phrase.reveal().encode())
    assert store.key is not None
    pem = store.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    signer = XmlSigner(key)
    content = _content(1)
    document = _invoice(signer, 1)
    package = _package(signer, PACKAGE)

    def sign() -> None:
        signer.sign(content_digest(content), "HD1", "NBan-HD1", _NOW)

    rates = {
        "rsa_raw_1_thread": _rate(lambda: key.sign(b"x" * 900)),
        "rsa_raw_2_threads": _rate(lambda: key.sign(b"x" * 900), threads=2),
        "sign_1_thread": _rate(sign),
        "sign_2_threads": _rate(sign, threads=2),
        "sign_python_xmlsec": _rate(_xmlsec_signing(document, pem)),
        "verify": _rate(lambda: verify_document(document)),
        "verify_python_xmlsec": _rate(_xmlsec_verifying(document, key)),
        "verify_package_invoices": PACKAGE * _rate(lambda: verify_document(package)),
    }
    compared = {
        "sign_1_thread": ("rsa_raw_1_thread", "sign_python_xmlsec"),
        "sign_2_threads": ("rsa_raw_2_threads", "sign_1_thread"),
        "verify": ("verify_python_xmlsec",),
        "verify_package_invoices": ("verify",),
    }
    results: dict[str, Measure] = {
        name: {
            "value": round(rate, 1),
            "unit": "invoices/s" if name == "verify_package_invoices" else "signatures/s",
            "ratios": {other: round(rate / rates[other], 3) for other in compared.get(name, ())},
        }
        for name, rate in rates.items()
    }
    for name, result in results.items():
        ratios = "  ".join(f"{ratio:.2f} x {other}" for other, ratio in result["ratios"].items())
        print(f"{name:24} {result['value']:>10,.0f} {result['unit']:12} {ratios}")
    return results


def _rate(action: Callable[[], object], threads: int = 1) -> float:
    """Calls per second, of all threads together."""
    action()
    end = time.perf_counter() + SECONDS

    def worker() -> float:
        count, start = 0, time.perf_counter()
        while (now := time.perf_counter()) < end:
            action()
            count += 1
        return count / (now - start)

    with ThreadPoolExecutor(threads) as pool:
        return sum(future.result() for future in [pool.submit(worker) for _ in range(threads)])


def _content(number: int) -> bytes:
    return (
        f'<DLHDon Id="HD{number}"><TTChung><PBan>2.1.0</PBan><SHDon>{number}</SHDon></TTChung><NDHDon><NBan>'
        f"<Ten>SÔNG HÀN</Ten><MST>0409990010</MST></NBan><DSHHDVu>{_LINE * 5}</DSHHDVu></NDHDon></DLHDon>"
    ).encode()


def _invoice(signer: XmlSigner, number: int) -> bytes:
    content = _content(number)
    signature = signer.sign(content_digest(content), f"HD{number}", f"NBan-HD{number}", _NOW)
    return b"<HDon>" + content + b"<DSCKS><NBan>" + signature + b"</NBan></DSCKS></HDon>"


def _package(signer: XmlSigner, count: int) -> bytes:
    data = b'<DLieu Id="_P">' + b"".join(_invoice(signer, number) for number in range(count)) + b"</DLieu>"
    signature = signer.sign(content_digest(data), "_P", "NNT-P", _NOW + timedelta(seconds=1))
    header = b"<TTChung><MLTDiep>206</MLTDiep><MST>0409990010</MST></TTChung>"
    return b"<TDiep>" + header + data + b"<CKSNNT>" + signature + b"</CKSNNT></TDiep>"


def _xmlsec_signing(document: bytes, pem: bytes) -> Callable[[], object]:
    """Signing the same document over again, as python-xmlsec does it: parse, fill in the template."""
    key = xmlsec.Key.from_memory(pem, xmlsec.constants.KeyDataFormatPem)

    def sign() -> None:
        root = etree.fromstring(document)
        xmlsec.tree.add_ids(root, ["Id"])
        context = xmlsec.SignatureContext()
        context.key = key
        context.sign(_signature(root))
        etree.tostring(root)

    return sign


def _xmlsec_verifying(document: bytes, key: Pkcs12Key) -> Callable[[], object]:
    """Without any check of places, certificates or times: the bare signature."""
    public = xmlsec.Key.from_memory(
        key.certificate.public_bytes(Encoding.DER), xmlsec.constants.KeyDataFormatCertDer
    )

    def verify() -> None:
        root = etree.fromstring(document)
        xmlsec.tree.add_ids(root, ["Id"])
        context = xmlsec.SignatureContext()
        context.key = public
        context.verify(_signature(root))

    return verify


def _signature(root: etree._Element) -> etree._Element:
    found = root.find(f".//{{{_DSIG}}}Signature")
    assert found is not None
    return found


if __name__ == "__main__":
    run()
