"""The vocabulary of receipts, matched on small letters without marks, so that all encodings share it."""

from __future__ import annotations

import re

from drivers.encoding import unmarked
from invoice.sale import Kind, PaymentMethod


def fold(text: str) -> str:
    """Small letters without marks, single blanks."""
    return re.sub(r"\s+", " ", unmarked(text).lower()).strip()


# Titles that say what the paper is, before anything else is looked at; the first that matches decides.
TITLES: tuple[tuple[Kind, re.Pattern[str]], ...] = (
    (Kind.TRAINING, re.compile(r"tap huan|dao tao|in thu|training|che do thu")),
    (Kind.KITCHEN, re.compile(r"phieu (?:bep|bar|che bien|pha che)|bao bep|kitchen|order bep|huy mon")),
    (
        Kind.REPORT,
        re.compile(
            r"bao cao|tong ket (?:ca|ngay)|ket ca|giao ca|chot ca|cuoi ngay|[xz][ -]?report"
            r"|tong doanh thu|so hoa don ?:"
        ),
    ),
    (Kind.REFUND, re.compile(r"(?:hoa don|phieu) (?:tra|doi tra|hoan)|tra hang|hoan tien|refund")),
    (Kind.REPRINT, re.compile(r"ban sao|in lai|lan in|reprint|copy|duplicate")),
    (Kind.PROVISIONAL, re.compile(r"(?:hoa don|phieu|bill) tam tinh|tam thanh toan|provisional|pro-?forma")),
)
SUBTOTAL = re.compile(r"(?:tong tien hang|cong tien hang|tam tinh|tien hang|subtotal|sub total|cong)\b")
DISCOUNT = re.compile(r"(?:khuyen mai|giam gia|chiet khau|giam|discount|ck)\b")
TOTAL = re.compile(
    r"(?:tong cong|tong thanh toan|thanh tien|khach phai tra|phai thanh toan|tong tien tra|tien tra khach"
    r"|tong tien|tong|total|grand total|can thanh toan)\b"
)
CHANGE = re.compile(r"(?:tra lai(?: khach)?|tien thua|tien thoi|thoi lai|change)\b")
GIVEN = re.compile(r"(?:khach dua|tien khach dua|khach tra|tendered)\b")
PAYMENTS: tuple[tuple[PaymentMethod, re.Pattern[str]], ...] = (
    (PaymentMethod.CASH, re.compile(r"(?:tien mat|cash|khach dua|tien khach dua)\b")),
    (PaymentMethod.CARD, re.compile(r"(?:the|quet the|card|visa|master|pos)\b")),
    (PaymentMethod.TRANSFER, re.compile(r"(?:chuyen khoan|ck ngan hang|ngan hang|vietqr|qr|transfer)\b")),
    (PaymentMethod.WALLET, re.compile(r"(?:momo|zalo ?pay|vn ?pay|shopee ?pay|vi dien tu|viettel ?money)\b")),
    (PaymentMethod.VOUCHER, re.compile(r"(?:voucher|phieu mua hang|the qua tang)\b")),
    (PaymentMethod.CREDIT, re.compile(r"(?:ghi no|cong no)\b")),
)
RECEIPT_NO = re.compile(
    r"(?:so hd|so hoa don|so phieu|hd so|ma hd|so ct|receipt(?: no)?|bill(?: no)?)\s*[.:#]?\s*(\S+)$"
)
CASHIER = re.compile(r"(?:thu ngan|nhan vien|nv|cashier)\s*:\s*(\S.*)$")
DATE = re.compile(
    r"\b([0-3]?[0-9])[/-]([01]?[0-9])[/-](20[0-9]{2})\s+([0-2]?[0-9]):([0-5][0-9])(?::([0-5][0-9]))?"
)
HEADING = re.compile(
    r"(?:(?:stt|ten hang(?: hoa)?|mat hang|don gia|d\.gia|sl|so luong|thanh tien|t\.tien|dvt|item|qty|price"
    r"|amount) ?){2,}$"
)
SEPARATOR = re.compile(r"\s*[-=_*.]{8,}\s*")


def paper_kind(folded: list[str]) -> Kind:
    """What the titles say the paper is; SALE where they say nothing else."""
    for kind, pattern in TITLES:
        if any(pattern.search(line) for line in folded):
            return kind
    return Kind.SALE
