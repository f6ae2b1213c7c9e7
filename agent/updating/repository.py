"""The update server, seen from the shop: The Update Framework's client (TUF specification 1.0).

Trust begins with ``root.json`` beside updates.toml, brought by the installer; from then on the framework
finds forged, changed, old and frozen metadata, and follows renewed root keys.
"""

from __future__ import annotations

import logging
import platform
import sys
from typing import TYPE_CHECKING, Any

from agent.updating.errors import NoWayBack, ServerUnreachable, UpdateForged, UpdatesNotSet
from agent.updating.release import Release

if TYPE_CHECKING:
    from pathlib import Path

MOST_BYTES = 300_000_000  # of a package
log = logging.getLogger("thungan.update")


def platform_name() -> str:
    """What the index of this machine's releases is called, such as ``linux-x86_64``."""
    return f"{sys.platform}-{platform.machine().lower()}"


class Repository:
    """One look at the server. Raises what ``errors.py`` says, never an error of the framework."""

    def __init__(self, state: Path, url: str) -> None:
        from tuf.ngclient.config import UpdaterConfig
        from tuf.ngclient.updater import Updater

        root = state / "root.json"
        if not root.is_file():
            raise UpdatesNotSet(f"{root} is missing: the publisher's root of trust")
        self._downloads = state / "downloads"
        for folder in (state / "metadata", self._downloads):
            folder.mkdir(exist_ok=True)
        config = UpdaterConfig()
        config.prefix_targets_with_hash = True
        self._updater = Updater(
            str(state / "metadata"),
            f"{url}/metadata",
            str(self._downloads),
            f"{url}/targets",
            config=config,
            bootstrap=root.read_bytes(),
        )
        self._asked(self._updater.refresh)

    def latest(self) -> Release:
        """The newest release for this platform."""
        return Release.parse(self._download(f"{platform_name()}.json").read_bytes())

    def package(self, name: str) -> Path:
        """A package, complete and proven."""
        return self._download(name)

    def previous(self, name: str) -> Path:
        """The package of the version that runs now.

        Raises:
            NoWayBack: the server does not have it any more.
        """
        try:
            return self._download(name)
        except UpdateForged as error:
            raise NoWayBack(f"{name}: {error.message}") from error

    def _download(self, name: str) -> Path:
        info = self._asked(lambda: self._updater.get_targetinfo(name))
        if info is None:
            raise UpdateForged(f"the publisher has signed nothing named {name}")
        if info.length > MOST_BYTES:
            raise UpdateForged(f"{name} has {info.length:,} bytes")
        target = self._downloads / name
        if self._asked(lambda: self._updater.find_cached_target(info, str(target))) is None:
            log.info("downloading %s, %d bytes", name, info.length)
            self._asked(lambda: self._updater.download_target(info, str(target)))
        return target

    def _asked(self, question: Any) -> Any:
        from tuf.api import exceptions as tuf
        from urllib3.exceptions import HTTPError

        try:
            return question()
        except tuf.DownloadLengthMismatchError as error:
            raise UpdateForged(f"the server gives more than was signed: {error}") from error
        except tuf.DownloadError as error:
            raise ServerUnreachable(f"the update server gives no answer: {error}") from error
        except tuf.RepositoryError as error:
            raise UpdateForged(f"{type(error).__name__}: {error}") from error
        except (HTTPError, OSError) as error:
            raise ServerUnreachable(f"the update server gives no answer: {error}") from error
