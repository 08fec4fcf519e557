"""What a service's API looks like, as far as its published schema says: for new flows."""

from __future__ import annotations

import json
import re
from dataclasses import field
from typing import TYPE_CHECKING, Any, Final

from wanprep.dataclass import dataclass

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from wanprep.plugins.flow import State
    from wanprep.published.read import Published

_WORDS: Final[Mapping[State, str]] = {
    "queued": "queued pending created submitted waiting starting in_queue not_start scheduled",
    "running": "running processing in_progress generating started active rendering encoding",
    "succeeded": "completed succeeded success successful done finished ok ready",
    "failed": "failed error failure rejected errored broken crashed",
    "cancelled": "cancelled canceled aborted withdrawn stopped",
    "expired": "expired",
}
_IDS: Final = re.compile(r"(task_|request_|job_|generation_|prediction_)?id", re.IGNORECASE)
_STATUS: Final = re.compile(r"(task_|job_)?(status|state|phase)", re.IGNORECASE)
_ERROR: Final = re.compile(r"error|failure|fail_reason|error_message", re.IGNORECASE)
_MESSAGE: Final = re.compile(r"message|reason|detail|description", re.IGNORECASE)
_LINKS: Final = re.compile(r"outputs?|videos?|video_urls?|urls?|results?", re.IGNORECASE)
_URL: Final = re.compile(r"(download_|video_)?ur[li]", re.IGNORECASE)
_JOB: Final = "job-1"
_RESULT: Final = "https://cdn.example.com/video.mp4"


@dataclass(frozen=True, slots=True, kw_only=True)
class Sketch:
    """The paths and words of a service; without a schema, those of the example."""

    base: str = "https://api.example.com"
    docs: str = "https://example.com/docs"
    submit: str = "/v1/videos"
    poll: str = "/v1/videos/{name}"
    id: str = "id"
    key_header: str = ""
    status: str = "status"
    outputs: str = "outputs"
    error: str = "error.message"  # of a job that failed
    many: bool = True  # outputs are a list
    states: Mapping[str, State] = field(
        default_factory=lambda: {
            "queued": "queued",
            "running": "running",
            "completed": "succeeded",
            "failed": "failed",
            "cancelled": "cancelled",
        }
    )
    unknown: tuple[str, ...] = ()  # words whose meaning is not obvious

    def word(self, state: State) -> str:
        """Return the service's first word for a state."""
        return next(word for word, each in self.states.items() if each == state)

    def recording(self, today: str) -> str:
        """Write a recording of its answers."""
        submit, poll = f"POST {self.submit}", f"GET {self.poll.replace('{name}', _JOB)}"
        error = {"error": {"code": "invalid_key", "message": "no such key"}}
        waiting: list[State] = ["queued", "running"]
        known = [state for state in waiting if state in self.states.values()]
        return _dump({
            "docs": [self.docs],
            "job": _JOB,
            "sent_at": f"{today}T12:00:00Z",
            "scenes": [
                _scene("submit", "accepted", {"request": submit, "body": _nested(self.id, _JOB)}),
                _scene("submit", "refused", {"request": submit, "status": 401, "body": error},
                       message="no such key", code="invalid_key"),
                *(_scene("poll", state, {"request": poll, "body": self._job(self.word(state))})
                  for state in known),
                _scene("poll", "succeeded",
                       {"request": poll, "body": self._job(self.word("succeeded"), _RESULT)},
                       outputs=[_RESULT]),
                _scene("poll", "failed",
                       {"request": poll, "body": _merged(self._job(self.word("failed")),
                                                         _nested(self.error, "no faces"))},
                       message="no faces"),
            ],
        })  # fmt: skip

    def _job(self, word: str, result: str = "") -> dict[str, Any]:
        job = _nested(self.status, word)
        results = [result] if self.many else result
        return _merged(job, _nested(self.outputs, results)) if result else job


