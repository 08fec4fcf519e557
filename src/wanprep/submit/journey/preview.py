"""What would be sent, exactly, with the key hidden: `--dry-run`. No network is touched."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from wanprep.submit.flow import Refused
from wanprep.submit.hosting.fsspec_host import place_of
from wanprep.submit.hosting.hosting import UPLOAD, nowhere, places
from wanprep.submit.secrets import HIDDEN, redact, redact_json
from wanprep.submit.wire import outgoing
from wanprep.submit.wire.perform import hushed

if TYPE_CHECKING:
    from collections.abc import Mapping

    from wanprep.submit.flow import Order, Request
    from wanprep.submit.provider import LocalFile, Provider, Settings
    from wanprep.submit.services.service import Service

_KEY: Final = f"Bearer {HIDDEN}"


def preview(
    provider: Provider, service: Service, order: Order, *, environ: Mapping[str, str]
) -> dict[str, Any]:
    """Show the request that would order a job."""
    try:
        return _shown(next(provider.submit(order)), service, environ)
    except Refused as error:
        raise hushed(error) from None


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
        "url": redact(outgoing.address(request, bases)),
        "headers": redact_json(outgoing.headers(request, _KEY if request.key else None)),
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
