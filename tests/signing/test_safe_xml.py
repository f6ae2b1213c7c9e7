import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from signing.errors import XmlForbidden, XmlMalformed, XmlRefused, XmlTooLarge
from signing.safe_xml import parse


def test_good_documents_are_read() -> None:
    assert parse("\ufeff<?xml version='1.0' encoding='utf-8'?>\n<a>Đà</a>".encode()).text == "Đà"
    assert parse(b"\n <a><!-- kept --><?pi kept?></a>")[0].text == " kept "
    assert parse(b"<a><![CDATA[<b>]]>&lt;&#x110;</a>").text == "<b><Đ"


@pytest.mark.parametrize(
    "data",
    [
        b"<!DOCTYPE a><a/>",
        b'<!DOCTYPE a SYSTEM "http://127.0.0.1:9/a.dtd"><a/>',
        b'<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/hostname">]><a>&x;</a>',
        b'<!DOCTYPE a [<!ENTITY b "bb"><!ENTITY c "&b;&b;">]><a>&c;</a>',
        b"<a><![CDATA[<!DOCTYPE a>]]></a>",
        b'<?xml version="1.0" encoding="UTF-16"?><a/>',
        b'<?xml version="1.0" encoding="ISO-8859-1"?><a>\xe1</a>',
        b"<?xml version='1.0' encoding='utf-7'?><a>+ADw-</a>",
        b"<?xml version='1.0'" + b" " * 5000 + b"encoding='utf-7'?><a>+ADw-</a>",
        "<a/>".encode("utf-16"),
        "<a/>".encode("utf-16-le"),
        "<a/>".encode("utf-32-be"),
        b"\x4c\x6f\xa7\x94",
        b"<a>\x00</a>",
        b"text",
    ],
)
def test_what_no_message_has_is_forbidden(data: bytes) -> None:
    with pytest.raises(XmlForbidden, match="E-SIGN-023"):
        parse(data)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"  \n",
        b"<a>",
        b"<a></b>",
        b"<a/><b/>",
        b"<a b='1' b='2'/>",
        b"<p:a/>",
        b"<a>\xff</a>",
        b"<a>\x01</a>",
        b"<a>&x;</a>",
        b"<a>&#0;</a>",
        b"\xef\xbb\xbf\xef\xbb\xbf<a/>",
    ],
)
def test_what_is_not_xml_is_malformed(data: bytes) -> None:
    with pytest.raises(XmlMalformed, match="E-SIGN-021"):
        parse(data)


def test_size_depth_and_parts_are_bounded() -> None:
    assert len(parse(b"<a>" + b"x" * 93 + b"</a>", max_bytes=100)) == 0
    with pytest.raises(XmlTooLarge, match="101 bytes, more than 100"):
        parse(b"<a>" + b"x" * 94 + b"</a>", max_bytes=100)
    parse(b"<a>" * 64 + b"</a>" * 64)
    with pytest.raises(XmlTooLarge, match="deeper than 64"):
        parse(b"<a>" * 65 + b"</a>" * 65)
    with pytest.raises(XmlRefused):
        parse(b"<a>" * 400_000 + b"</a>" * 400_000)
    with pytest.raises(XmlTooLarge, match="more than 1000000 tags"):
        parse(b"<a>" + b"<b/>" * 1_000_000 + b"</a>")
    with pytest.raises(XmlTooLarge, match="more than 8 tags"):
        parse(b"<a b='' c='' d='' e='' f='' g='' h=''></a>", max_parts=8)


def test_depth_is_found_in_any_branch() -> None:
    assert parse(b"<a><b/><b><c/></b></a>", max_depth=3).tag == "a"
    with pytest.raises(XmlTooLarge):
        parse(b"<a><b/><b><c><d/></c></b><b/></a>", max_depth=3)


@given(st.binary(max_size=300) | st.text("<>/&;'\"= !-[]?abDOCTYPE#x1\n", max_size=120).map(str.encode))
def test_garbage_is_refused_or_read(data: bytes) -> None:
    refused: XmlRefused | None = None
    try:
        assert etree.tostring(parse(data))
    except XmlRefused as error:
        refused = error
    assert refused is None or str(refused).isprintable()


def test_messages_show_no_control_characters() -> None:
    with pytest.raises(XmlMalformed) as caught:
        parse("<a></b\u202e\u0007>".encode())
    assert caught.value.message.isprintable()