def _dump(data: Mapping[str, Any]) -> str:
    scenes = ",\n    ".join(json.dumps(scene) for scene in data["scenes"])
    head = json.dumps({key: data[key] for key in ("docs", "job", "sent_at")}, indent=2)
    return f'{head[:-2]},\n  "scenes": [\n    {scenes}\n  ]\n}}\n'


def _scene(flow: str, outcome: str, answer: Mapping[str, Any], **expected: Any) -> dict[str, Any]:  # noqa: ANN401 - JSON
    return {"flow": flow, "outcome": outcome, **expected, "answers": [answer]}


def _nested(path: str, value: object) -> dict[str, Any]:
    for name in reversed(path.split(".")):
        value = {name: value}
    assert isinstance(value, dict)  # noqa: S101 - a path has at least one name
    return value


def _merged(one: dict[str, Any], other: dict[str, Any]) -> dict[str, Any]:
    both = {
        name: _merged(one[name], other[name])
        for name in one.keys() & other.keys()
        if isinstance(one[name], dict) and isinstance(other[name], dict)
    }
    return one | other | both


def sketch(published: Published) -> Sketch:
    """Read what the published schema says, and keep the example's where it says nothing."""
    order = published.answers or {}
    poll_path, poll = _poll(published)
    status = _find(poll, _STATUS) or _find(order, _STATUS)
    words = [word for word in (status[1].get("enum", ()) if status else ()) if word]
    states: dict[str, State] = {
        word: state
        for word in words
        for state, known in _WORDS.items()
        if str(word).lower() in known.split()
    }
    found: dict[str, Any] = {"key_header": published.key_header}
    if {"succeeded", "failed"} <= {*states.values()} and {"queued", "running"} & {*states.values()}:
        found["states"] = states
    for name, path in (("status", status), ("id", _find(order, _IDS))):
        if path:
            found[name] = path[0]
    if outputs := _find(poll or order, _LINKS, leaf=False):
        found |= _outputs(*outputs)
    if error := _find(poll or order, _ERROR, leaf=False):
        inner = _find(error[1], _MESSAGE)
        found["error"] = f"{error[0]}.{inner[0]}" if inner else error[0]
    if published.base.startswith("https://"):
        found["base"] = published.base
    if published.docs:
        found["docs"] = published.docs
    if published.path:
        found |= {"submit": published.path, "poll": poll_path or f"{published.path}/{{name}}"}
    return Sketch(**found, unknown=tuple(str(word) for word in words if word not in states))


def _outputs(path: str, schema: Mapping[str, Any]) -> dict[str, Any]:
    """Follow an object to its URL; only a list has several results."""
    if link := _find(schema, _URL):
        path, schema = f"{path}.{link[0]}", link[1]
    return {"outputs": path, "many": schema.get("type") not in {"string", "object"}}


def _poll(published: Published) -> tuple[str, Mapping[str, Any]]:
    """Choose the GET whose path has an id, and whose answer has a status."""
    for path, schema in (published.polls or {}).items():
        if len(re.findall(r"\{\w+\}", path)) == 1 and _find(schema, _STATUS):
            return re.sub(r"\{\w+\}", "{name}", path), schema
    return "", {}


def _find(
    schema: Mapping[str, Any], pattern: re.Pattern[str], *, leaf: bool = True
) -> tuple[str, Mapping[str, Any]] | None:
    """Find the property with a name nearest to the top: its path and schema."""
    level = list(_properties(schema, ""))
    for _ in range(3):
        for path, each in level:
            if pattern.fullmatch(path.rpartition(".")[2]) and not (leaf and "properties" in each):
                return path, each
        level = [deeper for path, each in level for deeper in _properties(each, f"{path}.")]
    return None


def _properties(schema: Mapping[str, Any], prefix: str) -> Iterator[tuple[str, Mapping[str, Any]]]:
    for name, each in schema.get("properties", {}).items():
        if isinstance(each, dict):
            yield f"{prefix}{name}", each
