"""The requests that a submission would take, without a network: for `submit --dry-run`."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from wanprep.net.secrets import HIDDEN, redact, redact_json
from wanprep.plugins.flow import Refused
from wanprep.plugins.loading import installed
from wanprep.pointers import with_strings
from wanprep.submit.errors import redact_refusal
from wanprep.submit.http import client
from wanprep.submit.request.body import build_trial, placeholder_urls, sent_of
from wanprep.submit.request.price import estimate_price, price_text
from wanprep.submit.services.keys import setting_headers
from wanprep.submit.uploads.files import UPLOAD, bucket_path, destinations, no_destination
from wanprep.text import plural, visible

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from datetime import timedelta

    from wanprep.plugins.flow import Order, Request
    from wanprep.plugins.provider import LocalFile, Provider, Settings
    from wanprep.stores.stores import Stores
    from wanprep.submit.request.body import BuiltRequest
    from wanprep.submit.request.submission import Submission
    from wanprep.submit.services.service import Service, Services

_IDEMPOTENCY_KEY: Final = "new-for-each-order"


def describe_requests(
    submission: Submission, services: Services, environ: Mapping[str, str], *, drop: bool
) -> dict[str, Any]:
    """Describe all requests of a submission in order, the uploads first."""
    name = submission.target.provider
    provider, service = installed().provider(name), services.service(name)
    settings = services.settings(name)
    trial = build_trial(submission, settings, drop=drop)
    order = replace(trial.order, idempotency_key=_IDEMPOTENCY_KEY, settings=settings)
    files = sent_of(submission.files, submission, trial).values()
    uploads = [
        describe_upload(
            provider, service, file, order, environ=environ, config_hosts=services.config.hosts
        )
        for file in {file.sha256: file for file in files}.values()
    ]
    described = describe_order(provider, service, order, environ=environ)
    if "body" in described:
        links = _links(submission, trial, services.config.stores)
        described["body"] = with_strings(described["body"], lambda url: links.get(url, url))
    price = estimate_price(submission.target, submission.case.intent, submission.facts)
    return {
        "job": submission.subject,
        "target": submission.target.id,
        "estimate": price_text(price),
        "dropped": list(trial.dropped),
        "unconfirmed": list(trial.unconfirmed),
        "requests": [*filter(None, uploads), described],
    }


def _links(submission: Submission, trial: BuiltRequest, stores: Stores) -> dict[str, str]:
    """Map the stand-ins for signed links to the objects and how long their links will work."""
    urls = placeholder_urls(submission)
    return {
        urls[pointer]: f"{redact(each.url)} (signed, for {_hours(stores.lifetime(each.url))})"
        for pointer, each in sent_of(submission.objects, submission, trial).items()
    }


def _hours(lifetime: timedelta) -> str:
    return plural(round(lifetime.total_seconds() / 3600), "hour")


def describe_order(
    provider: Provider, service: Service, order: Order, *, environ: Mapping[str, str]
) -> dict[str, Any]:
    """Describe the request of an order, with all secrets hidden."""
    try:
        return _describe(next(provider.submit(order)), service, environ, order.settings)
    except Refused as error:
        raise redact_refusal(error) from None


def describe_upload(
    provider: Provider,
    service: Service,
    file: LocalFile,
    order: Order,
    *,
    environ: Mapping[str, str],
    config_hosts: Mapping[str, str],
) -> dict[str, Any] | None:
    """Describe how a local file would be uploaded; None where the order contains it."""
    about = {"name": file.name, "content_type": file.content_type, "bytes": file.bytes}
    why = ""
    for destination in destinations(provider, config_hosts):
        if destination != UPLOAD:
            url = redact(f"{destination.rstrip('/')}/{bucket_path(file)}")
            return {"method": "PUT", "url": url, "file": about}
        assert provider.upload is not None  # noqa: S101 - as destinations() has checked
        try:
            request = next(provider.upload(file, order), None)
        except Refused as error:
            why = redact(f"{error}. {error.advice}").rstrip(". ")
            continue
        described = request and _describe(request, service, environ, order.settings)
        return described | {"file": about} if described else None
    raise no_destination(file, service.title, why)


def _describe(
    request: Request, service: Service, environ: Mapping[str, str], settings: Settings
) -> dict[str, Any]:
    bases = {name: service.base(name, environ, settings) for name in service.bases}
    scheme = service.key_scheme
    of_key = {
        scheme.header: f"{scheme.prefix} {HIDDEN}".strip(),
        **setting_headers(service, settings),
    }
    headers = client.build_headers(request, of_key if request.key else {})
    described: dict[str, Any] = {
        "method": request.method,
        "url": redact(client.build_url(request, bases)),
        "headers": redact_json(headers),
    }
    if request.json is not None:
        described["body"] = redact_json(request.json)
    if request.file and request.file.form_field:
        form = redact_json(dict(request.file.form))
        described["form"] = form | {request.file.form_field: "(file)"}
    return described


def as_json(dry_runs: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    """Format all jobs as one JSON list."""
    yield json.dumps(dry_runs, indent=2, ensure_ascii=False) + "\n"


def as_text(dry_runs: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    """Format the requests as they go over the wire."""
    for each in dry_runs:
        yield f"# {visible(each['job'])} -> {each['target']}, {each['estimate']}\n"
        yield from (f"# without {dropped}\n" for dropped in each["dropped"])
        yield from (
            f"# no documentation confirms the name of {field}\n" for field in each["unconfirmed"]
        )
        for request in each["requests"]:
            yield from _request_as_text(request)


def _request_as_text(request: Mapping[str, Any]) -> Iterator[str]:
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
