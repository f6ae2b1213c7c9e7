"""What a shop is known to sell: its price list and its own sales."""

from __future__ import annotations

import os
from contextlib import closing
from pathlib import Path

import pytest
from key_samples import RECEIPTS

from agent.commands.init import make_folder
from agent.config import load_config
from agent.daemon import Daemon
from agent.known_goods import GOODS_FILE, goods_in, known_goods
from drivers.captured import Captured
from drivers.reading import read_receipt


def test_the_price_list_and_what_was_sold(tmp_path: Path) -> None:
    make_folder(tmp_path, demo=True)
    daemon = Daemon(load_config(tmp_path))
    try:
        with closing(daemon.store.reader()) as connection:
            assert known_goods(tmp_path, connection) == frozenset()
            (tmp_path / GOODS_FILE).write_text("\ufeffCà phê   sữa\n\n  Bánh mì  \n", "utf-8")
            assert known_goods(tmp_path, connection) == {"Cà phê sữa", "Bánh mì"}
            data = RECEIPTS[0].read_bytes()
            daemon.till.take("test", Captured(data, "cut"))
        sale = read_receipt(data).sale
        assert sale is not None
        with closing(daemon.store.reader()) as connection:
            sold = {line.name for line in sale.lines}
            assert known_goods(tmp_path, connection) == {"Cà phê sữa", "Bánh mì"} | sold
    finally:
        daemon.stop()


@pytest.mark.skipif(os.geteuid() == 0, reason="root reads everything")
def test_a_list_that_cannot_be_read_names_nothing(tmp_path: Path) -> None:
    path = tmp_path / GOODS_FILE
    path.write_text("Cà phê", "utf-8")
    path.chmod(0)
    assert goods_in(path) == frozenset()


def test_a_list_that_is_no_text_names_nothing_that_is_sold(tmp_path: Path) -> None:
    path = tmp_path / GOODS_FILE
    path.write_bytes(b"\xff\xfe\x00garbage")
    assert "Cà phê" not in goods_in(path)
    assert goods_in(tmp_path) == frozenset()
