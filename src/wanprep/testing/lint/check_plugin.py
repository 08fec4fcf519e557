"""Say all that is wrong with a plugin: its targets, its facts, its code, in this order."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from wanprep.testing.lint.code import code_faults, keyed, plain_order
from wanprep.testing.lint.fields import field_faults
from wanprep.testing.lint.plugin import Fault, find_plugin
from wanprep.testing.lint.samples import body_faults, sample_order
from wanprep.testing.lint.targets import (
    limit_faults,
    naming_faults,
    read_service,
    service_faults,
    target_form_faults,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from wanprep.plugins.flow import Order
    from wanprep.rules.target import Target
    from wanprep.testing.lint.plugin import Found


@dataclass(frozen=True, slots=True)
class Checked:
    """A plugin, its targets, and what is wrong with it."""

    found: Found
    targets: tuple[str, ...]
    faults: tuple[Fault, ...]


def check_plugin(told: str) -> Checked:
    """Look a plugin over, given by its folder or its name."""
    found = find_plugin(told)
    service, faults = _service(found)
    targets: list[Target] = []
    whole: list[Target] = []  # with nothing wrong: only these can be built
    for file in _target_files(found):
        target, wrong = _target(file)
        faults += wrong
        targets += [target] if target else []
        whole += [target] if target and not wrong else []
    faults += _names(targets, found, service)
    bought = next((each for target in whole if (each := _order(target))), None)
    order = bought or plain_order(found.package.removeprefix("wanprep_"))
    faults += code_faults(found, service, keyed(order, service))
    return Checked(found, tuple(target.id for target in targets), tuple(dict.fromkeys(faults)))


def _service(found: Found) -> tuple[Mapping[str, Any] | None, list[Fault]]:
    file = found.folder / "provider.json"
    if not file.exists():
        return None, []
    service, told = read_service(file)
    if service is not None:
        told += service_faults(service, found.package)
    return service, [Fault(file.name, *each) for each in told]


def _target_files(found: Found) -> list[Path]:
    files = sorted((found.folder / "targets").glob("*.json"))
    return [file for file in files if not file.name.endswith(".schema.json")]


def _target(file: Path) -> tuple[Target | None, list[Fault]]:
    from wanprep.rules.target import load_target

    name = f"targets/{file.name}"
    if told := target_form_faults(file):
        return None, [Fault(name, *each) for each in told]
    target = load_target(file)
    found = [*limit_faults(target), *naming_faults(target), *field_faults(target)]
    if not found:  # or the same would be told twice, and in other words
        found += body_faults(target) if _sendable(target) else ()
    return target, [Fault(name, *each) for each in found]


def _sendable(target: Target) -> bool:
    return target.request is not None and {"fields", "model"} <= target.data.keys()


def _order(target: Target) -> Order | None:
    return sample_order(target) if _sendable(target) else None


def _names(
    targets: list[Target], found: Found, service: Mapping[str, Any] | None
) -> Iterator[Fault]:
    wanted = str(service["name"]) if service else found.package.removeprefix("wanprep_")
    seen: set[str] = set()
    for target in targets:
        file = f"targets/{target.file.name}"
        if target.provider.replace("-", "_") != wanted.replace("-", "_") or (
            service and target.provider != wanted
        ):
            yield Fault(file, "id", f"it must begin with `{wanted}/`, as the provider is called.")
        if target.id in seen:
            yield Fault(file, "id", f"another file describes {target.id} already.")
        seen.add(target.id)
