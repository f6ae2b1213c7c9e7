"""Wrong configurations: each with its error code, the key, and advice in both languages."""

from __future__ import annotations

from pathlib import Path

import pytest

from agent.commands.init import make_folder
from agent.config import load_config
from agent.errors import ConfigInvalid
from invoice.numbers import Form


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    make_folder(tmp_path, demo=True)
    return tmp_path


def change(shop: Path, before: str, after: str) -> None:
    path = shop / "config.toml"
    text = path.read_text("utf-8")
    assert before in text
    path.write_text(text.replace(before, after, 1), "utf-8")


NAME = 'name = "CỬA HÀNG TẠP HÓA SÔNG HÀN"'


@pytest.mark.parametrize(
    ("before", "after", "named"),
    [
        (NAME, "", "seller.name"),
        (NAME, 'name = ""', "seller.name"),
        (NAME, f'name = "{"x" * 401}"', "seller.name"),
        (NAME, "name = 7", "seller.name"),
        ('tax_code = "0409990010"', 'tax_code = "0409990011"', "0409990011"),
        ('tax_code = "0409990010"', 'tax_code = "abc"', "abc"),
        ("address = ", "adress = ", "seller.address"),
        ("form = 1", "form = 3", "register.form"),
        ("form = 1", 'form = "1"', "register.form"),
        ("form = 1", "form = true", "register.form"),
        ("every = 15", 'every = 15\nroute = "fax"', "authority.route"),
        ("every = 15", 'every = 15\nroute = "viettel"', "authority.user"),
        ("every = 15", 'every = 15\nuser = "shop"', "authority.user"),
        ("every = 15", 'every = 15\nroute = "vnpt"\nuser = "a"\npassword = "env:B"', "authority.account"),
        (
            "every = 15",
            'every = 15\nroute = "viettel"\nuser = "a"\npassword = "env:B"\naccount = "c"',
            "authority.account",
        ),
        ("every = 15", 'every = 15\n[viettel]\ntemplate = "GTKT"', "viettel.template"),
        ("every = 15", 'every = 15\n[vnpt]\npattern = "1/1"', "vnpt.pattern"),
        ("every = 15", 'every = 15\n[vnpt]\nwritten = "json"', "vnpt.written"),
        ("every = 15", 'every = 15\n[vnpt]\ncalls = "32"', "vnpt.calls"),
        ("every = 15", "every = 15\n[vnpt]\nbatch = 0", "vnpt.batch"),
        ("every = 15", "every = 15\n[viettel]\nbatch = 51", "viettel.batch"),
        ("every = 15", "every = 15\n[viettel]\nprice_decimals = 7", "viettel.price_decimals"),
        ('letters = "AA"', 'letters = "A1"', "C26MA1"),
        ('letters = "AA"', 'letters = "AAA"', "register.letters"),
        ("number = 1 ", "number = 0 ", "register.number"),
        ("number = 1 ", "number = 1000 ", "register.number"),
        ('taxpayer = "SHNDN"', 'taxpayer = "SHN"', "register.taxpayer"),
        ('taxpayer = "SHNDN"', 'taxpayer = "SHNĐN"', "register.taxpayer"),
        ('default = "8%"', 'default = "9%"', "9%"),
        ('default = "8%"', "default = 8", "vat.default"),
        ('"8%" = ["2025-07-01..2026-12-31"]', '"8%" = "2025-07-01"', "vat.allowed"),
        ('"8%" = ["2025-07-01..2026-12-31"]', '"8%" = ["2025-07-01"]', "vat.allowed"),
        ('"8%" = ["2025-07-01..2026-12-31"]', '"8%" = ["2026-12-31..2025-07-01"]', "vat.allowed"),
        ('"8%" = ["2025-07-01..2026-12-31"]', '"8%" = ["mai..mốt"]', "vat.allowed"),
        ('"8%" = ["2025-07-01..2026-12-31"]', '"9%" = []', "9%"),
        ('rate = "10%"', 'rate = "11%"', "11%"),
        ('rate = "10%"', "", "vat.rules[0].rate"),
        ('rate = "10%"', 'rate = "10%"\nnames = "rau"', "vat.rules[0].names"),
        ('rate = "10%"', 'rate = "10%"\ncodes = [1]', "vat.rules[0].codes"),
        ('rate = "10%"', 'rate = "10%"\nname = ["rau"]', "vat.rules[0].name"),
        ("from = 2027-01-01", 'from = "2027-01-01"', "vat.rules[0].from"),
        ("from = 2027-01-01", "from = 2027-01-01T00:00:00", "vat.rules[0].from"),
        ('direct_rate = "1%"', 'direct_rate = "một"', "household.direct_rate"),
        ('file = "keys/seller.p12"', "", "key.file"),
        ("passphrase = ", "password = ", "key.passphrase"),
        ("every = 15", "every = 0", "authority.every"),
        ("every = 15", "every = 15\nper_minute = -1", "authority.per_minute"),
        ("every = 15", "every = 15\nat_once = 0", "authority.at_once"),
        ("every = 15", "every = 15\nproxy = 8080", "authority.proxy"),
        ("every = 15", 'every = 15\nproxy = "http://a:b@c:1"', "authority.proxy_password"),
        ("every = 15", 'every = 15\nproxy = "http://c:1"\nproxy_password = "env:X"', "http://USER@"),
        ("every = 15", 'every = 15\n[buyer]\nlater = "never"', "buyer.later"),
        ('version = "2.1.0"', 'version = "3.0.0"', "authority.version"),
        ("[authority]", "[autority]", "unknown keys: autority"),
        ("[seller]", "seller = 1\n[x]", "seller"),
        ("[seller]", "[seller", "not TOML"),
        ("[key]", '[transfer]\nbank_bin = "12"\naccount = "1"\n[key]', "BIN"),
        ("[key]", '[transfer]\nbank_bin = "970436"\n[key]', "account"),
    ],
)
def test_a_wrong_value_is_named(shop: Path, before: str, after: str, named: str) -> None:
    change(shop, before, after)
    with pytest.raises(ConfigInvalid) as raised:
        load_config(shop)
    assert named in raised.value.message
    assert raised.value.code == "E-AGT-001"
    assert raised.value.advice_vi
    assert raised.value.advice_en


