"""Save results: each video whole, checked, under a free name, with a sidecar of its origin."""

from __future__ import annotations

import contextlib
import json
import os
import secrets
from dataclasses import replace
from datetime import UTC, datetime
from itertools import count
from typing import IO, TYPE_CHECKING, Any, Final

from wanprep import __version__
from wanprep.dataclass import dataclass
from wanprep.errors import UsageError
from wanprep.files.atomic import AlreadyExists, CannotWrite, move_into_place, sha256_of, write_bytes
from wanprep.media import probe
from wanprep.net.secrets import redact, redact_json
from wanprep.submit.errors import BadResult, CannotSave
from wanprep.submit.ledger.run import format_time
from wanprep.submit.uploads.files import MEDIA_TYPES
from wanprep.text import seconds, visible

if TYPE_CHECKING:
    from collections.abc import Iterator

    from wanprep.media.facts import Facts
    from wanprep.submit.http.download import Downloaded
    from wanprep.submit.http.driver import Driver
    from wanprep.submit.ledger.run import Run

# Services cut at whole frames and round durations: a larger difference than both is noted.
_TOLERANCE: Final = 0.5  # seconds
_TOLERANCE_SHARE: Final = 0.1
# Of one run. Services give one video, seldom up to four.
_MOST_RESULTS: Final = 16
_MOST_BYTES: Final = 4 * 2**30
_NOT_OF_THE_RESULT: Final = frozenset({"path", "extension_format"})  # facts of the partial file
_MARK: Final = "wanprep"  # a sidecar with this key was written by wanprep, and may be replaced


@dataclass(frozen=True, slots=True, kw_only=True)
class SavedResult:
    """A downloaded video and its sidecar."""

    path: str
    sidecar: str
    notes: tuple[str, ...]  # for the user: what differs from the order


def require_writable(folder: str) -> None:
    """Refuse a folder that cannot take a result, before one is paid for. Create nothing yet."""
    there = os.path.abspath(folder)
    while not os.path.lexists(there):
        there = os.path.dirname(there)
    if not os.path.isdir(there):
        problem = "is a file"
    elif not os.access(there, os.W_OK | os.X_OK):
        problem = "is not writable"
    else:
        return
    raise UsageError(f"results cannot be put into {visible(folder)}: {visible(there)} {problem}.")


def result_name(run: Run) -> str:
    """Name a result after its job and its run, without a suffix."""
    name = os.path.splitext(os.path.basename(run.job))[0]
    part = f"-{run.number}" if run.number > 1 else ""
    return f"{name}{part}-{run.id}"


def save_results(run: Run, driver: Driver, folder: str) -> tuple[SavedResult, ...]:
    """Download all results of a run. One that is not a whole video is BadResult, and not kept."""
    try:
        os.makedirs(folder, exist_ok=True)
        return tuple(_save_each(run, driver, folder))
    except (OSError, CannotWrite) as error:
        cause = error.__cause__ or error
        raise CannotSave(
            f"the result cannot be saved in {visible(folder)}: "
            f"{getattr(cause, 'strerror', None) or cause}. It is still at {driver.service.title}:"
            " make room or choose another folder, and fetch it again."
        ) from error


def _save_each(run: Run, driver: Driver, folder: str) -> Iterator[SavedResult]:
    """Download results up to a number and a size: an answer may list any number of URLs."""
    size, left = 0, len(run.outputs)
    for number, url in enumerate(run.outputs, 1):
        saved = _save_result(run, driver, folder, url, number)
        size, left = size + os.path.getsize(saved.path), left - 1
        if left and (number == _MOST_RESULTS or size > _MOST_BYTES):
            note = f"{left} more results were not downloaded: the limit is 16 results and 4 GiB"
            yield replace(saved, notes=(*saved.notes, note))
            return
        yield saved


