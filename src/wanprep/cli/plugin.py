"""`wanprep plugin`: create a provider plugin, check one, and list the installed ones."""

from __future__ import annotations

import json
import os
import sys
import warnings
from contextlib import redirect_stdout
from dataclasses import asdict, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import click

from wanprep.cli.options import complete_files, complete_folders, format_option
from wanprep.dataclass import dataclass
from wanprep.errors import PluginWarning
from wanprep.plugins.loading import entry_points, installed, load_emulators
from wanprep.rules.target import all_targets, is_disabled, plugin_name
from wanprep.text import plural, visible

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from importlib.metadata import EntryPoint

    from wanprep.plugins.new_plugin import Kind
    from wanprep.testing.lint.check_plugin import Checked
    from wanprep.testing.lint.problem import Problem


@click.group(short_help="Create, check or list plugins.")
def plugin() -> None:
    """Create or check a provider plugin, or list the installed ones.

    \b
    Examples:
      wanprep plugin new acme
      wanprep plugin check wanprep_acme
      wanprep plugin list
    """


@plugin.command()
@click.argument("name")
@click.option("--folder", metavar="DIR", shell_complete=complete_folders,
              help="Write it to DIR.  [default: wanprep_NAME]")  # fmt: skip
@click.option("--from", "source", type=click.Path(path_type=Path), metavar="FILE",
              shell_complete=complete_files,
              help="Create the target and the flows from a published schema.")  # fmt: skip
@click.option("--docs", metavar="URL", default="",
              help="Documentation page of the service, to cite in all sources.")  # fmt: skip
@click.option("--target-only", "kind", flag_value="target", help="Only targets, without code.")
@click.option("--host", "kind", flag_value="host", help="A place for local files, not a provider.")
def new(name: str, folder: str | None, source: Path | None, docs: str, kind: Kind | None) -> int:
    """Create a plugin for the provider NAME.

    It is a package that can be installed as it is, with an example of a target, the provider's
    properties, the code that talks to it, and tests. Existing files are never overwritten.

    With --from, a published schema (OpenAPI, JSON Schema, a model object or page form) replaces
    the example: fields, values and limits are taken from it, and what you must check by hand is
    listed.

    \b
    Examples:
      wanprep plugin new acme
      wanprep plugin new acme --from openapi.json --docs https://docs.acme.com/videos
      wanprep plugin new acme --from model.json --target-only
      wanprep plugin new acme --host
      wanprep plugin new acme-video --folder plugins/acme
    """
    from wanprep.plugins.new_plugin import package_of, to_read, write_plugin
    from wanprep.published.read import read_published

    if source and kind == "host":
        raise click.UsageError("--from describes a model: leave it out with --host.")
    if docs and not docs.startswith("https://"):
        raise click.BadParameter("it must begin with https://", param_hint="--docs")
    published = read_published(source) if source else None
    if published and docs:
        published = replace(published, docs=docs)
    place = Path(folder or package_of(name))
    for file in write_plugin(name, place, published=published, kind=kind or "provider", docs=docs):
        click.echo(f"wrote {visible(str(file))}")
    for point in to_read(name, published) if published else ():
        click.echo(f"to read: {visible(point)}", err=True)
    where = visible(str(place))
    readme = f"read {visible(str(place / 'README.md'))}. " if kind != "target" else ""
    click.echo(
        f"Next: {readme}Check the plugin with"
        f" `wanprep plugin check {where}`; install it with `pip install -e {where}`.",
        err=True,
    )
    return 0


@plugin.command()
@click.argument("place", metavar="[FOLDER|NAME|TARGET.json]", default=".",
                shell_complete=complete_files)  # fmt: skip
@format_option(["text", "json"], "Text, or a JSON object.")
def check(place: str, style: str) -> int:
    """Check the plugin in FOLDER, or the installed one called NAME, or the target TARGET.json.

    Checks its targets and their sources, provider.json, whether every role and parameter arrives
    in a request, and its code: each flow is given invalid answers and those in recorded.json, which
    are also served on this machine, with lost replies and outages. The code is run, without a key.
    Of a target alone, only its file is checked.

    Exit status: 0 no problems, 1 problems found, 2 no such plugin.

    \b
    Examples:
      wanprep plugin check
      wanprep plugin check evolink
      wanprep plugin check targets/acme.json
      wanprep plugin check wanprep_acme --format json
    """
    from wanprep.testing.lint.check_plugin import check_plugin

    with redirect_stdout(sys.stderr):  # what the plugin's own code prints is not our output
        checked = check_plugin(place, kills=True)
    click.echo(_as_json(checked) if style == "json" else _as_text(checked))
    return int(bool(checked.problems))


