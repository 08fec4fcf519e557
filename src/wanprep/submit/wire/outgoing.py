"""A request as it goes over the wire: its address, its headers, its bytes."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING
from urllib.parse import quote, urlencode

from wanprep import __version__

if TYPE_CHECKING:
    from collections.abc import Mapping

    from wanprep.submit.flow import Request


def address(request: Request, bases: Mapping[str, str]) -> str:
    """Write the whole address, query included."""
    url = request.url
    if url.startswith("/"):
        url = bases[request.base].rstrip("/") + url
    if not request.query:
        return url
    mark = "&" if "?" in url else "?"
    return f"{url}{mark}{urlencode(request.query, quote_via=quote)}"


def headers(request: Request, authorization: str | None) -> dict[str, str]:
    """List the headers that we choose; the rest describes the transport."""
    chosen = {"User-Agent": f"wanprep/{__version__}"}
    if authorization:
        chosen["Authorization"] = authorization
    if request.json is not None:
        chosen["Content-Type"] = "application/json"
    elif request.file and not request.file.form_field:
        chosen["Content-Type"] = request.file.content_type
    return chosen | dict(request.headers)


def json_bytes(body: object) -> bytes:
    """Write JSON in ASCII, which no service can misread."""
    return json.dumps(body, allow_nan=False, separators=(",", ":")).encode()
