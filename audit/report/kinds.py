"""Kinds and fates of papers in words."""

from __future__ import annotations

from audit.dossier import Fate
from audit.words import Words

KINDS = {
    "sale": Words("bán hàng", "sale"),
    "reprint": Words("bản sao", "copy"),
    "provisional": Words("tạm tính", "provisional bill"),
    "refund": Words("trả hàng", "refund"),
    "kitchen": Words("phiếu bếp", "kitchen ticket"),
    "report": Words("báo cáo", "report"),
    "drawer": Words("mở két", "drawer opening"),
    "training": Words("in thử, tập huấn", "training"),
    "quarantined": Words("khó đọc", "hard to read"),
    "non-sale": Words("không phải bán hàng", "no sale"),
    "": Words("chưa rõ", "not known"),
}


def kind_of(name: str | None) -> Words:
    """A kind of paper in words."""
    return KINDS.get(name or "", Words(name or "", name or ""))


FATES = {
    Fate.INVOICED: Words("đã có hóa đơn", "invoiced"),
    Fate.WAITING: Words("chờ người mua", "waits for its buyer"),
    Fate.NON_SALE: Words("không phải bán hàng", "no sale"),
    Fate.OPEN: Words("chưa ai xử lý", "nobody has decided"),
    Fate.RESOLVED_SALE: Words("người bán xác nhận: bán hàng", "a person said: a sale"),
    Fate.RESOLVED_NOTHING: Words("người bán xác nhận: không phải bán hàng", "a person said: no sale"),
    Fate.RAW: Words("chưa xử lý", "not looked at yet"),
}
