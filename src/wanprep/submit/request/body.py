"""Build the request of a job, and check it before it can be sent.

Everything that the job names is in the request or listed as dropped, and the request is valid by
the service's own schema.
"""

from __future__ import annotations

import copy
import json
import re
from collections import Counter
from functools import lru_cache
from hashlib import sha256
from typing import TYPE_CHECKING, Any, Final, TypeVar
from urllib.parse import urlsplit

from wanprep.dataclass import dataclass
from wanprep.errors import WanprepError
from wanprep.plugins.flow import Order
from wanprep.pointers import steps, strings_in
from wanprep.submit.request.fields import Draft, write_fields
from wanprep.text import join_words, visible

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from wanprep.check.inputs import Case
    from wanprep.plugins.provider import Settings
    from wanprep.rules.target import Target
    from wanprep.submit.request.submission import Submission

T = TypeVar("T")

_MOST_ERRORS: Final = 5
_DATA_URI: Final = re.compile(r"data:[a-z]+/[a-z0-9.+-]+;base64,[A-Za-z0-9+/]+=*")
_NOT_IN_URLS: Final = re.compile(r"[\s\x00-\x1f\x7f<>\"\\^`{|}]")
# Most URLs: what else is one is left to `is_url`.
_PLAIN_URL: Final = (
    r"(?i:https?)://[A-Za-z0-9.-]+(?::[1-5]?\d{1,4})?(?:[/?#][!#-;=?-\[\]_a-z~]*)?\Z"
)


class CannotBuild(WanprepError):
    """The job cannot be written as a request."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BuiltRequest:
    """An order, still without an idempotency key, and what differs from the job."""

    order: Order
    dropped: tuple[str, ...]  # of the job, in words
    unconfirmed: tuple[str, ...]  # fields whose names no documentation confirms


def build_request(
    case: Case,
    target: Target,
    urls: Mapping[str, str],
    *,
    drop: bool = False,
    settings: Settings | None = None,
) -> BuiltRequest:
    """Build the request of a job; `urls` are those of its local files, by pointer.

    `settings` are those of [providers.NAME]. What the target has no field for is refused, or
    with `drop` left out and listed.
    """
    settings, hosted = settings or {}, frozenset(urls.values())
    _require_sendable(case, target)
    urls = _urls_of_assets(case, urls)
    if case.native:
        draft = _write_native_body(case.job.body or {}, target, urls)
    else:
        draft = write_fields(case.intent, target.data["fields"], urls, settings)
    if draft.dropped and not drop:
        lacks = f"{target.provider_title} has no field for {join_words(draft.dropped, 'and')}."
        raise CannotBuild(
            f"{lacks} Take it out of the job, or allow it to be dropped.",
            command=f"{lacks} Take it out of the job, or pass --drop to send the job without it.",
        )
    _require_complete(case, target, draft, urls)
    _require_valid(target, draft, hosted)
    model = settings.get("model-ids", {}).get(target.id.partition("/")[2])
    return BuiltRequest(
        order=Order(
            target=target.id,
            model=model or str(target.data["model"]),
            body=draft.body,
            query=draft.query,
            roles=_urls_by_role(case, urls, draft),
            parameters=dict(case.intent.parameters),
        ),
        dropped=tuple(draft.dropped),
        unconfirmed=tuple(draft.unconfirmed),
    )


def _require_sendable(case: Case, target: Target) -> None:
    if not {"fields", "model"} <= target.data.keys() or target.request is None:
        raise CannotBuild(
            f"{target.id} is not an endpoint that a job can be sent to. "
            "Choose a provider's target: `wanprep targets` lists them."
        )
    if case.native and case.native.id != target.id:
        raise CannotBuild(
            f"The job is written as a request to {case.native.id} and can be sent only there. "
            "Written with prompt, references and parameters it can be sent to any target."
        )


def _urls_of_assets(case: Case, urls: Mapping[str, str]) -> dict[str, str]:
    found: dict[str, str] = {}
    for asset in case.intent.assets:
        if asset.kind in {"file", "object"} and asset.pointer not in urls:
            raise CannotBuild(f"{visible(asset.shown)} has no URL yet: upload it first.")
        found[asset.pointer] = urls.get(asset.pointer, asset.written)
    if any(reference.pointer not in found for reference in case.intent.references):
        raise CannotBuild("A reference of the job names neither an image nor a video.")
    return found


def _urls_by_role(case: Case, urls: Mapping[str, str], draft: Draft) -> dict[str, tuple[str, ...]]:
    """List the URLs that are sent in each role, in the job's order."""
    roles: dict[str, tuple[str, ...]] = {}
    for asset in case.intent.assets:
        if asset.pointer not in draft.left_out:
            roles[asset.role] = (*roles.get(asset.role, ()), urls[asset.pointer])
    return roles


def _write_native_body(body: Mapping[str, Any], target: Target, urls: Mapping[str, str]) -> Draft:
    fields = (target.request or {}).get("properties", {})
    return Draft(
        body=replace_values({name: body[name] for name in body if name in fields}, urls),
        dropped=[f"`{name}`" for name in body if name not in fields],
    )


