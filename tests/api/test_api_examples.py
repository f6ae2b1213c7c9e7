"""The clients of the documentation, run as they stand there."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from api_shop import SALE, Api, receipt

from agent.api.tokens import Scope

EXAMPLES = Path(__file__).parent.parent.parent / "docs" / "api-examples"


def needs(*programs: str) -> pytest.MarkDecorator:
    missing = [program for program in programs if shutil.which(program) is None]
    return pytest.mark.skipif(bool(missing), reason=f"needs {', '.join(missing)}")


def run(
    api: Api, tmp_path: Path, *words: str, sale: dict[str, object] = SALE
) -> subprocess.CompletedProcess[str]:
    path = tmp_path / "sale.json"
    path.write_text(json.dumps(sale))
    done = subprocess.run(
        [*words, api.url, api.token(Scope.SELL), str(path)],
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    if done.returncode == 0:
        assert done.stdout.startswith("C26MAA-1 M1-26-SHNDN-"), done.stdout
    return done


@needs("curl", "sha256sum")
def test_curl(api: Api, tmp_path: Path) -> None:
    for _ in range(2):
        done = run(api, tmp_path, "sh", str(EXAMPLES / "sell.sh"))
        assert done.returncode == 0, done.stderr


def test_python(api: Api, tmp_path: Path) -> None:
    done = run(api, tmp_path, sys.executable, str(EXAMPLES / "sell.py"))
    assert done.returncode == 0, done.stderr
    refused = run(api, tmp_path, sys.executable, str(EXAMPLES / "sell.py"), sale=receipt(2, total=1))
    assert refused.returncode == 1
    assert "E-INV-" in refused.stderr


@needs("node")
def test_javascript(api: Api, tmp_path: Path) -> None:
    done = run(api, tmp_path, "node", str(EXAMPLES / "sell.mjs"))
    assert done.returncode == 0, done.stderr


@needs("mcs", "mono")
def test_c_sharp(api: Api, tmp_path: Path) -> None:
    program = tmp_path / "Sell.exe"
    subprocess.run(["mcs", EXAMPLES / "Sell.cs", "-r:System.Net.Http.dll", f"-out:{program}"], check=True)
    done = run(api, tmp_path, "mono", str(program))
    assert done.returncode == 0, done.stderr
