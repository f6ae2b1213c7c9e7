"""The fuzz targets, shortly: their seeds, some mutations of them, and every finding of longer runs."""

import random
from pathlib import Path

import pytest
from fuzz import mutated
from fuzz_targets import TARGETS, run, seeds

FINDINGS = Path(__file__).parent.parent / "data" / "fuzz"


@pytest.mark.parametrize("name", TARGETS)
def test_a_target(name: str) -> None:
    parents, rng = seeds(name), random.Random(name)  # noqa: S311 - not for secrets
    assert parents
    for seed in parents[:12]:
        run(name, seed)
    for _ in range(60):
        run(name, mutated(rng, parents))


@pytest.mark.parametrize("path", sorted(FINDINGS.glob("*-*")), ids=lambda path: path.name)
def test_a_finding_of_before(path: Path) -> None:
    run(path.name.partition("-")[0], path.read_bytes())
