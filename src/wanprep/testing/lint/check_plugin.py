"""Check a plugin: its provider.json, its targets, and its code."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from wanprep.errors import UsageError
from wanprep.testing.lint.code import check_code, example_order, with_idempotency_key
from wanprep.testing.lint.fields import build_example, check_bodies, check_fields
from wanprep.testing.lint.plugin import PluginPackage, Problem, find_plugin
from wanprep.testing.lint.targets import (
    check_conventions,
    check_provider_data,
    check_target_file,
    read_provider_file,
)
from wanprep.text import visible

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from wanprep.plugins import Order
    from wanprep.rules.target import Target


@dataclass(frozen=True, slots=True)
class Checked:
    """A plugin, its targets, and its problems."""

    found: PluginPackage
    targets: tuple[str, ...]
    problems: tuple[Problem, ...]


def check_plugin(name: str) -> Checked:
    """Check a plugin, given by its folder or its name, or the file of one target."""
    if Path(name).is_file():
        return _check_target_alone(Path(name))
    found = find_plugin(name)
    service, problems = _check_provider_file(found)
    targets: list[Target] = []
    buildable: list[Target] = []
    for file in _target_files(found):
        target, target_problems = _check_target(file, f"targets/{file.name}", of_plugin=True)
        problems += target_problems
        targets += [target] if target else []
        buildable += [target] if target and not target_problems else []
    problems += _check_ids(targets, found, service)
    order = next((order for target in buildable if (order := _example(target))), None)
    order = order or example_order(found.package.removeprefix("wanprep_"))
    problems += check_code(found, service, with_idempotency_key(order, service))
    return Checked(found, tuple(target.id for target in targets), tuple(dict.fromkeys(problems)))


def _check_target_alone(file: Path) -> Checked:
    if file.suffix != ".json":
        raise UsageError(f"{visible(str(file))} is no target: name a JSON file, or a plugin.")
    target, problems = _check_target(file, file.name, of_plugin=False)
    found = PluginPackage(file.name, file.parent, ())
    return Checked(found, (target.id,) if target else (), tuple(problems))


def _check_provider_file(
    found: PluginPackage,
) -> tuple[Mapping[str, Any] | None, list[Problem]]:
    file = found.folder / "provider.json"
    if not file.exists():
        return None, []
    service, messages = read_provider_file(file)
    if service is not None:
        messages += check_provider_data(service, found.package)
    return service, [Problem(file.name, *each) for each in messages]


def _target_files(found: PluginPackage) -> list[Path]:
    files = sorted((found.folder / "targets").glob("*.json"))
    return [file for file in files if not file.name.endswith(".schema.json")]


def _check_target(file: Path, name: str, *, of_plugin: bool) -> tuple[Target | None, list[Problem]]:
    from wanprep.rules.load_target import load_target

    if messages := check_target_file(file):
        return None, [Problem(name, *each) for each in messages]
    target = load_target(file)
    messages = list(check_fields(target)) if of_plugin or _can_be_sent(target) else []
    messages += check_conventions(target) if of_plugin else ()
    if not messages:  # otherwise the same problems would be reported twice
        messages += check_bodies(target) if _can_be_sent(target) else ()
    return target, [Problem(name, *each) for each in messages]


def _can_be_sent(target: Target) -> bool:
    return target.request is not None and {"fields", "model"} <= target.data.keys()


def _example(target: Target) -> Order | None:
    return build_example(target) if _can_be_sent(target) else None


def _check_ids(
    targets: list[Target], found: PluginPackage, service: Mapping[str, Any] | None
) -> Iterator[Problem]:
    provider = str(service["name"]) if service else found.package.removeprefix("wanprep_")
    ids: set[str] = set()
    for target in targets:
        file = f"targets/{target.file.name}"
        if target.provider.replace("-", "_") != provider.replace("-", "_") or (
            service and target.provider != provider
        ):
            yield Problem(file, "id", f"must begin with `{provider}/`, the provider's name.")
        if target.id in ids:
            yield Problem(file, "id", f"another file already describes {target.id}.")
        ids.add(target.id)
