"""An answer in which a flow finds whatever it looks for, so that it goes on to its end."""

from __future__ import annotations

from typing import Any, Final

from wanprep.plugins import Response

_OBJECTS: Final = frozenset({"data", "job", "output", "prediction", "response", "result", "task"})
_ABSENT: Final = ("code", "detail", "err", "fail", "message", "msg")
_WORD: Final = "undocumented"  # for a state
_VALUES: Final = {"ok": True, "state": _WORD, "status": _WORD, "success": True}


class _UsualObject(dict[str, Any]):
    """A JSON object that has every key: objects, lists and strings as their names suggest."""

    def __missing__(self, key: str) -> Any:  # noqa: ANN401 - JSON
        name = key.lower()
        if name in _VALUES:
            return _VALUES[name]
        if any(part in name for part in _ABSENT):
            return None
        if name in _OBJECTS:
            return _UsualObject()
        if name.endswith("s"):
            return [_UsualObject()]
        return "https://example.com/a" if "url" in name else "job-1"

    def __contains__(self, key: object) -> bool:
        return isinstance(key, str) and self[key] is not None

    def get(self, key: str, default: Any = None) -> Any:  # noqa: ANN401 - JSON
        """Return a value for any key; the default only for those of errors."""
        return default if self[key] is None else self[key]


class _UsualResponse(Response):
    def json(self) -> Any:  # noqa: ANN401 - JSON
        return _UsualObject()


USUAL: Final[Response] = _UsualResponse(200, {}, b'{"id": "job-1"}')
