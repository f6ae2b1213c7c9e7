import pytest
from hypothesis import given
from hypothesis import strategies as st

from signing.errors import KeySettingInvalid
from signing.token_uri import TokenUri


def test_every_part() -> None:
    uri = TokenUri.parse(
        "pkcs11:token=The%20Token;serial=A1;manufacturer=M;model=X;object=k%3B%3D;id=%00%FF"
        ";slot-id=3;type=private?module-path=/usr/lib/a%26b.so"
    )
    assert uri == TokenUri("/usr/lib/a&b.so", "The Token", "A1", "M", "X", "k;=", b"\0\xff", 3)
    assert str(uri) == "token 'The Token', serial 'A1', slot-id 3, object 'k;='"
    assert str(TokenUri.parse("pkcs11:?module-path=m")) == "any token"


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("pkcs11:token=A", "needs \\?module-path="),
        ("pkcs11:token=A?module-path=", "needs \\?module-path="),
        ("pkcs11:token?module-path=m", "name=value"),
        ("pkcs11:token=A;token=B?module-path=m", "each name once"),
        ("pkcs11:tokne=A?module-path=m", "no part 'tokne'"),
        ("pkcs11:?module-path=m&pin-value=246810", "PIN has no place"),
        ("pkcs11:?module-path=m&pin-source=file:x", "PIN has no place"),
        ("pkcs11:type=cert?module-path=m", "type=private"),
        ("pkcs11:slot-id=x?module-path=m", "slot-id .* is a number"),
        ("pkcs11:slot-id=²?module-path=m", "slot-id .* is a number"),
        ("pkcs11:token=%FF?module-path=m", "token .* is not UTF-8"),
        ("pkcs11:?module-path=" + "m" * 2048, "at most 2048"),
    ],
)
def test_what_is_refused(text: str, why: str) -> None:
    with pytest.raises(KeySettingInvalid, match=why) as caught:
        TokenUri.parse(text)
    assert "246810" not in str(caught.value)


@given(st.text(max_size=60))
def test_any_text_is_read_or_refused(text: str) -> None:
    try:
        uri = TokenUri.parse(f"pkcs11:{text}")
    except KeySettingInvalid:
        return
    assert uri.module
