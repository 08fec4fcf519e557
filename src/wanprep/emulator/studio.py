"""From an order to a video: fetch the references, look at them, film them."""

from __future__ import annotations

import uuid
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from wanprep.emulator.addresses import fetch
from wanprep.emulator.documents import complaints
from wanprep.emulator.film import film
from wanprep.emulator.jobs import Failure, Job
from wanprep.emulator.pictures import Unfilmable
from wanprep.emulator.scene import Scene

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from wanprep.emulator.scene import Reference
    from wanprep.emulator.state import State


def take_job(
    state: State,
    *,
    site: str,
    model: str,
    name: str,
    body: Mapping[str, Any],
    scene: Scene | Failure,
    limits: str,
    notes: Mapping[str, Any] | None = None,
) -> Job:
    """Take a job; what is wrong with its files shows when it runs."""
    scene = _disturbed(state, scene)
    job = Job(
        id=name,
        site=site,
        model=model,
        body=body,
        made=state.jobs.begin(lambda: _make(state, scene, limits)),
        pace=state.speed,
        endless=state.faults.take("never-finishes"),
        notes=notes or {},
    )
    return state.jobs.add(job)


def _disturbed(state: State, scene: Scene | Failure) -> Scene | Failure:
    if state.faults.take("fail"):
        return Failure("policy", "The content does not comply with the usage policy.")
    if isinstance(scene, Scene) and state.faults.take("short-result"):
        return replace(scene, seconds=max(1, scene.seconds // 2))
    return scene


def _make(state: State, scene: Scene | Failure, limits: str) -> Path | Failure:
    if isinstance(scene, Failure):
        return scene
    if state.closing.is_set():
        return Failure("internal", "the emulator was closed")
    seen: list[tuple[Reference, Path | None]] = []
    for reference in scene.references:
        found = _look(state, reference, limits)
        if isinstance(found, Failure):
            return found
        seen.append((reference, found))
    try:
        to = state.folder / f"result-{uuid.uuid4().hex}.mp4"
        return film(scene, seen, to, state.closing)
    except Unfilmable as error:
        return Failure("internal", str(error))


def _look(state: State, reference: Reference, limits: str) -> Path | Failure | None:
    """Fetch a reference of ours and hold it against the provider's limits."""
    found = fetch(state, reference.url)
    if found is None or isinstance(found, Failure):
        return found
    from wanprep.probe.workers import probe_in_worker

    facts = probe_in_worker(found)
    if not facts.readable:
        return Failure("unfit", f"{reference.title} cannot be decoded: {facts.problem}")
    if wrong := complaints(limits, f"media/{reference.role}", facts.as_json()):
        return Failure("unfit", f"{reference.title}: {wrong[0]}")
    return found
