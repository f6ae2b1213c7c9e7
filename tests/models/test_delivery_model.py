"""Every order of events of the delivery, looked at by SPIN; and the proof that the check can fail."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="SPIN makes a C program")

MODEL = Path(__file__).with_name("delivery.pml")
SAFETY = ("-DSAFETY", "-DNOCLAIM")
LIVENESS = ("-DNFAIR=4",)
TROUBLES = int(os.environ.get("THUNGAN_TROUBLES", "2"))  # lost, repeated, refused; one less for liveness


def check(folder: Path, kind: str, *defines: str) -> str:
    """What SPIN says of safety (P2, P3, no dead end) or of liveness (all is registered in the end)."""
    assert shutil.which("spin"), "spin is not installed: scripts/system-packages"
    options = [f"-D{name}" for name in defines]
    subprocess.run(["spin", *options, "-a", str(MODEL)], cwd=folder, check=True, capture_output=True)
    compiled, asked = {"safety": (SAFETY, ()), "liveness": (LIVENESS, ("-a", "-f"))}[kind]
    subprocess.run(["cc", "-w", "-O1", *compiled, "-o", kind, "pan.c"], cwd=folder, check=True)
    done = subprocess.run(
        [f"./{kind}", "-m100000", *asked], cwd=folder, capture_output=True, text=True, check=False
    )
    assert "pan: error" not in done.stdout, done.stdout
    assert "max search depth too small" not in done.stdout
    return done.stdout


@pytest.mark.parametrize(("kind", "troubles"), [("safety", TROUBLES), ("liveness", TROUBLES - 1)])
def test_no_order_of_events_breaks_the_delivery(tmp_path: Path, kind: str, troubles: int) -> None:
    said = check(tmp_path, kind, f"TROUBLES={troubles}")
    assert "errors: 0" in said, said


@pytest.mark.parametrize(
    ("mutant", "kind", "violated"),
    [
        ("TELL_BEFORE_COMMIT", "safety", "seen[0]"),
        ("SEND_BEFORE_COMMIT", "safety", "registered[1]"),
        ("NEW_ID_WITHOUT_ASKING", "safety", "registered[1]"),
        ("BELIEVE_A_REFUSAL", "safety", "registered[1]"),
        ("BLIND_WHEN_UNKNOWN", "safety", "registered[1]"),
        ("NEVER_ASK", "liveness", "acceptance cycle"),
    ],
)
def test_a_wrong_program_is_found(tmp_path: Path, mutant: str, kind: str, violated: str) -> None:
    said = check(tmp_path, kind, mutant)
    assert "errors: 1" in said
    (complaint,) = [line for line in said.splitlines() if line.startswith("pan:1:")]
    assert violated in complaint
