"""The ledger's entries about an invoice in a shopkeeper's words."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from outbox.history import Step

_WORDS = {
    "capture": ("Nhận phiếu từ máy tính tiền", "The receipt came from the register"),
    "capture.sale": ("Phiếu là một lần bán hàng", "The receipt is a sale"),
    "capture.non-sale": ("Giấy in không phải bán hàng (in lại)", "Paper that is no sale (a reprint)"),
    "capture.quarantined": ("Phiếu chưa hiểu được, chờ người xem", "Not understood: for a person to look at"),
    "capture.resolved": ("Người bán đã xem và quyết định", "A person looked at it and decided"),
    "invoice.issued": ("Lập và ký hóa đơn", "The invoice was issued and signed"),
    "invoice.held": ("Để riêng, tạm không gửi", "Set aside, not sent for now"),
    "invoice.released": ("Cho gửi lại", "Let go again"),
    "package.built": ("Đóng gói và ký để gửi", "Packed and signed for sending"),
    "package.sending": ("Gửi cho cơ quan thuế", "Sent to the authority"),
    "package.decided": ("Cơ quan thuế đã trả lời", "The authority has decided"),
    "answer": ("Thông báo của cơ quan thuế", "The authority's answer"),
    "order.made": ("Ghi và ký, chờ nhà cung cấp cấp số", "Kept and signed, to be numbered by the provider"),
    "order.asked": ("Gửi cho nhà cung cấp", "Sent to the provider"),
    "order.ordered": ("Nhà cung cấp chưa có; sẽ gửi lại", "The provider does not have it; to be sent again"),
    "order.numbered": (
        "Đã có số, chờ mã của cơ quan thuế",
        "It has its number; the authority's code follows",
    ),
    "order.refused": ("Nhà cung cấp không nhận", "The provider does not take it"),
    "order.held": ("Để riêng, tạm không gửi", "Set aside, not sent for now"),
    "order.released": ("Cho gửi lại", "Let go again"),
    "order.corrected": ("Đơn khác thay cho đơn này", "Another stands in its place"),
    "order.taken-back": ("Máy tính tiền tự cấp số", "Numbered by the register itself"),
    "order.dropped": ("Không chờ nữa", "It waits no more"),
    "provider.paper": ("Lưu bản của nhà cung cấp", "The provider's own paper was kept"),
    "correction.list": ("Bảng kê của hóa đơn sửa nhiều hóa đơn", "The list of what it corrects"),
}

_OUTCOMES = {
    "received": ("đã nhận gói", "the package was taken in"),
    "decided, 0 refused": ("chấp nhận cả gói", "the whole package is accepted"),
    "package refused": ("từ chối gói", "the package was refused"),
    "refused as a message": ("từ chối thông điệp", "the message was refused"),
}


def step_words(step: Step, language: str) -> str:
    """What happened, and why where a person gave a reason."""
    pair = _WORDS.get(step.kind)
    fields = step.fields
    if step.kind == "invoice.issued" and fields.get("provider"):
        pair = ("Nhà cung cấp cấp số và mã", "The provider gave number and code")
    words = (pair[1] if language == "en" else pair[0]) if pair else step.kind
    detail = fields.get("reason")
    if step.kind == "answer":
        outcome = str(fields.get("outcome", ""))
        detail = _OUTCOMES.get(outcome, (outcome, outcome))[language == "en"]
    return f"{words}: {detail}" if detail else words
