"""From a configured source to one that runs: lines on their port, records on their folder or database."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from drivers.frames.frame_profile import FrameProfile
from drivers.reading.errors import ProfileInvalid
from drivers.tables.mapping import Mapping
from drivers.uri import FolderAddress, JobsAddress, RecordsAddress, parse_source

if TYPE_CHECKING:
    from collections.abc import Callable

    from drivers.captured import Captured
    from drivers.memory import Memory
    from drivers.understanding import AnyProfile
    from drivers.uri import SourceAddress


class Running(Protocol):
    """A source that runs."""

    def start(self) -> None:
        """Begin; what is not there yet is waited for."""

    def stop(self, timeout: float = 2.0) -> None:
        """End."""

    @property
    def alive(self) -> bool:
        """Whether its thread runs, or has ended as it should."""


def open_source(
    uri: str,
    profile: AnyProfile | None,
    take: Callable[[Captured], bytes],
    on_state: Callable[[str, str], None],
    hold_limit: float,
    memory: Callable[[str], Memory],
    *,
    trying: bool = False,
) -> Running:
    """The source of a URI, not yet started. ``trying``: nothing of the shop's is moved, and what is there
    already is shown.

    Raises:
        SourceInvalid, ProfileInvalid: the URI, or a profile that is not for it.
    """
    address = parse_source(uri)
    check_fits(address, profile)
    if not isinstance(address, RecordsAddress):
        from drivers.source import Source

        return Source(address, take, on_state, hold_limit)
    from drivers.record_source import RecordSource

    place = address.place
    if isinstance(place, JobsAddress):
        from drivers.job_folder import JobWatcher

        return RecordSource(JobWatcher(place, memory(place.name), take, touch=not trying), on_state)
    assert isinstance(profile, Mapping)  # noqa: S101 - for the type checker: check_fits has looked
    if isinstance(place, FolderAddress):
        from drivers.folder import FolderWatcher

        return RecordSource(
            FolderWatcher(place, profile, memory(place.name), take, touch=not trying), on_state
        )
    from drivers.database import DatabaseWatcher

    def password() -> str:
        from signing.passphrase import read_passphrase

        return read_passphrase(place.password).reveal() if place.password else ""

    return RecordSource(
        DatabaseWatcher(place, profile, memory(place.name), take, password, recent=trying), on_state
    )


def check_fits(address: SourceAddress | RecordsAddress, profile: AnyProfile | None) -> None:
    """Whether a profile can read what a source gives.

    Raises:
        ProfileInvalid: it is of another kind.
    """
    if isinstance(address, RecordsAddress) and isinstance(address.place, JobsAddress):
        if isinstance(profile, Mapping | FrameProfile):
            raise ProfileInvalid(f"the profile {profile.name} is for records or frames: print jobs are paper")
    elif isinstance(address, RecordsAddress):
        if not isinstance(profile, Mapping):
            raise ProfileInvalid(f"{address.profile} is no mapping of columns, which this source needs")
        if isinstance(address.place, FolderAddress) and profile.query is not None:
            raise ProfileInvalid(f"{address.profile} is a mapping of a database, not of files")
        if not isinstance(address.place, FolderAddress) and profile.query is None:
            raise ProfileInvalid(f"{address.profile} has no [query]: it is a mapping of files")
    elif isinstance(profile, Mapping) or (isinstance(profile, FrameProfile) and not address.frames):
        raise ProfileInvalid(f"the profile {profile.name} is for records or frames: this source gives paper")
