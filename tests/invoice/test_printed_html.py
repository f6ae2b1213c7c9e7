"""The HTML of an invoice: complete, alone in the world, and safe whatever a product is called."""

import re
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from invoice_samples import full_invoice
from lxml import html as lxml_html
from printed_samples import PAYEE, SELLER, printed_invoice

from invoice.errors import FieldInvalid
from invoice.invoice import Invoice, InvoiceBuyer, Nature
from invoice.numbers import Form
from invoice.printed import Size, render_html
from invoice.printed.content import STAMPS, content_of
from invoice.qr import read_objects

SIZES = list(Size)
FORMS = list(Form)


def words_of(page: str) -> str:
    """What a reader sees, blanks folded, without the style."""
    tree = lxml_html.document_fromstring(page)
    for style in tree.xpath("//style"):
        style.drop_tree()
    return " ".join(" ".join(tree.xpath("//text()")).split())


# Decree 123/2020/NĐ-CP articles 10 and 11: what an invoice of a cash register must show.
REQUIRED = [
    "(Hóa đơn điện tử khởi tạo từ máy tính tiền)",
    "C26MAA",
    "128",
    SELLER.name,
    SELLER.tax_code,
    SELLER.address,
    "Ông Nguyễn Thế Ngữ",
    "048099001234",
    "12 Lê Lợi, phường Hải Châu",
    "Cà phê sữa đá",
    "Bánh mì thịt nướng <đặc biệt>",
    "Sách “Người Việt & thói hư tật xấu”",
    "0,356",
    "Quyển",
    "610.084 đ",
    "Sáu trăm mười nghìn không trăm tám mươi tư đồng",
    "Ngày 23 tháng 11 năm 2026",
    "-26-SHNDN-00100000128",
    "Chuyển khoản",
    "VND",
    "HD000128",
    "23/11/2026 09:15:00",
    "Trần Thị Thu",
    "9f" * 32,
]
OF_FORM = {
    Form.VAT: [
        "HÓA ĐƠN GIÁ TRỊ GIA TĂNG",
        "Tổng tiền chưa có thuế",
        "Tổng tiền thuế GTGT",
        "8%",
        "3,5%",
        "Không chịu thuế",
    ],
    Form.SALES: ["HÓA ĐƠN BÁN HÀNG", "25.000"],
}


def required(form: Form) -> list[str]:
    words = [*REQUIRED, *OF_FORM[form]]
    total = "610.084 đ"
    return [word for word in words if word != total and not word.startswith("Sáu trăm")]


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("form", FORMS)
def test_everything_the_law_wants_is_there(size: Size, form: Form) -> None:
    invoice = printed_invoice(form)
    seen = words_of(render_html(invoice, size=size))
    assert [word for word in required(form) if word not in seen] == []
    assert invoice.words in seen
    assert f"{invoice.total:,} đ".replace(",", ".") in seen


FULL = [
    "Điều chỉnh cho: hóa đơn mẫu số 1, ký hiệu C26MAA, số 7, ngày 20 tháng 11 năm 2026",
    "Lý do: sai đơn giá",
    "Đơn vị nhận ủy nhiệm",
    "Bảng kê kèm theo: số BK01",
    "Mã khách hàng: KH01",
    "1234567",
    "Nguyễn Văn A",
    "0236 3888 889",
    "Phí môi trường",
    "5.000",
    "-3.000",
    "-10.000",
    "Giao tại bàn 5",
    "(khuyến mại)",
    "BienKiemSoat: 43A-123.45",
]


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("form", FORMS)
def test_fields_seldom_used_are_there_too(size: Size, form: Form) -> None:
    seen = words_of(render_html(full_invoice(form), size=size))
    assert [word for word in FULL if word not in seen and word.replace(": ", " ") not in seen] == []


@pytest.mark.parametrize("size", SIZES)
def test_the_amounts_by_rate_are_those_signed(size: Size) -> None:
    invoice = printed_invoice()
    seen = words_of(render_html(invoice, size=size))
    for amount in [total.tax for total in invoice.rate_totals if total.tax] + [
        line.amount for line in invoice.lines
    ]:
        assert f"{amount:,}".replace(",", ".") in seen


