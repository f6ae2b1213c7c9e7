"""Is a word a Vietnamese syllable? The question that tells one encoding from another."""

from __future__ import annotations

import re
from functools import lru_cache
from unicodedata import normalize

from drivers.encoding.charsets import TONES

_ONSET = "ngh?|nh|n|gh|gi|g|kh|k|ph|p|qu|q|th|tr|t|ch|c|[bdđhlmrsvx]"
_NUCLEUS = (
    "i[aêu]?|iêu|y[aêu]?|yêu|e[ou]?|êu?|a[iouy]?|â[uy]?|ă|o[aăe]?|o[ao]i|oay|oeo|oao|oo(?=ng|c)|oi|"
    "ô[i]?|ơ[i]?|u[aâêiôơy]?|uây|uôi|uy[aêu]|ư[aiơu]?|ươ[iu]"
)
_CODA = "ch|c|m|nh|ng|n|p|t"
_SHAPE = re.compile(f"(?:{_ONSET})?(?:{_NUCLEUS})({_CODA})?")
_STOPS = frozenset({"c", "ch", "p", "t"})
_WORD = re.compile(r"(?:[^\W\d_]|[^\x00-\x7f\s])+")
_SIGNS = "–—…“”‘’•·°₫€"  # not letters, yet in their place on a receipt

_COMMON_WORDS = """
bàn bán bánh bò chiết cho chuyển chè chín chính chả chỉ cà cá các cây còn có cảm cộng của cửa giao giá
giảm giấy giờ gà gói gạo gỏi gửi hoá hàng hành hát hòa hóa hẹn họ hồ hộ hộp khuyến khách không khấu khẩu
kê kính ký kẹo liên lít lý lượng lại lần lẻ lớn miễn mua máy mã mãi mì món mại mẫu mắm mặt mới mỹ nam
nghìn nghệ ngàn ngày người ngọt nhà nhân nhận nhỏ những nóng nước nướng nội phiếu phê phí phòng phường
phẩm phở phục quán quý quầy quận rau rượu siêu suất sáng sườn sạch sản sắm số sữa thanh theo thu thuận
thuế thuốc thành tháng thẻ thịt thối tiền toán trà trái trên trả trị trứng tái tên tính túi tại tốt tổng
từ tử tự việt vnđ và vàng văn vị vụ xin xoài xuất xác xã yến ăn đ đen điểm điện đvt đá đã đơn đường được
đặc đến địa ơn ưu ấn ổi hđ đg đt đc sđt đgia
"""
_COMMON = frozenset(_COMMON_WORDS.split())
"""Words of receipts: of two readings that are both Vietnamese, the one with these is meant."""


def looks_vietnamese(text: str) -> float:
    """How well the words beyond ASCII could be Vietnamese: 1 if all could, 2 if all are common ones."""
    common = good = bad = 0
    for word in _WORD.findall(text):
        kept = word.strip(_SIGNS)
        if not kept or kept.isascii():
            continue
        if kept.lower() in _COMMON:
            common += 1
        elif is_syllable(kept):
            good += 1
        else:
            bad += 1
    return (2 * common + good - 2 * bad) / max(1, common + good + bad)


@lru_cache(maxsize=4096)
def is_syllable(word: str) -> bool:
    """Onset, vowels and coda of the language, at most one tone; after a stop only sắc or nặng."""
    parts = normalize("NFD", word.lower().replace("₫", ""))
    tones = [part for part in parts if part in TONES]
    plain = normalize("NFC", "".join(part for part in parts if part not in TONES))
    found = _SHAPE.fullmatch(plain)
    if found is None or len(tones) > 1:
        return False
    return not (tones and found[1] in _STOPS) or tones[0] in "\u0301\u0323"
