"""Put a local file where EvoLink's models can fetch it, for 72 hours."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from wanprep.plugins.answers import addresses, inner, json_or_none, moment, refusal, words
from wanprep.plugins.flow import FileContent, HostedUrl, Refused, Request, Unclear
from wanprep_evolink.errors import TITLE, reason

if TYPE_CHECKING:
    from wanprep.plugins.flow import Flow, Response
    from wanprep.plugins.provider import LocalFile, Settings

# What a way answers that does not exist, or does not take this kind of content.
_ANOTHER_WAY: Final = {404, 405, 415}


def upload(file: LocalFile, settings: Settings) -> Flow[HostedUrl]:
    """Send a file as it is; inside of JSON where that is wanted, or the first way is closed."""
    if settings.get("upload") != "base64":
        response = yield _stream(file)
        if settings.get("upload") == "stream" or not _closed(response):
            return _hosted(response, file)
    response = yield _base64(file)
    return _hosted(response, file)


def _stream(file: LocalFile) -> Request:
    content = FileContent(
        path=file.path, name=file.name, content_type=file.content_type, form_field="file"
    )
    return Request(method="POST", url="/api/v1/files/upload/stream", base="files", file=content)


def _base64(file: LocalFile) -> Request:
    body = {
        "base64_data": f"data:{file.content_type};base64,{file.base64()}",
        "file_name": file.name,
    }
    return Request(method="POST", url="/api/v1/files/upload/base64", base="files", json=body)


def _closed(response: Response) -> bool:
    code = words(inner(json_or_none(response), "code"))
    return response.status in _ANOTHER_WAY or code in map(str, _ANOTHER_WAY)


def _hosted(response: Response, file: LocalFile) -> HostedUrl:
    body = json_or_none(response)
    # A failure may come with HTTP 200.
    if not response.ok or inner(body, "success") is False:
        raise _refused(response, body, file)
    data = inner(body, "data")
    for url in addresses(data, ("file_url", "download_url")):
        return HostedUrl(url, moment(inner(data, "expires_at")))
    raise Unclear("EvoLink took the file, and names no address of it")


def _refused(response: Response, body: Any, file: LocalFile) -> Refused:  # noqa: ANN401 - JSON
    says, code = reason(body)
    says = words(inner(body, "msg")) or says
    return refusal(
        TITLE,
        response,
        says=f"{file.name}: {says}" if says else "",
        code=code,
    )
