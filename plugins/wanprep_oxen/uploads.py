"""Put a local file into the user's own Oxen repository, where models can fetch it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final
from urllib.parse import quote

from wanprep.plugins.answers import json_or_none, refusal, segment
from wanprep.plugins.flow import FileContent, HostedUrl, Refused, Request, Unclear
from wanprep_oxen.errors import TITLE, is_error, reason

if TYPE_CHECKING:
    from wanprep.plugins.flow import Flow
    from wanprep.plugins.provider import LocalFile, Settings

_REPOSITORY: Final = re.compile(r"(?!\.)[A-Za-z0-9._-]+/(?!\.)[A-Za-z0-9._-]+")


def upload(file: LocalFile, settings: Settings) -> Flow[HostedUrl]:
    """Commit a file; it is served at the address to which it was put."""
    repository = str(settings.get("repository", ""))
    if not _REPOSITORY.fullmatch(repository):
        raise Refused(
            "Oxen takes local files only in a repository of yours",
            advice='Set repository = "namespace/name" in [providers.oxen] of the configuration: '
            "one that strangers can read, since models fetch from it without a key.",
        )
    branch = quote(str(settings.get("branch", "main")), safe="/")
    # Named by its content, so that no file ever takes the place of another one.
    path = f"wanprep/{file.sha256[:16]}-{segment(file.name)}"
    response = yield Request(
        method="PUT",
        url=f"/api/repos/{repository}/file/{branch}/{path}",
        file=FileContent(
            path=file.path,
            name=file.name,
            content_type=file.content_type,
            form_field="file",
            form={
                "message": f"Add {file.name} for a video",
                "name": str(settings.get("name", "wanprep")),
                "email": str(settings.get("email", "wanprep@example.com")),
            },
        ),
    )
    body = json_or_none(response)
    if not response.ok or is_error(body):
        says, code = reason(body)
        raise refusal(
            TITLE,
            response,
            says=f"{file.name}: {says}" if says else "",
            code=code,
            advice="" if response.status in {401, 402, 429} else _unfit(repository),
        )
    if not response.url:
        raise Unclear("nobody knows the address to which the file was put")
    return HostedUrl(response.url)


def _unfit(repository: str) -> str:
    return f"Look whether {repository} exists at Oxen and this key may write to it."
