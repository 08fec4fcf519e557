"""`manifest.json`: what the parts of some results are, and how they were made."""

from __future__ import annotations

import json
from dataclasses import asdict, field
from typing import TYPE_CHECKING, Any, Final

from wanprep.dataclass import dataclass
from wanprep.errors import UsageError
from wanprep.text import visible

if TYPE_CHECKING:
    from wanprep.results.store import Store

NAME: Final = "manifest.json"
_VERSION: Final = 1


@dataclass(frozen=True, slots=True)
class Part:
    """One file of rows, and what was true when it was made."""

    name: str
    rows: int
    rules: str  # a hash of all that verdicts depend on, but for the files
    probe: str  # the version of the facts, and how thoroughly files were read
    started: int  # nanoseconds since 1970: what changed later is checked again


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """The parts in their order; until a run is complete, those of earlier ones, latest first."""

    shard: str = ""  # which part of the listing, as "1/4"; all of it by default
    targets: tuple[str, ...] = ()
    media_targets: tuple[str, ...] = ()  # of bare media
    roles: dict[str, str] = field(default_factory=dict)
    unchecked: tuple[str, ...] = ()
    complete: bool = False
    parts: tuple[Part, ...] = ()
    previous: tuple[Part, ...] = ()

    @property
    def earlier(self) -> tuple[Part, ...]:
        """All parts, for the next run: those of the latest run first."""
        return (*self.parts, *self.previous)

    def write(self, store: Store) -> None:
        """Replace the manifest in a store."""
        data = {"version": _VERSION, "results_of": "wanprep", **asdict(self)}
        store.write(NAME, (json.dumps(data, indent=1) + "\n").encode("ascii"))


def read_manifest(store: Store) -> Manifest | None:
    """Read the manifest of earlier results; None if the place is empty.

    A place that holds anything else is a usage error: nothing of it may be replaced.
    """
    text = store.read(NAME)
    if text is None:
        if any(not name.startswith(".") for name in store.list()):
            raise UsageError(
                f"{visible(store.place)} is neither empty nor results of wanprep: name a folder of"
                " its own for the results"
            )
        return None
    try:
        return _parse(json.loads(text))
    except (ValueError, TypeError, LookupError, AttributeError, RecursionError) as error:
        raise UsageError(
            f"{visible(store.place)} cannot be used: its {NAME} is not that of results of this"
            " version of wanprep. Name another folder, or remove this one."
        ) from error


def _parse(data: dict[str, Any]) -> Manifest:
    if data.pop("version") != _VERSION or data.pop("results_of") != "wanprep":
        raise ValueError(NAME)
    for name in ("parts", "previous"):
        data[name] = tuple(Part(**part) for part in data[name])
    for name in ("targets", "media_targets", "unchecked"):
        data[name] = tuple(data[name])
    return Manifest(**data)
