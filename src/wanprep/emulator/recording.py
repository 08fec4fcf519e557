"""Recorded answers of a service: a plugin's `recorded.json`, for its tests and as an emulator."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final

from wanprep.errors import UsageError
from wanprep.schemas import load_schema, schema_errors
from wanprep.text import visible

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

FILE_NAME: Final = "recorded.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordedAnswer:
    """One answer, and the request that it is for."""

    method: str
    path: str  # "/v1/videos/{id}", or a whole URL
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    requires: Mapping[str, str] = field(default_factory=dict)  # headers of the request
    json: Any = None
    text: str | None = None

    @property
    def body(self) -> bytes:
        """The body of the answer."""
        return (json.dumps(self.json) if self.text is None else self.text).encode()

    def is_for(self, method: str, path: str) -> bool:
        """Whether a request without its query gets this answer."""
        pattern = re.sub(r"\\\{\w+\\\.\\\.\\\.\\\}", ".+", re.escape(self.path))
        pattern = re.sub(r"\\\{\w+\\\}", "[^/]+", pattern)
        return method == self.method and re.fullmatch(pattern, path) is not None

    def missing_headers(self, headers: Mapping[str, str]) -> list[str]:
        """List the required headers that a request lacks."""
        sent = {name.lower(): value for name, value in headers.items()}
        return [
            f"{name}: {value}" if value else name
            for name, value in self.requires.items()
            if sent.get(name.lower()) is None or (value and sent[name.lower()] != value)
        ]


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """All answers that one flow gets, and what they mean."""

    flow: str
    outcome: str
    answers: tuple[RecordedAnswer, ...]
    outputs: tuple[str, ...] = ()
    message: str = ""
    code: str = ""
    url: str = ""

    @property
    def name(self) -> str:
        """The scene, as a report names it."""
        return f"{self.flow} {self.outcome}"


@dataclass(frozen=True, kw_only=True)
class Recording:
    """All scenes of a service."""

    job: str
    sent_at: datetime
    scenes: tuple[Scene, ...]
    model: str = ""
    order_body: Mapping[str, Any] | None = None
    settings: Mapping[str, Any] = field(default_factory=dict)

    def of(self, flow: str, *outcomes: str) -> list[Scene]:
        """List the scenes of a flow, those with these outcomes if some are named."""
        return [
            scene
            for scene in self.scenes
            if scene.flow == flow and (not outcomes or scene.outcome in outcomes)
        ]

    @cached_property
    def outcomes(self) -> frozenset[tuple[str, str]]:
        """Every flow with every outcome that is recorded."""
        return frozenset((scene.flow, scene.outcome) for scene in self.scenes)


def read_recording(folder: Path) -> Recording | None:
    """Read the recording in a plugin's package, if there is one; raise UsageError if invalid."""
    file = folder / FILE_NAME
    if not file.is_file():
        return None
    try:
        data = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise UsageError(f"{visible(str(file))} cannot be read as JSON: {error}.") from error
    for problem in schema_errors(data, load_schema("recorded")):
        raise UsageError(f"{visible(str(file))}, {problem}")
    return _recording(data)


def _recording(data: Mapping[str, Any]) -> Recording:
    order = data.get("order", {})
    return Recording(
        job=data["job"],
        sent_at=datetime.fromisoformat(data["sent_at"]),
        scenes=tuple(_scene(each) for each in data["scenes"]),
        model=order.get("model", ""),
        order_body=order.get("body"),
        settings=data.get("settings", {}),
    )


def _scene(data: Mapping[str, Any]) -> Scene:
    rest = {name: data[name] for name in ("message", "code", "url") if name in data}
    return Scene(
        flow=data["flow"],
        outcome=data["outcome"],
        answers=tuple(_answer(each) for each in data["answers"]),
        outputs=tuple(data.get("outputs", ())),
        **rest,
    )


def _answer(data: Mapping[str, Any]) -> RecordedAnswer:
    method, _, path = data["request"].partition(" ")
    return RecordedAnswer(
        method=method,
        path=path,
        status=data.get("status", 200),
        headers=data.get("headers", {}),
        requires=data.get("requires", {}),
        json=data.get("body"),
        text=data.get("text"),
    )
