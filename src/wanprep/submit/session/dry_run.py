"""What would be sent, shown without sending it: nothing is uploaded, asked or written down."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

from wanprep.net.secrets import HIDDEN, redact, redact_json
from wanprep.plugins.flow import Refused
from wanprep.plugins.loading import installed
from wanprep.submit.http import client
from wanprep.submit.http.paid import redact_refusal
from wanprep.submit.request.body import needed, tried
from wanprep.submit.request.price import estimate, in_words
from wanprep.submit.uploads.upload import UPLOAD, nowhere, place_of, places
from wanprep.text import visible

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from wanprep.plugins.flow import Order, Request
    from wanprep.plugins.provider import LocalFile, Provider, Settings
    from wanprep.submit.request.submission import Submission
    from wanprep.submit.services.service import Service, Services


_PREVIEW_KEY: Final = f"Bearer {HIDDEN}"


def preview(
    provider: Provider, service: Service, order: Order, *, environ: Mapping[str, str]
) -> dict[str, Any]:
    """Show the request that would order a job."""
    try:
        return _shown(next(provider.submit(order)), service, environ)
    except Refused as error:
        raise redact_refusal(error) from None


def preview_upload(
    provider: Provider,
    service: Service,
    file: LocalFile,
    *,
    environ: Mapping[str, str],
    settings: Settings,
    config_hosts: Mapping[str, str],
) -> dict[str, Any] | None:
    """Show how a local file would be uploaded; None where it travels inside of the order."""
    why = ""
    for place in places(provider, config_hosts):
        if place != UPLOAD:
            return {"method": "PUT", "url": _below(place, file), "file": _file(file)}
        assert provider.upload is not None  # noqa: S101 - or it would be no place
        try:
            request = next(provider.upload(file, settings), None)
        except Refused as error:
            why = redact(f"{error}. {error.advice}").rstrip(". ")
            continue
        if request is None:
            return None
        return _shown(request, service, environ) | {"file": _file(file)}
    raise nowhere(file, service.title, why)


def _shown(request: Request, service: Service, environ: Mapping[str, str]) -> dict[str, Any]:
    bases = {name: service.base(name, environ) for name in service.bases}
    shown: dict[str, Any] = {
        "method": request.method,
        "url": redact(client.build_url(request, bases)),
        "headers": redact_json(
            client.build_headers(request, _PREVIEW_KEY if request.key else None)
        ),
    }
    if request.json is not None:
        shown["body"] = redact_json(request.json)
    if request.file and request.file.form_field:
        shown["form"] = redact_json(dict(request.file.form)) | {request.file.form_field: "(file)"}
    return shown


def _file(file: LocalFile) -> dict[str, Any]:
    return {"name": file.name, "content_type": file.content_type, "bytes": file.bytes}


def _below(place: str, file: LocalFile) -> str:
    return redact(f"{place.rstrip('/')}/{place_of(file)}")


# Each order gets a key of its own when it is sent; this only shows where that stands.
_KEY: Final = "new-for-each-order"


def rehearsal(
    submission: Submission, services: Services, environ: Mapping[str, str], *, drop: bool
) -> dict[str, Any]:
    """Show all requests that a job would take, the uploads first."""
    name = submission.target.provider
    service, settings = services.service(name), services.settings(name)
    built = tried(submission, settings, drop=drop)
    order = preview(installed().provider(name), service, built.order(_KEY), environ=environ)
    return {
        "job": submission.subject,
        "target": submission.target.id,
        "estimate": in_words(estimate(submission.target, submission.case.intent, submission.facts)),
        "dropped": list(built.dropped),
        "unconfirmed": list(built.unconfirmed),
        "requests": [*_uploads(needed(submission, built), submission, services, environ), order],
    }


def _uploads(
    files: Mapping[str, LocalFile],
    submission: Submission,
    services: Services,
    environ: Mapping[str, str],
) -> Iterator[dict[str, Any]]:
    name = submission.target.provider
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
