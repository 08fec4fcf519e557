"""What makes two jobs the same: what would be bought, whatever their files are called."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Any

from wanprep.pointers import below, parent

if TYPE_CHECKING:
    from collections.abc import Mapping

    from wanprep.check.inputs import Case
    from wanprep.job.model import Job
    from wanprep.rules.target import Target


def identity(
    case: Case, target: Target, hashes: Mapping[str, str], settings: Mapping[str, Any]
) -> str:
    """Name a job for a target by its content.

    `hashes` are those of the local files, by where they are named in the job; `settings` are
    those that change what is sent. Names, order of keys, comments and other targets do not count.
    """
    bought = {
        "target": target.id,
        "settings": settings,
        **(_body(case.job, hashes) if case.job.body is not None else _words(case, hashes)),
    }
    text = json.dumps(_plain(bought), sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def _words(case: Case, hashes: Mapping[str, str]) -> dict[str, Any]:
    intent = case.intent
    content = {
        asset.pointer: _content(asset.written, hashes.get(asset.pointer)) for asset in intent.assets
    }
    return {
        "prompt": intent.prompt.text.strip() if intent.prompt else "",
        "negative_prompt": intent.negative_prompt.text.strip() if intent.negative_prompt else "",
        "references": [
            {
                "kind": each.kind,
                "asset": content.get(each.pointer),
                "voice": content.get(below(parent(each.pointer), "voice")),
            }
            for each in intent.references
        ],
        "first_frame": content.get(intent.first_frame or ""),
        "parameters": dict(intent.parameters),
    }


def _body(job: Job, hashes: Mapping[str, str]) -> dict[str, Any]:
    """Take a native body as it is, with the content of files in place of their names."""
    return {"body": _with_content(job.body, "/body", hashes)}


def _with_content(value: Any, pointer: str, hashes: Mapping[str, str]) -> Any:  # noqa: ANN401 - JSON
    match value:
        case str():
            return _content(value, hashes[pointer]) if pointer in hashes else value
        case dict():
            return {
                name: _with_content(each, below(pointer, name), hashes)
                for name, each in value.items()
            }
        case list():
            return [
                _with_content(each, below(pointer, index), hashes)
                for index, each in enumerate(value)
            ]
        case _:
            return value


def _content(written: str, sha256: str | None) -> dict[str, str]:
    return {"sha256": sha256} if sha256 else {"url": written}


def _plain(value: Any) -> Any:  # noqa: ANN401 - JSON
    """Write the same number the same way: 5.0 is 5."""
    match value:
        case float() if value.is_integer():
            return int(value)
        case dict():
            return {str(name): _plain(each) for name, each in value.items()}
        case list() | tuple():
            return [_plain(each) for each in value]
        case _:
            return value
