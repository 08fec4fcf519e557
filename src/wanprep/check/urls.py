"""Check an asset's URL: its text, and the outcome of probing it."""

from __future__ import annotations

import re
import time
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

from wanprep.check.expiry import expiry
from wanprep.media.facts import REFUSED, UNREAD, UNSAFE
from wanprep.net.urls import is_private, url_problem
from wanprep.rules.bounds import JobViolation, violation_of
from wanprep.schemas import load_schema

if TYPE_CHECKING:
    from collections.abc import Iterator

    from wanprep.job.model import Asset
    from wanprep.media.facts import Facts
    from wanprep.rules.target import Target

_NOTES: Final[dict[str, dict[str, Any]]] = load_schema("asset")["x-urls"]
_UNSAFE: Final = _NOTES["unsafe"]
_EXPIRES: Final = _NOTES["expires"]
_UNREACHABLE: Final = _NOTES["unreachable"]
_DATA: Final = _NOTES["data"]
_CONTENT_TYPE: Final = _NOTES["content_type"]
# What servers send where they know no better, such as application/octet-stream, is accepted.
_NOT_MEDIA: Final = re.compile(r"text/|application/(json|xml|xhtml\+xml)\Z")
_WARNING: Final = {"x-severity": "warning"}
_PUBLIC: Final = "a public https address"
_ERROR: Final = {"x-severity": "error"}
_MARGIN: Final = 3600
_EXPIRED: Final = "has expired"
_TRY_AGAIN: Final = "Check the connection, and run this again."


def url_violations(asset: Asset, target: Target, facts: Facts | None) -> Iterator[JobViolation]:
    """Check a URL's text, and the outcome of probing it, if it was probed."""
    if asset.kind == "data":
        if accepts_scheme(target, "data", asset.role):
            yield from _answer_violations(asset, facts) if facts else ()
            return
        name = asset.written.partition(",")[0][:60]
        detail = "the file itself, not a URL; services are documented to accept URLs only"
        violation = violation_of(_DATA, found=name, limit=_PUBLIC)
        yield JobViolation(violation, asset.pointer, name, detail=detail)
    elif asset.kind == "object" and facts:
        yield from _answer_violations(asset, facts)
    elif asset.kind == "url":
        of_text = list(_text_violations(asset, target))
        yield from of_text
        if facts and all(each.violation.severity != "error" for each in of_text):
            yield from _fetch_violations(asset, target, facts.problem or "")
            yield from _answer_violations(asset, facts)


def accepts_scheme(target: Target, scheme: str, role: str) -> bool:
    """Whether a target documents URLs of a scheme, beside https, for files in a role."""
    accepted = target.data.get("urls", {}).get("schemes", {}).get(scheme)
    return accepted is not None and role in accepted.get("roles", [role])


def is_public(asset: Asset) -> bool:
    """Whether a URL may be fetched from here: it is public, by its text."""
    if url_problem(asset.location):
        return False
    parts = urlsplit(asset.location)
    return parts.scheme.lower() in {"http", "https"} and not is_private(parts.hostname or "")


def _fetch_violations(asset: Asset, target: Target, problem: str) -> Iterator[JobViolation]:
    kind, _, detail = problem.partition(": ")
    if kind not in UNREAD:
        return
    note, advice = target.data.get("urls", {}).get("public") or _UNREACHABLE, ""
    if kind == UNSAFE:
        note = _UNSAFE
    elif kind != REFUSED:
        # The cause may be this network, or a temporary outage of the server.
        note, advice = note | _WARNING, _TRY_AGAIN
        detail = f"not checked: {detail.rstrip('.')}"
    violation = violation_of(note, found=asset.location, limit=_PUBLIC)
    name = asset.written.partition("?")[0]
    yield JobViolation(violation, asset.pointer, name, detail=detail, advice=advice)


def _answer_violations(asset: Asset, facts: Facts) -> Iterator[JobViolation]:
    """Report how a file that was read is sent."""
    content_type = facts.content_type or ""
    if facts.readable and _NOT_MEDIA.match(content_type):
        sender = "its URI says" if asset.kind == "data" else "its server sends it as"
        detail = f"the content is {facts.format.upper()}, {sender} {content_type}"
        violation = violation_of(_CONTENT_TYPE, found=content_type, limit=f"{facts.kind}/*")
        yield JobViolation(violation, asset.pointer, asset.shown.partition("?")[0], detail=detail)


def _text_violations(asset: Asset, target: Target) -> Iterator[JobViolation]:
    note, name, limit = _UNSAFE, asset.written, _PUBLIC
    problem = url_problem(asset.location)
    parts = urlsplit("" if problem else asset.location)
    scheme = parts.scheme.lower()
    if accepts_scheme(target, scheme, asset.role):
        return
    if is_private(parts.hostname or ""):
        detail = problem or "its host is private or missing, so no service can reach it"
    elif scheme == "http":
        note = target.data.get("urls", {}).get("https") or _UNSAFE | _WARNING
        detail = "not https"
    elif scheme != "https":
        detail = f"the scheme is {scheme or 'missing'}; services require https"
    else:
        note, limit = _EXPIRES, "an hour or more to live"
        detail, name = _expiry_detail(asset), name.partition("?")[0]
        note = note | _ERROR if detail == _EXPIRED else note
    if detail:
        violation = violation_of(note, found=asset.location, limit=limit)
        yield JobViolation(violation, asset.pointer, name, detail=detail)


def _expiry_detail(asset: Asset) -> str:
    """Describe a signed URL that expires soon: a job may wait in a queue before it is fetched."""
    end = expiry(asset.location)
    left = _MARGIN if end is None else end - time.time()
    if left >= _MARGIN:
        return ""
    return _EXPIRED if left <= 0 else f"expires in {left / 60:.0f} minutes"
