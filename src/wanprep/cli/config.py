"""`wanprep config`: the values in effect, and where each comes from."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from wanprep.cli.options import format_option
from wanprep.text import visible

if TYPE_CHECKING:
    from collections.abc import Iterator


@click.group(short_help="Show the configuration and where each value comes from.")
def config() -> None:
    """Show the configuration and where each value comes from.

    \b
    Examples:
      wanprep config show
      wanprep config show assets/hero.png
    """


@config.command(short_help="Show all values, and what applies to PATH.")
@click.argument("path", required=False)
@format_option(["text", "json"], "Text, or a JSON object.")
def show(path: str | None, style: str) -> int:
    """Show every value with its origin and, for PATH, its role, ignored rules and severities.

    The configuration is the nearest wanprep.toml, or pyproject.toml with [tool.wanprep], in the
    current folder or above it, wherever PATH is; its globs and paths are relative to it. A
    configuration nearer to PATH does not apply, and is reported.

    \b
    Examples:
      wanprep config show
      wanprep config show assets/hero.png
      wanprep config show --format json
    """
    from wanprep.config import config_values, find_config, values_for

    found = find_config(Path.cwd())
    result: dict[str, Any] = {
        "file": str(found.file) if found.file else None,
        "searched_from": str(Path.cwd()),
        "values": config_values(found),
        "path": values_for(found, path) if path is not None else None,
    }
    click.echo(json.dumps(result, indent=2) if style == "json" else "\n".join(_lines(result)))
    return 0


def _lines(result: dict[str, Any]) -> Iterator[str]:
    if result["file"]:
        yield f"configuration: {visible(result['file'])}"
    else:
        start = visible(result["searched_from"])
        yield f"configuration: none: no wanprep.toml in {start} or above it"
    width = max(map(len, result["values"]))
    for name, entry in result["values"].items():
        value = visible(json.dumps(entry["value"], ensure_ascii=False))
        yield f"  {name:<{width}}  {value}  ({entry['origin']})"
    if result["path"]:
        yield from _path_lines(result["path"])


def _path_lines(values_for: dict[str, Any]) -> Iterator[str]:
    yield visible(values_for["path"])
    role = values_for["role"]
    yield f"  role: {role['value'] or 'by its kind'}  ({_origin(role)})"
    yield from _rule_lines("ignored", values_for["ignored"], "no rule")
    yield from _rule_lines("severity", values_for["severity"], "as in the targets")
    if nearer := values_for["nearer"]:
        yield f"  {visible(nearer)} is nearer to it, but applies only in its own folder:"
        yield f"  cd {visible(str(Path(nearer).parent))}"


def _rule_lines(title: str, entries: list[dict[str, Any]], none: str) -> Iterator[str]:
    for entry in entries:
        value = f" {entry['value']}" if "value" in entry else ""
        yield f"  {title}: {entry['rule']}{value}  ({_origin(entry)})"
    if not entries:
        yield f"  {title}: {none}"


def _origin(entry: dict[str, Any]) -> str:
    return visible(str(entry["origin"]))
