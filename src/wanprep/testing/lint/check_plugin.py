"""Check a plugin: its data, its targets, and its code on recorded and on invalid answers."""

from __future__ import annotations

import os
from contextlib import contextmanager
from dataclasses import field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from wanprep.dataclass import dataclass
from wanprep.emulator.recording import Recording, read_recording
from wanprep.errors import UsageError
from wanprep.testing.lint.agreement import check_citations, check_limits
from wanprep.testing.lint.check_code import check_code
from wanprep.testing.lint.fields import check_fields
from wanprep.testing.lint.jobs import check_bodies
from wanprep.testing.lint.plugin import (
    PluginPackage,
    check_hosts,
    check_registration,
    find_plugin,
    load_alone,
    load_watched,
)
from wanprep.testing.lint.problem import Problem, in_data
from wanprep.testing.lint.targets import (
    check_conventions,
    check_provider_data,
    check_target_file,
    find_leftovers,
    read_provider_file,
)
from wanprep.testing.lint.watch import CANARY
from wanprep.text import visible

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from wanprep.rules.target import Target

# The checks in their order, with what each is about.
CHECKS: Final[Mapping[str, str]] = {
    "data": "provider.json and recorded.json",
    "targets": "limits, sources and fields of the targets",
    "registration": "what the code registers",
    "import": "no network, output or delay when it is imported",
    "robustness": "nonsense, refusals and outages",
    "order": "one request that may cost money",
    "arrival": "every role and parameter arrives in the request",
    "recorded": "recorded answers to orders, uploads, cancelling and finding",
    "states": "recorded states of jobs",
    "unknown states": "words that are not documented end no job",
    "isolation": "no network, output or key inside of flows",
    "faults": "lost replies, outages and wrong keys over HTTP",
    "crash": "a killed `wanprep submit`, and the same command again",
}
# They submit jobs for the targets, and leave out those that have problems.
_NEED_TARGETS: Final = frozenset({"arrival", "crash"})


@dataclass(slots=True)
class Checked:
    """A plugin, its targets, and its problems by check."""

    found: PluginPackage
    targets: list[str] = field(default_factory=list)
    results: dict[str, list[Problem]] = field(default_factory=dict)
    notes: list[Problem] = field(default_factory=list)  # what is left of the scaffold

    @property
    def problems(self) -> list[Problem]:
        """All problems, each once."""
        return list(dict.fromkeys(each for some in self.results.values() for each in some))

    def add(self, check: str, problems: Iterable[Problem]) -> None:
        """Add the results of a check, of which there may be several."""
        located = (in_data(each, self.found.folder) for each in problems)
        self.results.setdefault(check, []).extend(located)


def check_plugin(name: str, *, kills: bool = False) -> Checked:
    """Check a plugin, given by its folder or its name, or the file of one target.

    `kills` also kills a process amid an order, which takes a second.
    """
    if Path(name).is_file():
        return _check_target_alone(Path(name))
    checked = Checked(find_plugin(name))
    service, recording = _check_data(checked)
    targets = _check_targets(checked, service)
    folder = checked.found.folder
    checked.notes += [in_data(each, folder) for each in find_leftovers(folder)]
    if checked.found.has_code:
        _check_code(checked, service, recording, targets, kills=kills)
    elif service is not None:
        problem = Problem("__init__.py", "", "missing, so nothing can be submitted.")
        checked.add("registration", [problem])
    return checked


def _check_target_alone(file: Path) -> Checked:
    if file.suffix != ".json":
        raise UsageError(f"{visible(str(file))} is no target: name a JSON file, or a plugin.")
    target, problems = _check_target(file, file.name, of_plugin=False)
    checked = Checked(PluginPackage(file.name, file.parent, ()), [target.id] if target else [])
    checked.add("targets", problems)
    return checked


def _check_data(checked: Checked) -> tuple[Mapping[str, Any] | None, Recording | None]:
    folder = checked.found.folder
    file, service, recording = folder / "provider.json", None, None
    checked.add("data", ())
    if file.exists():
        service, messages = read_provider_file(file)
        if service is not None:
            messages += check_provider_data(service, checked.found.package)
        checked.add("data", [Problem(file.name, *each) for each in messages])
    checked.add("data", _check_rules(checked.found))
    try:
        recording = read_recording(folder)
    except UsageError as error:
        checked.add("data", [Problem("recorded.json", "", str(error))])
    return service, recording


def _check_rules(found: PluginPackage) -> Iterator[Problem]:
    from wanprep.rules.finding import read_plugin_rules
    from wanprep.rules.target import plugin_name

    file = found.folder / "rules.json"
    if file.is_file():
        try:
            read_plugin_rules(file, plugin_name(found.package))
        except ValueError as error:
            yield Problem(file.name, "", f"{error}.")


def _check_targets(checked: Checked, service: Mapping[str, Any] | None) -> list[Target]:
    """Check all targets, and return those from which a request can be built."""
    files = sorted((checked.found.folder / "targets").glob("*.json"))
    targets: list[Target] = []
    buildable: list[Target] = []
    checked.add("targets", ())
    for file in files:
        if not file.name.endswith(".schema.json"):
            target, problems = _check_target(file, f"targets/{file.name}", of_plugin=True)
            checked.add("targets", problems)
            targets += [target] if target else []
            buildable += [target] if target and not problems and can_be_sent(target) else []
    checked.add("targets", _check_ids(targets, checked.found, service))
    checked.targets += [target.id for target in targets]
    return buildable


def _check_target(file: Path, name: str, *, of_plugin: bool) -> tuple[Target | None, list[Problem]]:
    from wanprep.rules.load_target import load_target

    if messages := check_target_file(file):
        return None, [Problem(name, *each) for each in messages]
    target = load_target(file)
    messages = list(check_fields(target)) if of_plugin or can_be_sent(target) else []
    messages += check_conventions(target) if of_plugin else ()
    if not messages:  # otherwise the same problems would be reported twice
        messages += check_bodies(target) if can_be_sent(target) else ()
        messages += check_limits(target) if can_be_sent(target) else ()
        messages += check_citations(target)
    return target, [Problem(name, *each) for each in messages]


def can_be_sent(target: Target) -> bool:
    """Whether a target has all that a request is built with."""
    return target.request is not None and {"fields", "model"} <= target.data.keys()


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


def _check_code(
    checked: Checked,
    service: Mapping[str, Any] | None,
    recording: Recording | None,
    targets: Sequence[Target],
    *,
    kills: bool,
) -> None:
    found = checked.found
    if not found.modules:
        message = (
            f'no entry point names the package: add `{found.package[8:]} = "{found.package}"`.'
        )
        problem = Problem("pyproject.toml", "project.entry-points.wanprep", message)
        checked.add("registration", [problem])
        return
    with _key_in_environment(service), load_alone(found) as plugins:
        checked.add("import", load_watched(found, plugins))
        checked.add("registration", check_registration(found, plugins, service))
        checked.add("registration", check_hosts(plugins))
        for provider in plugins.providers.values():
            results = check_code(provider, found, service, recording, targets, kills=kills)
            for check, problems in results.items():
                if problems or check not in _NEED_TARGETS or not checked.results["targets"]:
                    checked.add(check, problems)


@contextmanager
def _key_in_environment(service: Mapping[str, Any] | None) -> Iterator[None]:
    """Set the provider's key to one that is recognised wherever it appears."""
    names = service["keys"]["environment"] if service else ()
    before = {name: os.environ.get(name) for name in names}
    os.environ.update(dict.fromkeys(names, CANARY))
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value
