"""From a job to the request that a service wants, by the tables in its target.

Nothing is sent that is not whole: all that the job names is in the request, or is told to be
dropped; and the request is as the service's own schema wants it.
"""

from __future__ import annotations

import copy
import json
import re
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

from wanprep.errors import WanprepError
from wanprep.plugins.flow import Order
from wanprep.pointers import steps
from wanprep.submit.request.fields import Draft, write
from wanprep.text import listed, visible

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from wanprep.check.inputs import Case
    from wanprep.plugins.provider import LocalFile, Settings
    from wanprep.rules.target import Target
    from wanprep.submit.request.submission import Submission


def written_over(body: Mapping[str, Any], target: Target, addresses: Mapping[str, str]) -> Draft:
    """Put addresses where the body names files; fields that the service lacks are left out."""
    known = (target.request or {}).get("properties", {})
    draft = Draft(
        body={name: copy.deepcopy(value) for name, value in body.items() if name in known}
    )
    draft.dropped = [f"`{name}`" for name in body if name not in known]
    for pointer, address in addresses.items():
        _put(draft.body, pointer, address)
    return draft


def _put(body: Any, pointer: str, address: str) -> None:  # noqa: ANN401 - JSON
    _, *path, last = steps(pointer)
    for part in path:
        body = body[int(part)] if isinstance(body, list) else body[part]
    body[int(last) if isinstance(body, list) else last] = address


_MOST: Final = 5


_DATA: Final = re.compile(r"data:[a-z]+/[a-z0-9.+-]+;base64,[A-Za-z0-9+/]+=*")


_NOT_IN_ADDRESSES: Final = re.compile(r"[\s\x00-\x1f\x7f<>\"\\^`{|}]")


def missing(body: Mapping[str, Any], wanted: Sequence[str]) -> list[str]:
    """Name what is wanted and not there, as often as it is wanted."""
    return list((Counter(wanted) - Counter(_texts(body))).elements())


def _texts(value: object) -> Iterator[str]:
    match value:
        case str():
            yield value
        case dict():
            for each in value.values():
                yield from _texts(each)
        case list():
            for each in value:
                yield from _texts(each)


def faults(body: Mapping[str, Any], schema: Mapping[str, Any]) -> list[str]:
    """Say what the service's own schema has against a request."""
    from jsonschema import FormatChecker

    from wanprep.schema_errors import schema_errors

    checker = FormatChecker(formats=())
    checker.checks("uri")(is_address)
    errors = map(str, schema_errors(body, schema, checker))
    return list(dict.fromkeys(errors))[:_MOST]


def is_address(value: object) -> bool:
    """Tell whether a text is an address that can be fetched, or holds its file itself."""
    if not isinstance(value, str):
        return True  # the type is another keyword's business
    if value.startswith("data:"):
        return _DATA.fullmatch(value) is not None
    try:
        parts = urlsplit(value)
        _ = parts.port
    except ValueError:
        return False
    plain = not _NOT_IN_ADDRESSES.search(value)
    return plain and parts.scheme.lower() in {"http", "https"} and bool(parts.hostname)


