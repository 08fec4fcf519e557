"""From a job to the request that a service wants, by the tables in its target.

Nothing is sent that is not whole: all that the job names is in the request, or is told to be
dropped; and the request is as the service's own schema wants it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from wanprep.errors import WanprepError
from wanprep.judge.message import provider_name
from wanprep.submit.flow import Order
from wanprep.submit.order.body_checks import faults, missing
from wanprep.submit.order.body_fields import Draft, write
from wanprep.submit.order.body_native import written_over
from wanprep.text import listed, visible

if TYPE_CHECKING:
    from collections.abc import Mapping

    from wanprep.check.cases import Case
    from wanprep.judge.target import Target
    from wanprep.submit.provider import Settings


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
        else write(case.meant, target.data["fields"], addresses, settings)
    )
    if draft.dropped and not drop:
        raise CannotBuild(
            f"{provider_name(target)} has no field for {listed(draft.dropped, 'and')}. "
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
    for asset in case.meant.assets:
        if asset.kind == "file" and asset.pointer not in urls:
            raise CannotBuild(f"{visible(asset.written)} has no address yet: host it first.")
        found[asset.pointer] = urls.get(asset.pointer, asset.written)
    if any(reference.pointer not in found for reference in case.meant.references):
        raise CannotBuild("A reference of the job names neither a picture nor a clip.")
    return found


def _whole(case: Case, target: Target, draft: Draft, addresses: Mapping[str, str]) -> None:
    """Look whether everything is in the request, whoever built it, before it may leave."""
    wanted = {pointer: url for pointer, url in addresses.items() if pointer not in draft.left_out}
    texts = [text.text for text in (case.meant.prompt, case.meant.negative_prompt) if text]
    if "the negative prompt" in draft.dropped:
        texts = texts[:1]
    lost = missing(draft.body, [*wanted.values(), *texts])
    if lost:
        raise CannotBuild(
            f"The request to {provider_name(target)} does not hold all of the job: "
            f"{listed([_short(text) for text in lost], 'and')} is missing. Nothing was sent."
        )
    wrong = faults(draft.body, target.request or {})
    if wrong:
        raise CannotBuild(
            f"{provider_name(target)} would refuse the request: {'; '.join(wrong)}. "
            f"`wanprep check -t {target.id}` says more."
        )


def _short(text: str) -> str:
    plain = visible(text)
    return plain if len(plain) <= 80 else f"{plain[:77]}…"


def _model(target: Target, settings: Settings) -> str:
    other: Mapping[str, str] = settings.get("model-ids", {})
    return other.get(target.id.partition("/")[2]) or str(target.data["model"])
