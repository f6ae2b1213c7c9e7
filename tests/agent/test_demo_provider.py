"""The demonstration through a provider that gives out the numbers."""

import json

import pytest

from agent.cli import main
from agent.provider_settings import PROVIDERS


@pytest.mark.parametrize("name", PROVIDERS)
def test_every_sale_is_numbered(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["demo", "--provider", name, "--sales", "3", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["provider"], told["sales"], told["invoices"], told["accepted"]) == (name, 3, 3, 3)
    assert told["signatures_valid"]
    assert told["ledger"]["verified"]