class CannotBuild(WanprepError):
    """No request can be made of a job that would be what the job says."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Built:
    """A request, ready to be sent."""

    target: str
    model: str  # as the provider calls it
    body: Mapping[str, Any]
    query: Mapping[str, str]
    dropped: tuple[str, ...]  # of the job, in words
    unconfirmed: tuple[str, ...]  # fields whose names no documentation confirms

    def order(self, idempotency_key: str = "") -> Order:
        """Make an order of it."""
        return Order(
            target=self.target,
            model=self.model,
            body=self.body,
            query=self.query,
            idempotency_key=idempotency_key,
        )


def build(
    case: Case,
    target: Target,
    urls: Mapping[str, str],
    *,
    drop: bool = False,
    settings: Settings | None = None,
) -> Built:
    """Build the request of a job; `urls` are the addresses of its local files, by pointer.

    `settings` are those of [providers.NAME]. What the target has no field for is refused, or
    with `drop` left out and told.
    """
    settings = settings or {}
    _buildable(case, target)
    addresses = _addresses(case, urls)
    draft = (
        written_over(case.job.body or {}, target, addresses)
        if case.native
        else write(case.intent, target.data["fields"], addresses, settings)
    )
    if draft.dropped and not drop:
        raise CannotBuild(
            f"{target.provider_title} has no field for {listed(draft.dropped, 'and')}. "
            "Take it out of the job, or pass --drop to send the job without it."
        )
    _whole(case, target, draft, addresses)
    return Built(
        target=target.id,
        model=_model(target, settings),
        body=draft.body,
        query=draft.query,
        dropped=tuple(draft.dropped),
        unconfirmed=tuple(draft.unconfirmed),
    )


def _buildable(case: Case, target: Target) -> None:
    if not {"fields", "model"} <= target.data.keys() or target.request is None:
        raise CannotBuild(
            f"{target.id} is nothing that a job can be sent to. "
            "Choose a provider's target: `wanprep targets` lists them."
        )
    if case.native and case.native.id != target.id:
        raise CannotBuild(
            f"The job is written as a request to {case.native.id} and can be sent only there. "
            "Written with prompt, references and parameters it can be sent to any target."
        )


def _addresses(case: Case, urls: Mapping[str, str]) -> dict[str, str]:
    """Know the address of every file that the job names, by its place."""
    found: dict[str, str] = {}
    for asset in case.intent.assets:
        if asset.kind == "file" and asset.pointer not in urls:
            raise CannotBuild(f"{visible(asset.written)} has no address yet: host it first.")
        found[asset.pointer] = urls.get(asset.pointer, asset.written)
    if any(reference.pointer not in found for reference in case.intent.references):
        raise CannotBuild("A reference of the job names neither an image nor a clip.")
    return found


def _whole(case: Case, target: Target, draft: Draft, addresses: Mapping[str, str]) -> None:
    """Look whether everything is in the request, whoever built it, before it may leave."""
    wanted = {pointer: url for pointer, url in addresses.items() if pointer not in draft.left_out}
    texts = [text.text for text in (case.intent.prompt, case.intent.negative_prompt) if text]
    if "the negative prompt" in draft.dropped:
        texts = texts[:1]
    lost = missing(draft.body, [*wanted.values(), *texts])
    if lost:
        raise CannotBuild(
            f"The request to {target.provider_title} does not hold all of the job: "
            f"{listed([_short(text) for text in lost], 'and')} is missing. Nothing was sent."
        )
    wrong = faults(draft.body, target.request or {})
    if wrong:
        raise CannotBuild(
            f"{target.provider_title} would refuse the request: {'; '.join(wrong)}. "
            f"`wanprep check -t {target.id}` says more."
        )


def _short(text: str) -> str:
    plain = visible(text)
    return plain if len(plain) <= 80 else f"{plain[:77]}…"


def _model(target: Target, settings: Settings) -> str:
    other: Mapping[str, str] = settings.get("model-ids", {})
    return other.get(target.id.partition("/")[2]) or str(target.data["model"])


def placeholders(submission: Submission) -> dict[str, str]:
    """Give files addresses that lead nowhere, by their places in the job."""
    return {
        pointer: f"https://uploaded.invalid/{file.sha256[:16]}/{file.name}"
        for pointer, file in submission.files.items()
    }


def tried(submission: Submission, settings: Settings, *, drop: bool) -> Built:
    """Build the request as it will be, but for the addresses; refuse what cannot be built."""
    return build(
        submission.case, submission.target, placeholders(submission), drop=drop, settings=settings
    )


def needed(submission: Submission, trial: Built) -> Mapping[str, LocalFile]:
    """List the files that are in the request: what is dropped is not uploaded."""
    text = json.dumps(trial.body)
    return {
        pointer: submission.files[pointer]
        for pointer, address in placeholders(submission).items()
        if json.dumps(address) in text
    }
