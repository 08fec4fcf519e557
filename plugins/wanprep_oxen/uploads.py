"""Oxen.ai: commit a local file to the user's own repository, from which models can download it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final
from urllib.parse import quote

from wanprep.plugins import FileContent, HostedUrl, Refused, Request, Unclear, answers
from wanprep_oxen.flows import is_error, refused

if TYPE_CHECKING:
    from wanprep.plugins import Flow, LocalFile, Order

_REPOSITORY: Final = re.compile(r"(?!\.)[A-Za-z0-9._-]+/(?!\.)[A-Za-z0-9._-]+")


def upload(file: LocalFile, order: Order) -> Flow[HostedUrl]:
    """Commit a file; its public URL is the one that it was put to."""
    settings = order.settings
    repository = str(settings.get("repository", ""))
    if not _REPOSITORY.fullmatch(repository):
        raise Refused(
            "Oxen accepts local files only in a repository of yours",
            advice='Set repository = "namespace/name" in [providers.oxen] of the configuration: '
            "a public one, because models download from it without a key.",
        )
    branch = quote(str(settings.get("branch", "main")), safe="/")
    # Named by its content, so that no file ever replaces another one.
    path = f"wanprep/{file.sha256[:16]}-{answers.path_segment(file.name)}"
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
    if not response.ok or is_error(answers.json_or_none(response)):
        advice = f"Check that {repository} exists at Oxen and that this key may write to it."
        is_general = response.status in {401, 402, 429}
        raise refused(response, file.name, "" if is_general else advice)
    if not response.url:
        raise Unclear("the URL of the uploaded file is unknown")
    return HostedUrl(response.url)
