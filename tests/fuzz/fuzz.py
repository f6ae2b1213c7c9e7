"""``make fuzz``: each target of ``fuzz_targets.py`` for FUZZ_SECONDS, guided by coverage (atheris).

Without atheris (it is made for Linux and some Pythons only) inputs are mutated blindly. A finding's input is
written beside; as ``tests/data/fuzz/TARGET-…`` it becomes a test for good.
"""

from __future__ import annotations

import argparse
import importlib.util
import random
import subprocess
import sys
import tempfile
import time
from pathlib import Path

HERE = Path(__file__).parent


def mutated(rng: random.Random, parents: list[bytes]) -> bytes:
    """One of the parents with some bytes changed, cut, doubled or crossed with another."""
    data = bytearray(rng.choice(parents))
    for _ in range(rng.choice([1, 1, 2, 4, 8, 16])):
        at, size = rng.randrange(len(data) + 1), rng.choice([1, 1, 2, 8, 40])
        match rng.randrange(5):
            case 0:
                data[at : at + size] = rng.randbytes(size)
            case 1:
                del data[at : at + size]
            case 2:
                data[at:at] = data[at : at + size]
            case 3:
                other = rng.choice(parents)
                start = rng.randrange(len(other) + 1)
                data[at:at] = other[start : start + rng.choice([1, 4, 60])]
            case _:
                data[at : at + 1] = rng.choice([b"\x1b", b"\x1d", b"\x10", b"\0", b"\xff", b"<", b"-", b"9"])
    return bytes(data[:20_000])


def blindly(name: str, seconds: float) -> int:
    """How many inputs were tried; raises what a target raises."""
    from fuzz_targets import run, seeds

    rng, parents, tried = random.Random(), seeds(name), 0  # noqa: S311 - not for secrets
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        data = mutated(rng, parents)
        try:
            run(name, data)
        except BaseException:
            Path(f"{name}-finding").write_bytes(data)
            raise
        tried += 1
    return tried


def guided(name: str, seconds: int, corpus: Path) -> None:
    """Coverage-guided; does not return."""
    import atheris

    with atheris.instrument_imports(include=["drivers", "invoice", "authority", "signing"]):
        import fuzz_targets
    for place, seed in enumerate(fuzz_targets.seeds(name)):
        (corpus / f"seed-{place}").write_bytes(seed)
    options = ["-max_len=20000", f"-max_total_time={seconds}", "-rss_limit_mb=1500", "-timeout=20"]
    options += ["-print_final_stats=1", f"-artifact_prefix={name}-", "-verbosity=0", str(corpus)]
    atheris.Setup([name, *options], lambda data: fuzz_targets.run(name, data))
    atheris.Fuzz()


def main() -> int:
    """All targets, or some, one after another; exit 1 where one has found something."""
    parser = argparse.ArgumentParser(description="fuzz the parsers")
    parser.add_argument("targets", nargs="*", help="default: all")
    parser.add_argument("--seconds", type=int, default=600, help="each target (default 600)")
    parser.add_argument("--one", action="store_true", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    with_atheris = importlib.util.find_spec("atheris") is not None
    if arguments.one:
        name = arguments.targets[0]
        if not with_atheris:
            print(f"inputs: {blindly(name, arguments.seconds)} blindly chosen")
            return 0
        with tempfile.TemporaryDirectory() as corpus:
            guided(name, arguments.seconds, Path(corpus))
    from fuzz_targets import TARGETS

    bad = 0
    for name in arguments.targets or TARGETS:
        words = [sys.executable, str(HERE / "fuzz.py"), "--one", "--seconds", str(arguments.seconds), name]
        done = subprocess.run(words, capture_output=True, text=True, check=False)
        lines = (done.stdout + done.stderr).splitlines()
        tried = next((line for line in lines if "number_of_executed_units" in line or "inputs" in line), "?")
        verdict = "ok" if done.returncode == 0 else "FOUND SOMETHING"
        print(f"{name:<11} {verdict}  {tried.split(':')[-1].strip()} inputs")
        sys.stdout.flush()
        if done.returncode:
            bad += 1
            print("\n".join(lines[-25:]))
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