def replace_values(body: Mapping[str, Any], values: Mapping[str, Any]) -> dict[str, Any]:
    """Copy a native body, with other values at some pointers such as /body/image_urls/0."""
    copied = {"body": copy.deepcopy(dict(body))}
    for pointer, value in values.items():
        parent: Any = copied
        *path, last = steps(pointer)
        for part in path:
            parent = parent[int(part)] if isinstance(parent, list) else parent[part]
        parent[int(last) if isinstance(parent, list) else last] = value
    return copied["body"]


def _require_complete(case: Case, target: Target, draft: Draft, urls: Mapping[str, str]) -> None:
    """Check that every file and prompt of the job is in the request, however it was written."""
    expected = [url for pointer, url in urls.items() if pointer not in draft.left_out]
    prompts = [case.intent.prompt, case.intent.negative_prompt]
    if "the negative prompt" in draft.dropped:
        prompts.pop()
    lost = missing_strings(draft.body, expected + [each.text for each in prompts if each])
    if lost:
        raise CannotBuild(
            f"The request to {target.provider_title} does not hold all of the job:"
            f" {join_words([_shortened(text) for text in lost], 'and')} is missing."
            " Nothing was sent."
        )


def _require_valid(target: Target, draft: Draft, hosted: frozenset[str]) -> None:
    """Validate a request against the service's own schema; uploads may have URLs of its own."""
    from wanprep.validity import is_valid

    if is_valid(draft.body, _with_patterns(target)):  # jsonschema takes long to import
        return
    from jsonschema import FormatChecker

    from wanprep.schemas import schema_errors

    schemes = _url_schemes(target)
    checker = FormatChecker(formats=())
    checker.checks("uri")(
        lambda value: is_url(value) or value in hosted or value.partition("://")[0] in schemes
    )
    errors = dict.fromkeys(map(str, schema_errors(draft.body, target.request or {}, checker)))
    if errors:
        raise CannotBuild(
            f"{target.provider_title} would refuse the request: "
            f"{'; '.join(list(errors)[:_MOST_ERRORS])}. "
            f"`wanprep check -t {target.id}` explains more."
        )


def _url_schemes(target: Target) -> Mapping[str, Any]:
    schemes: Mapping[str, Any] = target.data.get("urls", {}).get("schemes", {})
    return schemes


@lru_cache(256)
def _with_patterns(target: Target) -> Any:  # noqa: ANN401 - JSON
    """Return the service's own schema with a pattern beside the format of each URL."""
    own = [f"{re.escape(scheme)}://" for scheme in _url_schemes(target)]
    url = {"pattern": f"^(?:{'|'.join([_PLAIN_URL, *own])})"}

    def expand(node: Any) -> Any:  # noqa: ANN401 - JSON
        if isinstance(node, list):
            return [expand(each) for each in node]
        if not isinstance(node, dict):
            return node
        expanded = {key: expand(each) for key, each in node.items()}
        return {"allOf": [expanded, url]} if node.get("format") == "uri" else expanded

    return expand(target.request or {})


def missing_strings(body: Mapping[str, Any], expected: Sequence[str]) -> list[str]:
    """List the strings that are not in a body as often as they are expected."""
    return list((Counter(expected) - Counter(strings_in(body))).elements())


def is_url(value: object) -> bool:
    """Whether a value is an http(s) URL or a data URI; of another type, it is not checked."""
    if not isinstance(value, str):
        return True
    if value.startswith("data:"):
        return _DATA_URI.fullmatch(value) is not None
    try:
        parts = urlsplit(value)
        _ = parts.port
    except ValueError:
        return False
    plain = not _NOT_IN_URLS.search(value)
    return plain and parts.scheme.lower() in {"http", "https"} and bool(parts.hostname)


def _shortened(text: str) -> str:
    plain = visible(text)
    return plain if len(plain) <= 80 else f"{plain[:77]}…"


def placeholder_urls(submission: Submission) -> dict[str, str]:
    """Return stand-ins for the URLs of files that are not uploaded yet."""
    return {
        pointer: f"https://uploaded.invalid/{file.sha256[:16]}/{file.name}"
        for pointer, file in submission.files.items()
    } | {
        pointer: f"https://signed.invalid/{sha256(each.url.encode()).hexdigest()[:16]}/file"
        for pointer, each in submission.objects.items()
    }


def build_trial(submission: Submission, settings: Settings, *, drop: bool) -> BuiltRequest:
    """Build the request with placeholder URLs; raise CannotBuild before anything is uploaded."""
    urls = placeholder_urls(submission)
    return build_request(submission.case, submission.target, urls, drop=drop, settings=settings)


def sent_of(entries: Mapping[str, T], submission: Submission, trial: BuiltRequest) -> dict[str, T]:
    """List those of a submission's files or objects that are in the request: no dropped ones."""
    text = json.dumps(trial.order.body)
    urls = placeholder_urls(submission)
    return {at: entry for at, entry in entries.items() if json.dumps(urls[at]) in text}
