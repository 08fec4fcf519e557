"""fal: upload a local file to its CDN, where anyone with the link can read it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wanprep.plugins import FileContent, HostedUrl, Request, Unclear, answers
from wanprep_fal.flows import refused

if TYPE_CHECKING:
    from wanprep.plugins import Flow, LocalFile, Order


def upload(file: LocalFile, _order: Order) -> Flow[HostedUrl]:
    """Get a token for the CDN, and send the file with it."""
    response = yield Request(
        method="POST",
        url="/storage/auth/token",
        base="rest",
        query={"storage_type": "fal-cdn-v3"},
        json={},
    )
    if not response.ok:
        raise refused(response)
    access = answers.as_object(response)
    token, base = access.get("token"), answers.text_at(access, "base_url")
    if not isinstance(token, str) or not base.startswith(("https://", "http://")):
        raise Unclear("fal's answer names no place for the file")
    response = yield Request(
        method="POST",
        url=f"{base}/files/upload",
        headers={
            "Authorization": f"{answers.text_at(access, 'token_type') or 'Bearer'} {token}",
            "X-Fal-File-Name": file.name,
        },
        file=FileContent(
            path=file.path, name=file.name, content_type=file.content_type, form_field=None
        ),
        key=False,
    )
    if not response.ok:
        raise refused(response, file.name)
    for url in answers.as_urls(answers.as_object(response), ("access_url",)):
        return HostedUrl(url)
    raise Unclear("fal accepted the file, but its answer has no URL")
