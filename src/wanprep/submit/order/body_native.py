"""Take a job's native body as it is, with the addresses of its local files in their places."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any

from wanprep.pointers import steps
from wanprep.submit.order.body_fields import Draft

if TYPE_CHECKING:
    from collections.abc import Mapping

    from wanprep.judge.target import Target


def written_over(body: Mapping[str, Any], target: Target, addresses: Mapping[str, str]) -> Draft:
    """Put addresses where the body names files; fields that the service lacks are left out."""
    known = (target.request or {}).get("properties", {})
    draft = Draft(
        body={name: copy.deepcopy(value) for name, value in body.items() if name in known}
    )
    draft.dropped = [f"`{name}`" for name in body if name not in known]
    for pointer, address in addresses.items():
        _put(draft.body, pointer, address)
    return draft


def _put(body: Any, pointer: str, address: str) -> None:  # noqa: ANN401 - JSON
    _, *path, last = steps(pointer)
    for part in path:
        body = body[int(part)] if isinstance(body, list) else body[part]
    body[int(last) if isinstance(body, list) else last] = address
