"""RunComfy: send small local files inside the request, as RunComfy's own nodes do.

This is not documented, so it must be switched on in the configuration.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from wanprep.plugins import HostedUrl, Refused

if TYPE_CHECKING:
    from wanprep.plugins import Flow, LocalFile, Order

_MIB: Final = 2**20
_LARGEST: Final = {"image": 6 * _MIB, "video": 32 * _MIB}  # bytes, as RunComfy's own nodes allow


def upload(file: LocalFile, order: Order) -> Flow[HostedUrl]:
    """Write a file as a data URI. Nothing is sent."""
    if order.settings.get("data-uris") is not True:
        raise Refused(
            "RunComfy has no uploads",
            advice="Small files can be sent inside the request, which RunComfy does not document: "
            "set data-uris = true in [providers.runcomfy] of the configuration.",
        )
    largest = _LARGEST.get(file.content_type.partition("/")[0], 0)
    if file.bytes > largest:
        raise Refused(
            f"{file.name} is too large to be sent inside the request: {file.bytes / _MIB:.1f} MiB; "
            f"RunComfy's own nodes allow {largest // _MIB} MiB"
        )
    yield from ()  # a flow without requests
    return HostedUrl(f"data:{file.content_type};base64,{file.base64()}")
