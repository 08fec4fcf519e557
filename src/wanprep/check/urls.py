"""What can be told of an asset's address before it is looked at."""

from __future__ import annotations

import contextlib
import time
from dataclasses import replace
from datetime import UTC, datetime
from itertools import chain
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import parse_qs, urlsplit

from wanprep.check.findings import job_findings
from wanprep.judge.judge_job import JobBroken, annotated_break
from wanprep.judge.resolve import is_private

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from wanprep.job.model import Asset, Job
    from wanprep.judge.finding import Finding
    from wanprep.judge.target import Target

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


def url_findings(assets: Iterable[Asset], job: Job, target: Target) -> Iterator[Finding]:
    """Judge each address by its looks: its scheme, and whether it leads anywhere public."""
    for broken in chain.from_iterable(_JUDGES[asset.kind](asset, target) for asset in assets):
        for finding in job_findings([broken], job, target):
            yield replace(finding, asset=broken.name)


def _judge_file(asset: Asset, target: Target) -> Iterator[JobBroken]:  # noqa: ARG001
    """Say nothing: a file is judged by its facts."""
    return iter(())


def _judge_data(asset: Asset, target: Target) -> Iterator[JobBroken]:  # noqa: ARG001
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


_JUDGES: Final[Mapping[str, Callable[[Asset, Target], Iterator[JobBroken]]]] = {
    "data": _judge_data,
    "file": _judge_file,
    "url": _judge_address,
}