@plugin.command("list")
@format_option(["text", "json"], "Text, or a JSON object.")
def list_installed(style: str) -> None:
    """List the installed plugins: what each registers, and how long it takes to load.

    A plugin is ok, broken (with what is wrong) or disabled, by WANPREP_DISABLE_PLUGINS.

    \b
    Examples:
      wanprep plugin list
      wanprep plugin list --format json
    """
    plugins = list_plugins()
    if style == "json":
        result = {"version": 1, "plugins": [asdict(each) for each in plugins]}
        click.echo(json.dumps(result, indent=2, ensure_ascii=False))
        return
    for each in plugins:
        version = f"{each.distribution} {each.version}" if each.distribution else "not installed"
        time = "" if each.seconds is None else f", loaded in {each.seconds:.2f} s"
        click.echo(visible(f"{each.name}: {each.state} ({version}{time})"))
        for line in (*each.offers, *each.problems):
            click.echo(f"  {visible(line)}")


def _as_text(checked: Checked) -> str:
    """List the problems, then a table of the checks."""
    from wanprep.testing.lint.check_plugin import CHECKS

    lines = [visible(str(problem)) for problem in (*checked.problems, *checked.notes)]
    lines += [""] if lines else []
    found = checked.results
    is_stopped = checked.problems and checked.found.has_code  # by what some checks need
    for check in [each for each in CHECKS if is_stopped or each in found]:
        lines.append(f"{_outcome(found.get(check)):>12}  {check:<15} {CHECKS[check]}")
    if checked.notes:
        lines.append(f"{'to do':>12}  {'scaffold':<15} examples to replace")
    total = plural(len(checked.problems), "problem") if checked.problems else "no problems"
    targets = plural(len(checked.targets), "target")
    return "\n".join([*lines, f"{checked.found.package}: {targets}, {total}"])


def _outcome(problems: Sequence[Problem] | None) -> str:
    if problems is None:
        return "not checked"
    return plural(len(set(problems)), "problem") if problems else "ok"


def _as_json(checked: Checked) -> str:
    from wanprep.testing.lint.check_plugin import CHECKS

    def problem_json(each: Problem) -> dict[str, str | int | None]:
        line = each.line or None
        return {"file": each.file, "line": line, "place": each.place, "message": each.message}

    result = {
        "version": 1,
        "plugin": checked.found.package,
        "folder": os.fspath(checked.found.folder),
        "targets": list(checked.targets),
        "checks": {
            check: None if (found := checked.results.get(check)) is None else len(set(found))
            for check in CHECKS
        },
        "problems": [problem_json(each) for each in checked.problems],
        "notes": [problem_json(each) for each in checked.notes],
    }
    return json.dumps(result, indent=2, ensure_ascii=False)


@dataclass(slots=True)
class ListedPlugin:
    """One installed plugin."""

    name: str
    state: Literal["ok", "broken", "disabled"] = "ok"
    distribution: str | None = None  # None where nothing is installed but its folder
    version: str | None = None
    seconds: float | None = None  # to load its code; None where it has none or is disabled
    offers: list[str] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)


def list_plugins() -> list[ListedPlugin]:
    """Load all plugins, and list them by name; the disabled ones too."""
    found: dict[str, ListedPlugin] = {}

    def listed(name: str) -> ListedPlugin:
        return found.setdefault(plugin_name(name), ListedPlugin(plugin_name(name)))

    with warnings.catch_warnings(record=True, action="always", category=PluginWarning) as warned:
        for point in entry_points():
            _describe(listed(point.name), point)
        for target in (targets := all_targets()).usable():
            if plugin := targets.plugin_of(target.id):
                listed(plugin).offers.append(f"target {target.id}")
        for name, offer in _registered():
            listed(name).offers.append(offer)
    for message in {str(each.message): each.message for each in warned}.values():
        if isinstance(message, PluginWarning):
            listed(message.plugin).state = "broken"
            listed(message.plugin).problems.append(str(message))
    return [found[name] for name in sorted(found)]


def _describe(plugin: ListedPlugin, point: EntryPoint) -> None:
    if point.dist is not None:
        plugin.distribution, plugin.version = point.dist.name, point.dist.version
    if is_disabled(point.name):
        plugin.state = "disabled"
    else:
        plugin.seconds = round(installed().load_all().seconds[point.name], 3)


def _registered() -> Iterator[tuple[str, str]]:
    load_emulators()
    for what, name in installed().owners.items():
        yield name, what.removeprefix("the ").replace("'", "")
