"""Bring results home: fetched whole, looked at, and only then put under their names."""

from __future__ import annotations

import os
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

from wanprep import __version__, probe
from wanprep.submit.faults import BadResult, CannotSave
from wanprep.submit.hosting.media_types import MEDIA_TYPES
from wanprep.submit.journey.placing import MARK, Part, place, write_sidecar
from wanprep.submit.secrets import redact, redact_json
from wanprep.text import seconds, visible

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from wanprep.probe.facts import Facts
    from wanprep.submit.wire.downloads import Downloaded
    from wanprep.submit.wire.driver import Driver

# Services cut at whole frames and round as they like; more than this is worth a word.
_TOLERANCE: Final = 0.5
_SHARE: Final = 0.1
_MP4: Final = MEDIA_TYPES["mp4"]
_OF_THE_PART: Final = frozenset({"path", "extension_format"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Brought:
    """A result at home."""

    path: str
    sidecar: str
    notes: tuple[str, ...]  # for the user: what is otherwise than ordered


def bring_home(
    outputs: Sequence[str],
    driver: Driver,
    folder: str,
    stem: str,
    *,
    expected_seconds: float | None,
    provenance: Mapping[str, Any],
) -> tuple[Brought, ...]:
    """Fetch all results of a job. What is no whole video is BadResult, and nothing is kept."""
    errand = _Errand(driver, folder, stem, expected_seconds, provenance)
    try:
        os.makedirs(folder or os.curdir, exist_ok=True)
        return tuple(errand.bring(url, number) for number, url in enumerate(outputs, 1))
    except OSError as error:
        raise CannotSave(
            f"the result cannot be saved in {visible(folder) or 'this folder'}: "
            f"{error.strerror or error}. It is still at {driver.service.title}: make room or "
            "choose another folder, and fetch it again."
        ) from error


@dataclass(frozen=True, slots=True)
class _Errand:
    """What all results of one job share."""

    driver: Driver
    folder: str
    stem: str
    expected: float | None
    provenance: Mapping[str, Any]

    def bring(self, url: str, number: int) -> Brought:
        with Part(self.folder, self.stem) as part:
            arrived = self.driver.download(url, part.file)
            part.settle()
            facts = probe(part.path, cache=False)
            _refuse(facts, url)
            damage = probe(part.path, deep=True, cache=False)
            home = place(part, arrived.sha256, MEDIA_TYPES.get(facts.format, _MP4)[1], number)
        notes = tuple(_notes(facts, self.expected, damage))
        about = redact_json(dict(self.provenance))
        about |= {"result": _result(os.path.basename(home.video), url, arrived, facts)}
        write_sidecar(home, about | {"notes": list(notes), MARK: __version__})
        return Brought(path=home.video, sidecar=home.sidecar, notes=notes)


def _refuse(facts: Facts, url: str) -> None:
    """Refuse what is no video, or not all of it."""
    if not facts.readable:
        say = f"what the link gives is no whole video ({facts.problem}): {redact(url)}"
    elif facts.kind != "video":
        say = f"the link gives no video but {facts.kind} ({facts.format}): {redact(url)}"
    else:
        return
    raise BadResult(f"{say}. Nothing was kept; try to fetch it again.")


def _notes(facts: Facts, expected: float | None, decoded: Facts) -> Iterator[str]:
    # What is paid for is kept even so: most of it may show.
    if not decoded.readable:
        yield f"the video is damaged ({decoded.problem}): look at it, and ask the service"
    length = facts.duration or 0.0
    if expected and abs(length - expected) > max(_TOLERANCE, _SHARE * expected):
        yield f"the video lasts {seconds(length)}, but {seconds(expected)} were ordered"


def _result(name: str, url: str, arrived: Downloaded, facts: Facts) -> dict[str, Any]:
    told = facts.as_json()
    return {
        "file": name,
        "bytes": arrived.bytes,
        "sha256": arrived.sha256,
        "url": redact(url),
        "fetched": datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z"),
        "facts": {name: told[name] for name in told if name not in _OF_THE_PART},
    }
