"""What a release is, and whose turn it is: pure.

A staged roll-out gives a version to so many per cent of the registers. Which ones is decided by a hash of
register and version, so that it is another tenth each time, and the same register at every look.

>>> release = Release("0.10.0", "thungan_0.10.0_amd64.deb", rollout=100)
>>> release.newer_than("0.9.3"), Release("0.9.0", "x", 0).newer_than("0.9.3")
(True, False)
>>> release.turn_of("0409990010/1")
True
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from hashlib import sha256

from agent.updating.errors import UpdateForged


@dataclass(frozen=True, slots=True)
class Release:
    """A published version: its package's name on the server, and to how many per cent it is given."""

    version: str
    file: str
    rollout: int

    @classmethod
    def parse(cls, content: bytes) -> Release:
        """From the signed index of a platform: ``{"version", "file", "rollout"}``.

        Raises:
            UpdateForged: it is not of that form.
        """
        try:
            data = json.loads(content)
            release = cls(str(data["version"]), str(data["file"]), int(data["rollout"]))
            release.newer_than(release.version)
        except (ValueError, KeyError, TypeError) as error:
            raise UpdateForged(f"the index of releases cannot be read: {error}") from error
        if "/" in release.file or "\\" in release.file or not 0 <= release.rollout <= 100:
            raise UpdateForged(f"the index names {release.file!r} for {release.rollout} %")
        return release

    def newer_than(self, version: str) -> bool:
        """Whether it comes after ``version`` (PEP 440)."""
        from packaging.version import Version

        return Version(self.version) > Version(version)

    def turn_of(self, register: str) -> bool:
        """Whether the roll-out has reached ``register`` (tax code and number)."""
        digest = sha256(f"{register}\n{self.version}".encode()).digest()
        return int.from_bytes(digest[:4], "big") % 100 < self.rollout
