"""Targets and rules as resources: wanprep://targets/{id} and wanprep://rules/{id}."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import unquote

from wanprep.api import catalog
from wanprep.errors import UsageError, WanprepError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

_TARGETS: Final = "wanprep://targets/"
_RULES: Final = "wanprep://rules/"
_JSON: Final = "application/json"


class NoResource(WanprepError):
    """There is no resource at a URI."""


def templates() -> list[dict[str, Any]]:
    """Describe the two kinds of resources."""
    return [
        {"uri_template": f"{_TARGETS}{{+id}}", "name": "target", "title": "A target",
         "description": "Limits, parameters, price and sources of a target.", "mime_type": _JSON},
        {"uri_template": f"{_RULES}{{+id}}", "name": "rule", "title": "A rule",
         "description": "What a rule means, and where it has limits.", "mime_type": _JSON},
    ]  # fmt: skip


def list_resources() -> list[dict[str, Any]]:
    """List all targets and rules."""
    from wanprep.api.settings import resolve_config
    from wanprep.rules.finding import rules
    from wanprep.rules.target import all_targets

    titles = all_targets(resolve_config(True).target_folders).titles  # noqa: FBT003
    listed = {f"{_TARGETS}{name}": titles[name] for name in sorted(titles)}
    listed |= {f"{_RULES}{name}": rules()[name].title for name in sorted(rules())}
    return [
        {"uri": uri, "name": uri.partition("://")[2].partition("/")[2], "title": title,
         "mime_type": _JSON}
        for uri, title in listed.items()
    ]  # fmt: skip


def read_resource(uri: str) -> str:
    """Return a target or a rule as JSON."""
    describe: Mapping[str, Callable[[str], Any]] = {
        _TARGETS: lambda name: catalog.targets(name)[0],
        _RULES: catalog.explain,
    }
    for prefix, found in describe.items():
        if uri.startswith(prefix):
            try:
                value = found(unquote(uri.removeprefix(prefix)))
            except UsageError as error:
                raise NoResource(str(error)) from error
            return json.dumps(value.as_json(), ensure_ascii=False, indent=1)
    raise NoResource(f"there is no resource {uri}: they begin with {_TARGETS} or {_RULES}")
