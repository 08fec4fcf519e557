"""What can be told of an asset's address: by its looks, and by who answers there."""

from __future__ import annotations

import contextlib
import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import parse_qs, urlsplit

from wanprep.media.facts import NOT_REACHED, NOT_READ, REFUSED, UNSAFE
from wanprep.net.addresses import is_private
from wanprep.rules.broken import JobBroken
from wanprep.rules.judge_job import annotated_break

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from wanprep.job.model import Asset
    from wanprep.media.facts import Facts
    from wanprep.rules.target import Target

_UNSAFE: Final[dict[str, Any]] = {
    "x-rule": "asset-url-unsafe",
    "x-source": {
        "doc": "https://github.com/tigerowo/infinite-canvas/pull/42",
        "says": "names of a local network passed as public addresses and failed later",
        "checked": "2026-11-20",
        "confidence": "inferred",
    },
}
_EXPIRES: Final[dict[str, Any]] = {
    "x-rule": "url-expires-soon",
    "x-severity": "warning",
    "x-source": {
        "doc": "https://github.com/agentscope-ai/agentscope-java/issues/2700",
        "says": "a signed link expired before the provider fetched it",
        "checked": "2026-11-20",
        "confidence": "inferred",
    },
}
_UNREACHABLE: Final[dict[str, Any]] = {
    "x-rule": "asset-url-unreachable",
    "x-severity": "error",
    "x-source": {
        "doc": "https://github.com/lobehub/lobehub/issues/14652",
        "says": "a service that could not fetch a file failed the job after accepting it",
        "checked": "2026-11-20",
        "confidence": "inferred",
    },
}
_DATA: Final[dict[str, Any]] = {
    "x-rule": "asset-url-unsafe",
    "x-severity": "warning",
    "x-source": {
        "doc": "https://github.com/basketikun/infinite-canvas/issues/154",
        "says": "a file written into the request was refused: it must be provided as a web url",
        "checked": "2026-11-20",
        "confidence": "inferred",
    },
}
_MARGIN: Final = 3600


def url_breaks(asset: Asset, target: Target, facts: Facts | None) -> Iterator[JobBroken]:
    """Judge an address by its looks, and by what came of asking for it, where it was asked."""
    if asset.kind == "data":
        yield from _judge_data(asset)
    elif asset.kind == "url":
        by_looks = list(_judge_address(asset, target))
        yield from by_looks
        # Of an address that nobody may be handed it does not matter who answers there.
        if facts and all(each.broken.severity != "error" for each in by_looks):
            yield from _judge_answer(asset, target, facts.problem or "")


def worth_asking(asset: Asset) -> bool:
    """Tell whether an address may be asked: it is public, by its looks."""
    try:
        parts = urlsplit(asset.location)
        return parts.scheme.lower() in {"http", "https"} and not is_private(parts.hostname or "")
    except ValueError:
        return False


def _judge_answer(asset: Asset, target: Target, problem: str) -> Iterator[JobBroken]:
    kind, _, why = problem.partition(": ")
    if kind not in {UNSAFE, REFUSED, NOT_REACHED, NOT_READ}:
        return
    note = target.data.get("urls", {}).get("public") or _UNREACHABLE
    if kind == UNSAFE:
        note = _UNSAFE | {"x-severity": "error"}
    elif kind != REFUSED:
        # It may be the network here, or a bad minute there: not known, which is not refused.
        note = note | {"x-severity": "warning"}
        why = f"could not be looked at from here: {why}"
    broken = annotated_break(note, found=asset.location, limit="a public https address")
    yield JobBroken(broken, asset.pointer, asset.written.partition("?")[0], detail=why)


def _judge_data(asset: Asset) -> Iterator[JobBroken]:
    """Doubt a file that is written into the job: no target documents that it reads one."""
    name = asset.written.partition(",")[0][:60]
    broken = annotated_break(_DATA, found=name, limit="a public https address")
    why = "is the file itself and no address; services are only known to take addresses"
    yield JobBroken(broken, asset.pointer, name, detail=why)


def _judge_address(asset: Asset, target: Target) -> Iterator[JobBroken]:
    demands = target.data.get("urls", {})
    try:
        parts = urlsplit(asset.location)
        host, scheme = parts.hostname or "", parts.scheme.lower()
    except ValueError:
        host, scheme = "", ""
    if is_private(host):
        note = _UNSAFE | {"x-severity": "error"}
        why = "leads nowhere from outside: its host is private or missing"
    elif scheme == "http":
        note = demands.get("https") or _UNSAFE | {"x-severity": "warning"}
        why = "is not https"
    elif scheme != "https":
        note = _UNSAFE | {"x-severity": "error"}
        why = f"has the scheme {scheme or 'none'}, which nobody fetches"
    else:
        yield from _expiring(asset)
        return
    broken = annotated_break(note, found=asset.location, limit="a public https address")
    yield JobBroken(broken, asset.pointer, asset.written, detail=why)


def _expiring(asset: Asset) -> Iterator[JobBroken]:
    """Read from a signed link when it dies: a job may wait in a queue before it is fetched."""
    end = expiry(parse_qs(urlsplit(asset.location).query))
    left = None if end is None else end - time.time()
    if left is None or left >= _MARGIN:
        return
    why = "has expired" if left <= 0 else f"expires in {left / 60:.0f} minutes"
    broken = annotated_break(_EXPIRES, found=asset.location, limit="an hour or more to live")
    yield JobBroken(broken, asset.pointer, asset.written.partition("?")[0], detail=why)


def expiry(query: Mapping[str, list[str]]) -> float | None:
    """Tell the second at which a link dies, as the signers of links write it."""
    first = {name.lower(): values[0] for name, values in query.items()}
    for prefix in ("x-amz", "x-goog", "x-oss"):
        signed, length = first.get(f"{prefix}-date"), first.get(f"{prefix}-expires")
        if signed and length and length.isdecimal():
            with contextlib.suppress(ValueError):
                begin = datetime.strptime(signed, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
                return begin.timestamp() + int(length)
    if (seconds := first.get("expires", "")).isdecimal():
        return float(seconds)
    with contextlib.suppress(ValueError):
        if "sig" in first and "se" in first:
            return datetime.fromisoformat(first["se"]).timestamp()
    return None
