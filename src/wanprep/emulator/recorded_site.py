"""An emulator of a service made from its recorded answers alone.

It accepts orders, renders a small video for each, and answers polls with the recorded answer of
the job's phase, in which the recorded id and result are replaced by the job's own. Links to the
service itself, and to other hosts that requests go to, lead to the emulator.
"""

from __future__ import annotations

import json
import re
import secrets
from functools import partial
from itertools import chain
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote

from wanprep.dataclass import dataclass
from wanprep.emulator.messages import KEY, HttpError, Reply, Request, Route, Site, json_reply
from wanprep.emulator.references import Document, Reference
from wanprep.emulator.renderer import VideoSpec, accept_job
from wanprep.pointers import strings_in

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from wanprep.emulator.emulator import State
    from wanprep.emulator.jobs import Job
    from wanprep.emulator.recording import RecordedAnswer, Recording, Scene

_LIFETIME: Final = 86_400  # seconds of a result's link
_ANYTHING: Final = Document({"request": {}, "media": {"image": {}, "video": {}}})
_VIDEOS: Final = (".mp4", ".mov", ".webm", ".mkv", ".avi")
_PHASES: Final[Mapping[str, tuple[str, ...]]] = {  # the scenes for each, the best one first
    "queued": ("queued", "running"),
    "running": ("running", "queued"),
    "succeeded": ("succeeded",),
    "failed": ("failed", "refused"),
    "cancelled": ("cancelled", "failed"),
}
_GOOD: Final = {"submit": "accepted", "cancel": "done", "upload": "hosted", "find": "found"}


def recorded_site(about: Mapping[str, Any], recording: Recording) -> Site:
    """Make a site that serves a recording; `about` is the data of provider.json."""
    service, keys = _Service(about["name"], about["bases"], recording), about["keys"]
    scheme = keys.get("scheme", {})
    return Site(
        name=about["name"],
        key_variable=keys["environment"][0],
        key_header=scheme.get("header", "Authorization"),
        key_prefix=scheme.get("prefix", "Bearer"),
        key=f"{KEY}:{KEY}" if "jwt" in scheme else KEY,
        # What is for the rest of a path serves what no other route does.
        routes=tuple(sorted(service.routes(), key=lambda route: "...}" in route.path)),
        error=service.error,
    )