@pytest.mark.parametrize("size", SIZES)
def test_the_page_is_alone_and_runs_nothing(size: Size) -> None:
    page = render_html(printed_invoice(), size=size, payee=PAYEE)
    tree = lxml_html.document_fromstring(page)
    assert tree.xpath("//script | //link | //img | //iframe | //@href | //@src | //@onload") == []
    assert "://" not in page
    assert "url(" not in page
    assert "default-src 'none'" in tree.xpath("//meta[@http-equiv='Content-Security-Policy']/@content")[0]
    assert tree.get("lang") == "vi"
    assert tree.xpath("//meta[@charset='utf-8']")


@settings(max_examples=60)
@given(
    st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=40), st.sampled_from(SIZES)
)
def test_no_text_can_become_markup(text: str, size: Size) -> None:
    text = f"<i>{text}</style><script>alert(1)</script>\"' onload=x>"
    invoice = printed_invoice()
    line = replace(invoice.lines[0], name=text, unit=text, code=text)
    hostile = replace(
        invoice,
        seller=replace(invoice.seller, name=text, address=text),
        buyer=InvoiceBuyer(text),
        lines=(line,),
        payment=text,
        extras=tuple(replace(extra, value=text, name=text) for extra in invoice.extras),
    )
    page = render_html(hostile, size=size)
    assert lxml_html.document_fromstring(page).xpath("//script | //@onload | //i") == []
    assert page.count("<style>") == page.count("</style>") == 1


@pytest.mark.parametrize("state", STAMPS)
@pytest.mark.parametrize("size", SIZES)
def test_every_state_is_stamped(state: str, size: Size) -> None:
    page = render_html(printed_invoice(), size=size, state=state)
    assert f'class="stamp {STAMPS[state].tone}"' in page
    assert STAMPS[state].text in page
    assert 'class="stamp' not in render_html(printed_invoice(), size=size)


@pytest.mark.parametrize(("size", "state"), [("A3", None), ("", None), ("A4", "lost"), ("A4", "")])
def test_an_unknown_paper_or_state_is_refused(size: str, state: str | None) -> None:
    with pytest.raises(FieldInvalid, match="known: "):
        render_html(printed_invoice(), size=size, state=state)


def test_a_roll_is_one_page_long_enough_for_its_text() -> None:
    def height(invoice: Invoice) -> int:
        match = re.search(r"@page \{ size: 80mm (\d+)mm", render_html(invoice, size="80mm"))
        assert match
        return int(match[1])

    short = replace(printed_invoice(), lines=printed_invoice().lines[:1])
    assert 150 < height(short) < height(printed_invoice()) < 400


def test_notes_and_gifts_are_told_from_goods() -> None:
    invoice = printed_invoice()
    note = replace(invoice.lines[0], nature=Nature.NOTE, name="Giảm 20% mức tỷ lệ theo Nghị quyết")
    gift = replace(invoice.lines[1], nature=Nature.PROMOTION)
    invoice = replace(invoice, lines=(note, gift), code=invoice.code)
    tree = lxml_html.document_fromstring(render_html(invoice))
    first, second = tree.xpath("//table[@class='lines']/tbody/tr")
    assert [cell.text_content() for cell in first if cell.get("class") == "figures"][:2] == ["", ""]
    assert "(khuyến mại)" in second.text_content()


def test_columns_nobody_fills_are_left_out() -> None:
    invoice = printed_invoice(Form.SALES, discount=0)
    plain = replace(invoice, lines=tuple(replace(line, unit=None, code=None) for line in invoice.lines))
    heads = lxml_html.document_fromstring(render_html(plain)).xpath("//table[@class='lines']//th/text()")
    assert heads == ["STT", "Tên hàng hóa, dịch vụ", "Số lượng", "Đơn giá", "Thành tiền"]


@pytest.mark.parametrize("receipt_no", ["Phiếu số 12", "x" * 26, None, "HD#000128", "HD  1"])
def test_a_receipt_number_no_bank_takes_gives_way_to_the_invoices(receipt_no: str | None) -> None:
    code = content_of(printed_invoice(receipt_no=receipt_no), payee=PAYEE).qr
    assert dict(read_objects(dict(read_objects(code))["62"]))["01"] == "C26MAA-128"


def test_without_an_amount_of_dong_there_is_nothing_to_pay() -> None:
    invoice = printed_invoice()
    for unpayable in (
        replace(invoice, total=0),
        replace(invoice, total=-1),
        replace(invoice, currency="USD"),
    ):
        content = content_of(unpayable, payee=PAYEE)
        assert [tag for tag, _ in read_objects(content.qr)] == ["00", "99", "63"]
        assert content.qr_caption == "Quét để tra cứu"
