"""Replay the recorded answers of a service, and compare each outcome with what is recorded."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

from wanprep.dataclass import dataclass
from wanprep.errors import describe_error
from wanprep.plugins import Accepted, Cancelled, HostedUrl, Refused, Request, Response, Status
from wanprep.plugins import Unclear as UnclearAnswer
from wanprep.testing.lint.flow import NeverEnds, run_flow
from wanprep.testing.lint.problem import Problem

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from wanprep.emulator.recording import RecordedAnswer, Recording, Scene
    from wanprep.plugins import Flow, LocalFile, Order, Provider, Sent

_ENDED: Final = frozenset({"succeeded", "failed", "cancelled", "expired"})
_WORD: Final = "undocumented-state"
# Words whose meaning is plain, and the states that they may have where nothing is recorded.
_PLAIN_WORDS: Final[Mapping[str, frozenset[str]]] = {
    "expired": frozenset({"expired", "unknown"}),
    "cancelled": frozenset({"cancelled", "failed", "unknown"}),
    "failed": frozenset({"cancelled", "failed", "unknown"}),
}
# Each plugin records at least these; a flow that it has no feature for, none.
_NEEDED: Final[Mapping[str, tuple[tuple[str, ...], ...]]] = {
    "submit": (("accepted",), ("refused",)),
    "poll": (("queued", "running"), ("succeeded",), ("failed",)),
    "cancel": (("done", "not done"),),  # of a service that confirms nothing
    "find": (("found",), ("none",)),
    "upload": (("hosted",),),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Replay:
    """The requests of a flow on recorded answers, and its outcome."""

    requests: tuple[Request, ...]
    outcome: object  # its value, or the exception
    unanswered: str = ""  # a request for which nothing is recorded
    unused: tuple[RecordedAnswer, ...] = ()  # answers that were not requested
    missing: tuple[str, ...] = ()  # required headers that were not sent


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """A provider and what its recorded flows are called with."""

    provider: Provider
    bases: Mapping[str, str]
    recording: Recording
    order: Order
    sent: Sent  # with its id; `find` gets it without
    file: LocalFile

    def start(self, flow: str, order: Order | None = None) -> Flow[Any]:
        """Call a flow."""
        arguments: dict[str, tuple[Any, ...]] = {
            "submit": (order or self.order,),
            "find": (replace(self.sent, provider_id=""),),
            "upload": (self.file, self.order),
        }
        started: Flow[Any] = getattr(self.provider, flow)(*arguments.get(flow, (self.sent,)))
        return started


def replay_scene(
    stage: Stage, scene: Scene, order: Order | None = None, *, word: tuple[str, str] | None = None
) -> Replay:
    """Run the flow of a scene on its answers; `word` replaces a string in them by another."""
    left, missing, unanswered = list(scene.answers), list[str](), list[str]()

    def respond(request: Request) -> Response | None:
        answer = _find_answer(left or list(scene.answers[-1:]), request, stage.bases)
        if answer is None:
            unanswered.append(f"{request.method} {request.url}")
            return None
        if answer in left:
            left.remove(answer)
        missing.extend(answer.missing_headers(request.headers))
        return _response(answer, request, stage.bases, word)

    run = run_flow(stage.start(scene.flow, order), respond)
    return Replay(
        requests=tuple(each for each in run.requests if isinstance(each, Request)),
        outcome=None if isinstance(run.result, NeverEnds) else run.result,
        unanswered="".join(unanswered),
        unused=tuple(left),
        missing=tuple(missing),
    )


def _find_answer(
    answers: list[RecordedAnswer], request: Request, bases: Mapping[str, str]
) -> RecordedAnswer | None:
    path = request.url.partition("?")[0]
    own = bases.get(request.base, "").rstrip("/")
    paths = {path, path.removeprefix(own)} if own else {path}
    for answer in answers:
        if any(answer.is_for(request.method, each) for each in paths):
            return answer
    return None


def _response(
    answer: RecordedAnswer, request: Request, bases: Mapping[str, str], word: tuple[str, str] | None
) -> Response:
    body = answer.body
    if word:
        old, new = (json.dumps(each).encode() for each in word)
        body = body.replace(old, new)
    url = request.url
    if url.startswith("/"):
        url = bases.get(request.base, "https://api.example.com").rstrip("/") + url
    headers = {name.lower(): value for name, value in answer.headers.items()}
    return Response(answer.status, headers, body, url)


def check_recorded(stage: Stage) -> Iterator[Problem]:
    """Check that what each flow needs is recorded."""
    for flow, needed in _NEEDED.items():
        for outcomes in needed if getattr(stage.provider, flow) else ():
            if not stage.recording.of(flow, *outcomes):
                wanted = " or ".join(outcomes)
                yield Problem("recorded.json", flow, f"no scene with the outcome `{wanted}`.")
    for number, scene in enumerate(stage.recording.scenes):
        if getattr(stage.provider, scene.flow) is None:
            message = f"the code has no flow `{scene.flow}`."
            yield Problem("recorded.json", f"scenes.{number}", message)
        if (scene.flow, scene.outcome) == ("poll", "succeeded") and not scene.outputs:
            message = "a job that succeeded has `outputs`: the URLs of its results."
            yield Problem("recorded.json", f"scenes.{number}", message)


def check_scenes(stage: Stage, *flows: str) -> Iterator[Problem]:
    """Replay all scenes of some flows."""
    for scene in stage.recording.scenes:
        if scene.flow in flows and getattr(stage.provider, scene.flow) is not None:
            found = replay_scene(stage, scene)
            place = f"{stage.provider.name}.{scene.flow}"
            word = found.outcome.word if isinstance(found.outcome, Status) else ""
            yield from (
                Problem("flows", place, f"given `{scene.name}`, {message}", word=word)
                for message in _compare(stage, scene, found)
            )


def _compare(stage: Stage, scene: Scene, found: Replay) -> Iterator[str]:
    if found.unanswered:
        yield f"it requests {found.unanswered}, for which recorded.json has no answer."
        return
    for request in found.requests:
        if request.key and not _is_own(request.url, stage.bases):
            yield f"it sends the key to {urlsplit(request.url).netloc}: set key=False."
        if Path(stage.file.path).parent.name in _shown(request):
            yield "it sends the path of the file on the user's disk: send `file.name`."
    if found.missing:
        yield f"it sends no header {', '.join(dict.fromkeys(found.missing))}, which is required."
    outcome = found.outcome
    if isinstance(outcome, Exception) and not isinstance(outcome, Refused | UnclearAnswer):
        yield f"it raises {describe_error(outcome)}."
        return
    if (actual := outcome_of(scene.flow, outcome)) != scene.outcome:
        word = f": the word is {outcome.word!r}" if isinstance(outcome, Status) else ""
        yield f"the outcome is `{actual}` instead of `{scene.outcome}`{word}."
        return
    yield from _compare_details(scene, outcome)
    for answer in found.unused:
        yield f"it does not request {answer.method} {urlsplit(answer.path).path}."


def _shown(request: Request) -> str:
    """Return all that the service gets to see of a request, but the content of a file."""
    return repr(replace(request, file=request.file and replace(request.file, path="")))


def _is_own(url: str, bases: Mapping[str, str]) -> bool:
    hosts = {urlsplit(base).netloc for base in bases.values()}
    return url.startswith("/") or urlsplit(url).netloc in hosts


def outcome_of(flow: str, outcome: object) -> str:
    """Name the outcome of a flow as recorded.json does."""
    match outcome:
        case Refused():
            return "refused"
        case UnclearAnswer():
            return "unclear"
        case Accepted():
            return "found" if flow == "find" else "accepted"
        case None if flow == "find":
            return "none"
        case Status(state=state):
            return state
        case Cancelled(done=done):
            return "done" if done else "not done"
        case HostedUrl():
            return "hosted"
    return type(outcome).__name__


def _compare_details(scene: Scene, outcome: object) -> Iterator[str]:
    text = " ".join(_texts(outcome))
    if scene.message and scene.message not in text:
        yield f"the user does not see its reason {scene.message!r}, but {text[:120]!r}."
    match outcome:
        case Refused(code=code) if scene.code and code != scene.code:
            yield f"the code is {code!r} instead of {scene.code!r}."
        case Status(state="succeeded", outputs=outputs) if outputs != scene.outputs:
            yield f"the results are {[*outputs]} instead of {[*scene.outputs]}."
        case HostedUrl(url=url) if scene.url and url != scene.url:
            yield f"the URL is {url[:120]!r} instead of {scene.url!r}."


def _texts(outcome: object) -> list[str]:
    match outcome:
        case Refused(code=code, advice=advice) as error:
            return [str(error), code, advice]
        case Status(error=error):
            return [error]
        case Cancelled(message=message):
            return [message]
        case Exception():
            return [str(outcome)]
    return []


def check_ids(stage: Stage) -> Iterator[Problem]:
    """Check that the accepted job has the recorded id."""
    for scene in [*stage.recording.of("submit", "accepted"), *stage.recording.of("find", "found")]:
        outcome = replay_scene(stage, scene).outcome
        if isinstance(outcome, Accepted) and outcome.provider_id != stage.recording.job:
            message = (
                f"given `{scene.name}`, the id is {outcome.provider_id!r} instead of"
                f" {stage.recording.job!r}."
            )
            yield Problem("flows", f"{stage.provider.name}.{scene.flow}", message)


def check_unknown_states(stage: Stage) -> Iterator[Problem]:
    """Check that words which are not recorded end no job, or end it as they say."""
    scenes = [each for outcome in ("succeeded", "running", "queued")
              for each in stage.recording.of("poll", outcome)]  # fmt: skip
    recorded = " ".join(str(answer.json) for scene in stage.recording.of("poll")
                        for answer in scene.answers).lower()  # fmt: skip
    place = f"{stage.provider.name}.poll"
    if ended := [state for state in _states_of(stage, scenes, _WORD) if state in _ENDED]:
        message = (
            f"given the unknown state {_WORD!r}, the job is `{ended[0]}`: translate words"
            ' that are not documented to "unknown", as `answers.read_status` does.'
        )
        yield Problem("flows", place, message)
        return
    for word, allowed in _PLAIN_WORDS.items():
        states = _states_of(stage, scenes, word) if f"'{word}'" not in recorded else []
        if wrong := [state for state in states if state not in allowed]:
            message = f"given the state {word!r}, the job is `{wrong[0]}`: record the answer if"
            yield Problem("flows", place, f"{message} the service means that.", word=word)


def _states_of(stage: Stage, scenes: Sequence[Scene], word: str) -> list[str]:
    """Replay recorded polls with another word in them; return the states that they have then."""
    states: dict[str, None] = {}
    for scene in scenes:
        known = replay_scene(stage, scene).outcome
        if isinstance(known, Status) and known.word:
            found = replay_scene(stage, scene, word=(known.word, word)).outcome
            if isinstance(found, Status) and found.word != known.word:
                states[found.state] = None
    return list(states)