@dataclass(frozen=True, slots=True)
class _Service:
    name: str
    bases: Mapping[str, str]
    recording: Recording

    def routes(self) -> Iterator[Route]:
        """List the endpoints; of two flows with one endpoint, the first answers."""
        scenes = [each for flow, good in _GOOD.items() for each in self.recording.of(flow, good)]
        known: set[tuple[str, str]] = set()
        for scene in [*scenes[:1], *self.recording.of("poll"), *scenes[1:]]:
            for answer in scene.answers:
                path = self._with_job(scene, _local(answer.path))
                if (answer.method, path) not in known:
                    known.add((answer.method, path))
                    yield self._route(scene, answer, path)

    def _with_job(self, scene: Scene, path: str) -> str:
        """Let the recorded id in a path stand for each job's own, else its last placeholder."""
        written = path.replace(quote(self.recording.job, safe=""), "{job}")
        written = written.replace(self.recording.job, "{job}")
        if written == path and scene.flow in {"poll", "cancel"}:
            return re.sub(r"\{\w+\}(?!.*\{)", "{job}", path)
        return written

    def _route(self, scene: Scene, answer: RecordedAnswer, path: str) -> Route:
        handle: Any = getattr(self, f"_{scene.flow}")
        kind: Any = {"submit": "submit", "poll": "poll"}.get(scene.flow, "plain")
        if scene.flow in {"submit", "upload"} and answer is not scene.answers[-1]:
            handle, kind = self._prepare, "plain"  # a step before the order, or before the file
        kind = kind if answer.path.startswith("/") else "open"  # other hosts never get the key
        return Route(answer.method, path, partial(handle, answer), kind)

    def _prepare(self, answer: RecordedAnswer, state: State, request: Request, **__: str) -> Reply:
        _require_headers(answer, request)
        return self._reply(answer, {}, state)

    def _reply(self, answer: RecordedAnswer, replaced: Mapping[str, str], state: State) -> Reply:
        """Answer as recorded, with links that lead here."""
        here = f"{state.url}/{self.name}"
        paths = (each.path for scene in self.recording.scenes for each in scene.answers)
        others = {_origin(path): here + _local(_origin(path)) for path in paths if path[0] != "/"}
        links = {**replaced, **dict.fromkeys(self.bases.values(), here), **others}
        text = json.dumps(_replace(answer.json, links)) if answer.text is None else answer.text
        headers = {"Content-Type": "application/json", **answer.headers}
        return Reply(status=answer.status, headers=headers, body=text.encode())

    def _submit(self, answer: RecordedAnswer, state: State, request: Request, **_: str) -> Reply:
        _require_headers(answer, request)
        body = request.json()
        video = VideoSpec(references=tuple(_references(state, body)), seconds=2)
        job = accept_job(
            state, site=self.name, job_id=self._new_id(), model=self.recording.model, body=body,
            video=video, limits=_ANYTHING,
        )  # fmt: skip
        return self._reply(answer, {self.recording.job: job.id}, state)

    def _new_id(self) -> str:
        """Make an id in the form of the recorded one, since services have patterns for theirs."""
        digits = iter(secrets.token_hex(len(self.recording.job)))
        fresh = (
            str(int(next(digits), 16) % 9 + 1) if old.isdecimal() else next(digits)
            if old.isalpha() else old for old in self.recording.job
        )  # fmt: skip
        return "".join(fresh)

    def _poll(
        self, answer: RecordedAnswer, state: State, request: Request, *, job: str = "", **_: str
    ) -> Reply:
        _require_headers(answer, request)
        found = self._by_own_id(state, job) or state.jobs.find(self.name, job, called="job")
        replaced = {self.recording.job: found.id}
        if found.result:
            link = state.result_link(found, lifetime=_LIFETIME)
            scenes = self.recording.of("poll", "succeeded")
            replaced |= dict.fromkeys((url for scene in scenes for url in scene.outputs), link)
        return self._reply(self._answer_of_phase(found, answer), replaced, state)

    def _by_own_id(self, state: State, own_id: str) -> Job | None:
        """Find a job by an id that its request gave it, where services have such ids."""
        jobs = state.jobs.of(self.name)
        return next((each for each in jobs if own_id in strings_in(each.body)), None)

    def _answer_of_phase(self, job: Job, otherwise: RecordedAnswer) -> RecordedAnswer:
        """Find the answer of the same endpoint in a scene of the job's phase."""
        for outcome in _PHASES[job.phase]:
            for answer in chain.from_iterable(
                scene.answers for scene in self.recording.of("poll", outcome)
            ):
                if (answer.method, answer.path) == (otherwise.method, otherwise.path):
                    return answer
        return otherwise

    def _cancel(
        self, answer: RecordedAnswer, state: State, request: Request, *, job: str = "", **_: str
    ) -> Reply:
        _require_headers(answer, request)
        found = state.jobs.find(self.name, job, called="job")
        state.jobs.cancel(found, running=True)
        return self._reply(answer, {self.recording.job: found.id}, state)

    def _upload(self, answer: RecordedAnswer, state: State, request: Request, **_: str) -> Reply:
        _require_headers(answer, request)
        content, content_type = request.body, request.headers.get("content-type", "")
        if content_type.startswith("multipart/form-data"):
            part = next(iter(request.form().files.values()))
            content, content_type = part.content, part.content_type
        place = f"/stored/{self.name}/{secrets.token_hex(8)}"
        state.uploads.put(place, content, content_type)
        [scene, *_rest] = self.recording.of("upload", "hosted")
        return self._reply(answer, {scene.url: f"{state.url}{place}"}, state)

    def _find(self, answer: RecordedAnswer, state: State, request: Request, **_: str) -> Reply:
        """List the last job, as the recording lists one."""
        _require_headers(answer, request)
        jobs = state.jobs.of(self.name)
        replaced = {self.recording.job: jobs[0].id if jobs else "none"}
        return self._reply(answer, replaced, state)

    def error(self, error: HttpError) -> Reply:
        """Answer as a recorded refusal, with the status and the message of this error."""
        for scene in self.recording.of("submit", "refused"):
            answer = scene.answers[-1]
            if answer.status >= 400 and answer.text is None and scene.message:
                return json_reply(
                    _replace(answer.json, {scene.message: error.message}), error.status
                )
        return json_reply({"message": error.message}, error.status)


def _references(state: State, body: object) -> Iterator[Reference]:
    """List the media in a request; a video without any shows a card."""
    urls = [url for url in strings_in(body) if url.startswith(("https://", f"{state.url}/"))]
    for number, url in enumerate(urls or ["https://example.com/prompt"], 1):
        upload = state.uploads.find(url) if url.startswith(state.url) else None
        content_type = upload.content_type if upload else ""
        if not content_type.startswith("audio/"):
            is_video = content_type.startswith("video/") or url.lower().endswith(_VIDEOS)
            yield Reference("video" if is_video else "image", url, number)


def _require_headers(answer: RecordedAnswer, request: Request) -> None:
    if missing := answer.missing_headers(request.headers):
        raise HttpError(400, f"the header {missing[0]} is missing")


def _local(path: str) -> str:
    """Return where the emulator serves a path, or the whole URL of another host."""
    return path if path.startswith("/") else f"/{path.replace('://', '/')}"


def _origin(url: str) -> str:
    return "/".join(url.split("/")[:3])


def _replace(value: object, replaced: Mapping[str, str]) -> Any:  # noqa: ANN401 - JSON
    match value:
        case str():
            for old, new in replaced.items():
                value = value.replace(old, new)
            return value
        case int() if str(value) in replaced:  # an id that is a number
            return replaced[str(value)]
        case dict():
            return {name: _replace(each, replaced) for name, each in value.items()}
        case list():
            return [_replace(each, replaced) for each in value]
    return value
