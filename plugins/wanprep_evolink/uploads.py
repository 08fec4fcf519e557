"""EvoLink: upload a local file, which is kept for 72 hours."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from wanprep.plugins import FileContent, HostedUrl, Request, Unclear, answers
from wanprep_evolink.flows import refused

if TYPE_CHECKING:
    from wanprep.plugins import Flow, LocalFile, Order, Response

# The endpoint does not exist, or does not accept this content type.
_NOT_SUPPORTED: Final = {404, 405, 415}


def upload(file: LocalFile, order: Order) -> Flow[HostedUrl]:
    """Upload a file as a form; as base64 if the settings say so, or the form is not accepted."""
    if order.settings.get("upload") != "base64":
        response = yield _as_form(file)
        if order.settings.get("upload") == "stream" or not _is_not_supported(response):
            return _hosted_url(response, file)
    response = yield _as_base64(file)
    return _hosted_url(response, file)


def _as_form(file: LocalFile) -> Request:
    content = FileContent(
        path=file.path, name=file.name, content_type=file.content_type, form_field="file"
    )
    return Request(method="POST", url="/api/v1/files/upload/stream", base="files", file=content)


def _as_base64(file: LocalFile) -> Request:
    data_url = f"data:{file.content_type};base64,{file.base64()}"
    body = {"base64_data": data_url, "file_name": file.name}
    return Request(method="POST", url="/api/v1/files/upload/base64", base="files", json=body)


def _is_not_supported(response: Response) -> bool:
    code = answers.text_at(answers.json_or_none(response), "code")
    return response.status in _NOT_SUPPORTED or code in map(str, _NOT_SUPPORTED)


def _hosted_url(response: Response, file: LocalFile) -> HostedUrl:
    body = answers.json_or_none(response)
    # A failure may come with HTTP 200.
    if not response.ok or answers.value_at(body, "success") is False:
        raise refused(response, file.name)
    data = answers.value_at(body, "data")
    for url in answers.as_urls(data, ("file_url", "download_url")):
        return HostedUrl(url, answers.as_time(answers.value_at(data, "expires_at")))
    raise Unclear("EvoLink accepted the file, but its answer has no URL")