def test_a_missing_or_garbled_file_is_said_so(tmp_path: Path) -> None:
    with pytest.raises(ConfigInvalid, match="cannot be read"):
        load_config(tmp_path)
    (tmp_path / "config.toml").write_bytes(b"\xff\xfe")
    with pytest.raises(ConfigInvalid, match="not TOML"):
        load_config(tmp_path)


def test_what_the_template_offers_can_be_used(shop: Path) -> None:
    text = (shop / "config.toml").read_text("utf-8")
    offered = []
    for line in text.splitlines():
        bare = line.removeprefix("# ")
        is_value = line.startswith("# ") and (bare.startswith("[") or " = " in bare.partition("#")[0])
        offered.append(bare if is_value else line)
    (shop / "config.toml").write_text("\n".join(offered), "utf-8")
    config = load_config(shop)
    assert config.payee is not None
    assert config.payee.bank_bin == "970436"
    assert config.forms["office.code"] == "50101"
    assert config.register.terms.service_charge_rate == "8%"
    assert len(config.register.terms.rates.rules) == 2
    assert config.register.terms.form is Form.VAT


@pytest.mark.parametrize(
    ("source", "named"),
    [
        ("folder:///srv/export?profile=missing.toml", "missing.toml"),
        ("folder:///srv/export?profile=general", "no mapping of columns"),
        ("folder:///srv/export?profile=sql-bills", "of a database"),
        ("sqlite:///srv/pos.db?profile=csv-lines", "mapping of files"),
        ("serial://COM3?profile=csv-lines", "gives paper"),
        ("folder:///srv/export", "needs profile="),
        ("postgresql://pos:geheim@127.0.0.1/shop?profile=sql-bills", "password is not written here"),
        ("frames+serial://COM3", "after printer="),
    ],
)
def test_a_source_and_its_profile_must_fit(shop: Path, source: str, named: str) -> None:
    change(shop, 'uri = ""', f'uri = "{source}"')
    with pytest.raises(ConfigInvalid) as error:
        load_config(shop)
    assert named in str(error.value)
    assert "geheim" not in str(error.value)
