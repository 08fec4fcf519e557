"""Put a local file where WaveSpeedAI's models can fetch it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from wanprep.plugins.answers import addresses, inner, json_or_none, refusal
from wanprep.plugins.flow import FileContent, HostedUrl, Refused, Request, Unclear
from wanprep_wavespeed.errors import TITLE, fine, reason

if TYPE_CHECKING:
    from wanprep.plugins.flow import Flow, Response
    from wanprep.plugins.provider import LocalFile, Settings

_NO_SUCH_WAY: Final = {404, 405, 415}


def upload(file: LocalFile, settings: Settings) -> Flow[HostedUrl]:  # noqa: ARG001 - has none
    """Send a file in one step, or in two where there is no such step."""
    content = FileContent(
        path=file.path, name=file.name, content_type=file.content_type, form_field="file"
    )
    response = yield Request(method="POST", url="/api/v3/media/upload/binary", file=content)
    if response.status not in _NO_SUCH_WAY:
        return _hosted(_taken(response, file))
    about = {"filename": file.name, "size": file.bytes, "content_type": file.content_type}
    response = yield Request(method="POST", url="/api/v3/media/uploads", json=about)
    data = _taken(response, file)
    response = yield _put(data, file)
    if not response.ok:
        raise _refused(response, file)
    return _hosted(data)


def _put(data: object, file: LocalFile) -> Request:
    """Send the bytes where we are told to, with the headers that we are told, without the key."""
    url = next(addresses(inner(data, "upload", "url")), "")
    headers = inner(data, "upload", "headers")
    if not url:
        raise Unclear("WaveSpeedAI names no place for the file")
    named = {
        "Content-Type" if name.lower() == "content-type" else name: value
        for name, value in (headers if isinstance(headers, dict) else {}).items()
        if isinstance(value, str) and name.lower() not in {"authorization", "host"}
    }
    content = FileContent(path=file.path, name=file.name, content_type=file.content_type)
    return Request(method="PUT", url=url, headers=named, file=content, key=False)


def _taken(response: Response, file: LocalFile) -> Any:  # noqa: ANN401 - JSON
    if not fine(response):
        raise _refused(response, file)
    return inner(json_or_none(response), "data")


def _hosted(data: object) -> HostedUrl:
    for url in addresses(data, ("download_url", "url")):
        return HostedUrl(url)
    raise Unclear("WaveSpeedAI took the file, and names no address of it")


def _refused(response: Response, file: LocalFile) -> Refused:
    says, code = reason(json_or_none(response))
    return refusal(
        TITLE,
        response,
        says=f"{file.name}: {says}" if says else "",
        code=code,
    )