def _save_result(run: Run, driver: Driver, folder: str, url: str, number: int) -> SavedResult:
    with _open_part(folder, result_name(run)) as part:
        downloaded = driver.download(url, part)
        part.flush()
        facts = probe(part.name, cache=False)
        _require_video(facts, url)
        decoded = probe(part.name, deep=True, cache=False)
        suffix = MEDIA_TYPES.get(facts.format, MEDIA_TYPES["mp4"])[1]
        path, sidecar = _place(part.name, result_name(run), downloaded.sha256, suffix, number)
    notes = tuple(_notes(facts, decoded, run.facts.get("seconds")))
    about = redact_json(_provenance(run)) | {
        "result": _result(os.path.basename(path), url, downloaded, facts),
        "notes": list(notes),
        _MARK: __version__,
    }
    text = json.dumps(about, ensure_ascii=False, indent=2) + "\n"
    write_bytes(text.encode("utf-8", "backslashreplace"), sidecar, overwrite=True)
    return SavedResult(path=path, sidecar=sidecar, notes=notes)


@contextlib.contextmanager
def _open_part(folder: str, name: str) -> Iterator[IO[bytes]]:
    """Open a new file under a hidden name, which is removed in the end."""
    path = os.path.join(folder, f".{name}.{secrets.token_hex(4)}.part")
    file = open(path, "x+b")  # noqa: SIM115 - closed below, even if the disk is full
    try:
        yield file
    finally:
        with contextlib.suppress(OSError):
            file.close()
        with contextlib.suppress(FileNotFoundError):
            os.unlink(path)


def _require_video(facts: Facts, url: str) -> None:
    if not facts.readable:
        problem = f"what the link gives is not a whole video ({facts.problem}): {redact(url)}"
    elif facts.kind != "video":
        problem = f"the link gives no video but {facts.kind} ({facts.format}): {redact(url)}"
    else:
        return
    raise BadResult(f"{problem}. Nothing was kept; try to fetch it again.")


def _place(part: str, stem: str, sha256: str, suffix: str, number: int) -> tuple[str, str]:
    """Move a result to the first free name; return its path and its sidecar's.

    The same content from an earlier download keeps its name.
    """
    folder = os.path.dirname(part)
    for each in count(number):
        name = stem if each == 1 else f"{stem}-{each}"
        path, sidecar = (os.path.join(folder, f"{name}.{end}") for end in (suffix, "json"))
        if os.path.lexists(sidecar) and not _is_own_sidecar(sidecar):
            continue
        if not os.path.lexists(path):
            with contextlib.suppress(AlreadyExists):
                move_into_place(part, path)
                return path, sidecar
        with contextlib.suppress(CannotWrite):  # it cannot be read
            if sha256_of(path) == sha256:
                return path, sidecar
    raise AssertionError("names never end")  # pragma: no cover


def _is_own_sidecar(path: str) -> bool:
    try:
        with open(path, encoding="utf-8") as file:
            about = json.load(file)
    except (OSError, ValueError):
        return False
    return isinstance(about, dict) and _MARK in about


def _notes(facts: Facts, decoded: Facts, expected: float | None) -> Iterator[str]:
    # A damaged video is kept: it is paid for, and most of it may play.
    if not decoded.readable:
        yield f"the video is damaged ({decoded.problem}): inspect it, and ask the service"
    length = facts.duration or 0.0
    if expected and abs(length - expected) > max(_TOLERANCE, _TOLERANCE_SHARE * expected):
        yield f"the video lasts {seconds(length)}, but {seconds(expected)} were ordered"


def _result(name: str, url: str, downloaded: Downloaded, facts: Facts) -> dict[str, Any]:
    return {
        "file": name,
        "bytes": downloaded.bytes,
        "sha256": downloaded.sha256,
        "url": redact(url),
        "fetched": datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z"),
        "facts": {
            name: value for name, value in facts.as_json().items() if name not in _NOT_OF_THE_RESULT
        },
    }


def _provenance(run: Run) -> dict[str, Any]:
    return {
        "run": run.id,
        "job": run.job,
        "document": run.number,
        "target": run.target,
        "provider_id": run.provider_id,
        "idempotency_key": run.order.idempotency_key or None,
        "body": run.order.body,
        "query": dict(run.order.query),
        "assets": run.facts.get("assets", []),
        "estimate": run.facts.get("estimate"),
        "details": run.details,
        "created": format_time(run.created),
        "sent": format_time(run.sent),
    }
