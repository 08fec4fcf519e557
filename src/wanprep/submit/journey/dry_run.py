"""What would be sent, shown without sending it: nothing is uploaded, asked or written down."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

from wanprep.submit.journey.preview import preview, preview_upload
from wanprep.submit.order.addresses import needed, tried
from wanprep.submit.order.money import in_words
from wanprep.submit.order.price import estimate
from wanprep.submit.services.plugins import installed
from wanprep.text import visible

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from wanprep.submit.order.errands import Errand
    from wanprep.submit.provider import LocalFile
    from wanprep.submit.services.services import Services

# Each order gets a key of its own when it is sent; this only shows where that stands.
_KEY: Final = "new-for-each-order"


def rehearsal(
    errand: Errand, services: Services, environ: Mapping[str, str], *, drop: bool
) -> dict[str, Any]:
    """Show all requests that a job would take, the uploads first."""
    name = errand.target.provider
    service, settings = services.service(name), services.settings(name)
    built = tried(errand, settings, drop=drop)
    order = preview(installed().provider(name), service, built.order(_KEY), environ=environ)
    return {
        "job": errand.subject,
        "target": errand.target.id,
        "estimate": in_words(estimate(errand.target, errand.case.meant, errand.facts)),
        "dropped": list(built.dropped),
        "unconfirmed": list(built.unconfirmed),
        "requests": [*_uploads(needed(errand, built), errand, services, environ), order],
    }


def _uploads(
    files: Mapping[str, LocalFile],
    errand: Errand,
    services: Services,
    environ: Mapping[str, str],
) -> Iterator[dict[str, Any]]:
    name = errand.target.provider
    for file in {file.sha256: file for file in files.values()}.values():
        request = preview_upload(
            installed().provider(name),
            services.service(name),
            file,
            environ=environ,
            settings=services.settings(name),
            config_hosts=services.config.hosts,
        )
        if request is not None:
            yield request


def as_json(rehearsals: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    """Write a list with all jobs."""
    yield json.dumps(rehearsals, indent=2, ensure_ascii=False) + "\n"


def as_text(rehearsals: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    """Write requests as they go over the wire, in their order."""
    for each in rehearsals:
        yield f"# {visible(each['job'])} -> {each['target']}, {each['estimate']}\n"
        yield from (f"# without {words}\n" for words in each["dropped"])
        yield from (
            f"# no documentation confirms the name of {field}\n" for field in each["unconfirmed"]
        )
        for request in each["requests"]:
            yield from _request(request)


def _request(request: Mapping[str, Any]) -> Iterator[str]:
    yield f"\n{request['method']} {request['url']}\n"
    for name, value in request.get("headers", {}).items():
        yield f"{name}: {value}\n"
    for part in ("form", "file", "body"):
        if part in request:
            label = "" if part == "body" else f"{part}: "
            yield f"\n{label}{json.dumps(request[part], indent=2, ensure_ascii=False)}\n"
    yield "\n"


RENDERERS: Final[Mapping[str, Callable[[Sequence[Mapping[str, Any]]], Iterator[str]]]] = {
    "json": as_json,
    "text": as_text,
}
