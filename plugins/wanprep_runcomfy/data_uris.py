"""Send small local files inside of the request, as RunComfy's own nodes do.

The documentation does not speak of it, so it is done only when it is asked for.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from wanprep.plugins.flow import HostedUrl, Refused
from wanprep.text import file_size

if TYPE_CHECKING:
    from wanprep.plugins.flow import Flow
    from wanprep.plugins.provider import LocalFile, Settings

_MOST_BYTES: Final = {"image": 6 * 1024 * 1024, "video": 32 * 1024 * 1024}


def upload(file: LocalFile, settings: Settings) -> Flow[HostedUrl]:
    """Write a file as an address that holds it. Nothing is sent."""
    if settings.get("data-uris") is not True:
        raise Refused(
            "RunComfy takes no uploads",
            advice="Small files may travel inside of the request, of which RunComfy's "
            "documentation does not speak: set data-uris = true in [providers.runcomfy] of the "
            "configuration.",
        )
    most = _MOST_BYTES.get(file.content_type.partition("/")[0], 0)
    if file.bytes > most:
        raise Refused(
            f"{file.name} is too large to travel inside of the request: it has "
            f"{file_size(file.bytes)}, and {file_size(most)} are what RunComfy's own nodes allow"
        )
    yield from ()  # a flow without requests
    return HostedUrl(f"data:{file.content_type};base64,{file.base64()}")
