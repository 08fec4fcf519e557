"""Sentences about a service: repeats, cancelling, results, uploads and rate limits."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from wanprep.submit.services.service import Service


def service_notes(service: Service) -> list[str]:
    """List what a user should know before submitting."""
    return [
        *_about_repeats(service),
        f"Cancelling: {service.cancel}" if service.cancel else "Jobs cannot be cancelled.",
        _about_results(service),
        *_about_uploads(service),
        *_about_pace(service),
        *service.notes,
    ]


def _about_repeats(service: Service) -> Iterator[str]:
    if service.idempotency is None:
        yield (
            "No idempotency keys: a request whose response is lost is never repeated "
            "automatically, because that could pay twice."
        )
    elif not service.idempotency.repeat:
        yield (
            f"Each job has an id of its own ({service.idempotency.header}), by which it is found; a"
            " request whose response is lost is never repeated automatically."
        )
    else:
        yield (
            f"Idempotency keys ({service.idempotency.header}): a request repeated under the "
            f"same key is not paid twice{_basis(service)}."
        )
    yield (
        f"Finding a job whose response was lost: {service.find}"
        if service.find
        else "A job whose response was lost cannot be found automatically."
    )


def _basis(service: Service) -> str:
    confidence = service.data["idempotency"]["x-source"]["confidence"]
    return "" if confidence == "documented" else " (as its own clients do, not documented)"


def _about_results(service: Service) -> str:
    if service.results_kept is None:
        return "How long results are kept is not documented; wanprep downloads them at once."
    return f"Results can be downloaded for {_span(service.results_kept)}."


def _about_uploads(service: Service) -> Iterator[str]:
    if service.uploads is None:
        yield "No uploads: local files need your own bucket ([hosts])."
        return
    if service.uploads.needs:
        settings = " or ".join(f"`{name}`" for name in service.uploads.needs)
        yield (
            f"Local files need {settings} in [providers.{service.name}], "
            "or your own bucket ([hosts])."
        )
    elif service.uploads.kept:
        yield f"Local files are uploaded, and kept for {_span(service.uploads.kept)}."
    if service.uploads.warning:
        yield service.uploads.warning


def _about_pace(service: Service) -> Iterator[str]:
    if service.pace:
        yield (
            f"A new account may send {service.pace.per_minute} jobs per minute, "
            f"{service.pace.at_once} at once."
        )


def _span(length: float) -> str:
    hours = length / 3600
    return f"{hours:g} hours" if hours <= 72 else f"{hours / 24:g} days"
