"""The API does what it says of itself: schemathesis makes requests from its own description and judges the
answers. That every sale of the right form is taken is not asked: its sums must agree, which no schema says.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from api_shop import SALE, Api, sell

EXAMPLES = 8  # per operation: `st run` by hand takes thousands


def test_the_description_is_kept(api: Api, tmp_path: Path) -> None:
    client = api.client()
    assert sell(client, SALE).status_code == 201
    done = subprocess.run(
        [
            str(Path(sys.executable).parent / "st"), "run", f"{api.url}/v1/openapi.json",
            "-H", f"Authorization: {client.headers['authorization']}",
            "--max-examples", str(EXAMPLES), "--phases", "examples,coverage,fuzzing",
            "--exclude-checks", "positive_data_acceptance", "--exclude-operation-id", "events",
            "--suppress-health-check", "all", "--no-color",
        ],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
