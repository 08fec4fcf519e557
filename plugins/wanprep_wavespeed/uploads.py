"""WaveSpeedAI: upload a local file."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from wanprep.plugins import FileContent, HostedUrl, Request, Unclear, answers
from wanprep_wavespeed.flows import TITLE, is_success, refused

if TYPE_CHECKING:
    from wanprep.plugins import Flow, LocalFile, Order, Response

_NOT_SUPPORTED: Final = {404, 405, 415}


def upload(file: LocalFile, order: Order) -> Flow[HostedUrl]:  # noqa: ARG001 - all files alike
    """Upload a file in one step, or in two where that endpoint does not exist."""
    content = FileContent(
        path=file.path, name=file.name, content_type=file.content_type, form_field="file"
    )
    response = yield Request(method="POST", url="/api/v3/media/upload/binary", file=content)
    if response.status not in _NOT_SUPPORTED:
        return _hosted_url(_read_data(response, file))
    body = {"filename": file.name, "size": file.bytes, "content_type": file.content_type}
    response = yield Request(method="POST", url="/api/v3/media/uploads", json=body)
    data = _read_data(response, file)
    response = yield _put(data, file)
    if not response.ok:
        raise refused(response, file.name)
    return _hosted_url(data)


def _put(data: object, file: LocalFile) -> Request:
    """Send the bytes to the URL and with the headers of the answer, without the key."""
    url = next(answers.as_urls(answers.value_at(data, "upload.url")), "")
    headers = answers.value_at(data, "upload.headers")
    if not url:
        raise Unclear(f"{TITLE} returns no URL to upload the file to")
    headers = {
        "Content-Type" if name.lower() == "content-type" else name: value
        for name, value in (headers if isinstance(headers, dict) else {}).items()
        if isinstance(value, str) and name.lower() not in {"authorization", "host"}
    }
    content = FileContent(path=file.path, name=file.name, content_type=file.content_type)
    return Request(method="PUT", url=url, headers=headers, file=content, key=False)


def _read_data(response: Response, file: LocalFile) -> Any:  # noqa: ANN401 - JSON
    if not is_success(response):
        raise refused(response, file.name)
    return answers.value_at(answers.json_or_none(response), "data")


def _hosted_url(data: object) -> HostedUrl:
    for url in answers.as_urls(data, ("download_url", "url")):
        return HostedUrl(url)
    raise Unclear(f"{TITLE} accepted the file, but its answer has no URL")
