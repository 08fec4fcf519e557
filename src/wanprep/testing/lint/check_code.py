"""Check the flows of one provider."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from types import GeneratorType
from typing import TYPE_CHECKING, Any, Final

from wanprep.emulator.recording import Recording
from wanprep.plugins import Accepted
from wanprep.testing.lint.driven import check_driven
from wanprep.testing.lint.flow import (
    check_escaping,
    check_events,
    check_flow,
    check_order,
    usual_requests,
)
from wanprep.testing.lint.jobs import build_example, check_arrival, example_values
from wanprep.testing.lint.killed import check_killed
from wanprep.testing.lint.problem import Problem, in_code, in_line
from wanprep.testing.lint.scenes import (
    Stage,
    check_ids,
    check_recorded,
    check_scenes,
    check_unknown_states,
    replay_scene,
)
from wanprep.testing.lint.watch import FLOWS, Watch, watched
from wanprep.testing.replay import local_file, sent
from wanprep.testing.replay import order as make_order

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from wanprep.plugins import Flow, Order, Provider
    from wanprep.rules.target import Target
    from wanprep.testing.lint.plugin import PluginPackage

Results = dict[str, list[Problem]]
_OF_JOBS: Final = frozenset({"poll", "cancel"})
_KEY: Final = "0b8f1a52-7c1d-4e0f-9a3b-5d6c7e8f9a0b"
_PIXEL: Final = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010802000000907753de"
    "0000000c49444154789c63606060000000040001f61738550000000049454e44ae426082"
)


_NOTHING: Final = Recording(job="job-1", sent_at=datetime(2026, 11, 20, tzinfo=UTC), scenes=())


def check_code(
    provider: Provider,
    found: PluginPackage,
    service: Mapping[str, Any] | None,
    recording: Recording | None,
    targets: Sequence[Target],
    *,
    kills: bool,
) -> Results:
    """Run all flows, on invalid answers and on the recorded ones; `kills` also a real process."""
    watch = Watch(found.folder)
    with TemporaryDirectory() as folder:
        file = Path(folder, "hero.png")
        file.write_bytes(_PIXEL)
        order = _order(provider, service, recording, targets)
        stage = Stage(
            provider=watched(provider, watch),
            bases=service["bases"] if service else {},
            recording=recording or _NOTHING,
            order=order,
            sent=sent(order, (recording or _NOTHING).job, sent_at=(recording or _NOTHING).sent_at),
            file=local_file(file),
        )
        results = _run_checks(stage, service, targets)
        if service is not None and "faults" in results and kills:
            results["crash"] = list(check_killed(stage, service, found, targets))
    results["isolation"] = [
        in_line(Problem("flows", f"{provider.name}.{flow}", message), line)
        for (flow, message), line in watch.seen.items()
    ]
    return {
        check: [in_code(each, provider, found.folder) for each in problems]
        for check, problems in results.items()
    }


def _order(
    provider: Provider,
    service: Mapping[str, Any] | None,
    recording: Recording | None,
    targets: Sequence[Target],
) -> Order:
    """Take the recorded order, else build one for the first target, else invent one."""
    built = next((order for target in targets if (order := build_example(target))), None)
    order = built or make_order(f"{provider.name}/example", model="example")
    settings = _needed_settings(service)
    if recording:
        settings |= recording.settings
        body = recording.order_body
        order = replace(order, body=order.body if body is None else body)
        order = replace(order, model=recording.model or order.model)
    key = _KEY if (service or {}).get("idempotency") else ""
    return replace(order, settings=settings, idempotency_key=key)


def _needed_settings(service: Mapping[str, Any] | None) -> dict[str, Any]:
    """Invent values for the settings that uploads need."""
    from jsonschema import Draft202012Validator

    needed = ((service or {}).get("uploads") or {}).get("needs", ())
    schemas = (service or {}).get("settings", {})
    settings = {}
    for name in schemas.keys() & needed:
        values = example_values(schemas[name], schemas[name])
        is_valid = Draft202012Validator(schemas[name]).is_valid
        settings[name] = next((value for value in values if is_valid(value)), "x")
    return settings


def _run_checks(
    stage: Stage, service: Mapping[str, Any] | None, targets: Sequence[Target]
) -> Results:
    robustness = list(_check_robustness(stage))
    if not all(_is_generator(stage, flow) for flow in FLOWS if getattr(stage.provider, flow)):
        return {"robustness": robustness}  # the flows cannot be run
    results: Results = {
        "robustness": robustness,
        "order": list(_check_orders(stage)),
        "arrival": list(_check_arrival(stage, targets)),
    }
    if not stage.recording.scenes:
        message = "missing: record the service's answers. `wanprep schema recorded` describes it."
        return results | {"recorded": [Problem("recorded.json", "", message)]}
    results |= {
        "recorded": [
            *check_recorded(stage),
            *check_scenes(stage, "submit", "cancel", "find", "upload"),
            *check_ids(stage),
        ],
        "states": list(check_scenes(stage, "poll")),
        "unknown states": list(check_unknown_states(stage)),
    }
    if service is not None and not any(results.values()):  # over HTTP they would only recur
        results["faults"] = list(check_driven(stage, service))
    return results


def _check_robustness(stage: Stage) -> Iterator[Problem]:
    provider = stage.provider
    bases = frozenset(stage.bases) or None
    for flow in FLOWS:
        if getattr(provider, flow) is not None:
            messages = list(check_flow(flow, _starter(stage, flow), bases))
            if flow in _OF_JOBS and _is_generator(stage, flow):
                messages += check_escaping(_starter_of_job(stage, flow), stage.recording.job)
            yield from (Problem("flows", f"{provider.name}.{flow}", each) for each in messages)
    if provider.events is not None:
        for message in check_events(provider.events.read):
            yield Problem("flows", f"{provider.name}.events", message)


def _is_generator(stage: Stage, flow: str) -> bool:
    try:
        return isinstance(stage.start(flow), GeneratorType)
    except Exception:  # noqa: BLE001 - which is reported
        return False


def _starter(stage: Stage, flow: str) -> Callable[[], Flow[Any]]:
    return lambda: stage.start(flow)


def _starter_of_job(stage: Stage, flow: str) -> Callable[[str], Flow[Any]]:
    return lambda job: replace(stage, sent=replace(stage.sent, provider_id=job)).start(flow)


def _check_orders(stage: Stage) -> Iterator[Problem]:
    """Count the paid requests of an order that finds whatever it looks for, and as recorded."""
    place = f"{stage.provider.name}.submit"
    for scene in stage.recording.of("submit", "accepted"):
        found = replay_scene(stage, scene)
        accepted = isinstance(found.outcome, Accepted)
        yield from (Problem("flows", place, each) for each in
                    check_order(found.requests, accepted=accepted))  # fmt: skip
    usual = _usual_requests(stage, stage.order)
    yield from (Problem("flows", place, each) for each in check_order(usual, accepted=bool(usual)))


def _usual_requests(stage: Stage, order: Order) -> Sequence[object]:
    return usual_requests(stage.start("submit", order))


def _check_arrival(stage: Stage, targets: Sequence[Target]) -> Iterator[Problem]:
    """Submit jobs with each role and parameter, on the recorded answers if there are some."""
    scenes = stage.recording.of("submit", "accepted")

    def requests_of(order: Order) -> Sequence[object]:
        order = replace(
            order, settings=stage.order.settings, idempotency_key=stage.order.idempotency_key
        )
        if scenes and not (found := replay_scene(stage, scenes[0], order)).unanswered:
            return found.requests
        return _usual_requests(stage, order)

    for target in targets:
        yield from check_arrival(target, requests_of, f"{stage.provider.name}.submit")
