"""What a user should know of a service before sending it anything, in sentences."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from wanprep.submit.services.service import Service


def service_notes(service: Service) -> list[str]:
    """Say what a user should know of a service before sending it anything."""
    return [
        *_about_repeats(service),
        f"Cancelling: {service.cancel}" if service.cancel else "There is no way to cancel a job.",
        _about_results(service),
        *_about_uploads(service),
        *_about_pace(service),
        *service.notes,
    ]


def _about_repeats(service: Service) -> Iterator[str]:
    if service.idempotency is None:
        yield (
            "There is no idempotency key: an order whose answer is lost is never sent again "
            "by itself, since that could pay twice."
        )
    else:
        yield (
            f"Each order carries an idempotency key ({service.idempotency.header}): repeated "
            f"under the same key it is not paid twice{_by_whom(service)}."
        )
    yield (
        f"A job whose answer was lost: {service.find}"
        if service.find
        else "A job whose answer was lost cannot be looked for from here."
    )


def _by_whom(service: Service) -> str:
    sure = service.data["idempotency"]["x-source"]["confidence"] == "documented"
    return "" if sure else ", as its own programs do; its pages do not speak of it"


def _about_results(service: Service) -> str:
    if service.results_kept is None:
        return "How long results can be fetched is not said: wanprep fetches them at once."
    return f"Results can be fetched for {_span(service.results_kept)}."


def _about_uploads(service: Service) -> Iterator[str]:
    if service.uploads is None:
        yield "It takes no uploads: local files need a place of your own ([hosts])."
        return
    if service.uploads.needs:
        settings = " or ".join(f"`{name}`" for name in service.uploads.needs)
        yield (
            f"Local files are taken only with {settings} in [providers.{service.name}], "
            "else they need a place of your own ([hosts])."
        )
    elif service.uploads.kept:
        yield f"Local files are uploaded, and kept there for {_span(service.uploads.kept)}."
    if service.uploads.warning:
        yield service.uploads.warning


def _about_pace(service: Service) -> Iterator[str]:
    if service.pace:
        yield (
            f"A new account may send {service.pace.per_minute} jobs a minute "
            f"and have {service.pace.at_once} at once."
        )


def _span(length: float) -> str:
    hours = length / 3600
    return f"{hours:g} hours" if hours <= 72 else f"{hours / 24:g} days"
