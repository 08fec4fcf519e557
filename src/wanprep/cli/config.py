"""`wanprep config`: what applies, and where it comes from."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from wanprep.text import visible

if TYPE_CHECKING:
    from collections.abc import Iterator


@click.group(short_help="Show the configuration, and where each value comes from.")
def config() -> None:
    """Show the configuration, and where each value comes from.

    \b
    Examples:
      wanprep config show
      wanprep config show assets/hero.png
    """


@config.command(short_help="Show all config_values, and what applies to PATH.")
@click.argument("path", required=False)
@click.option(
    "--format",
    "style",
    type=click.Choice(["text", "json"]),
    default="text",
    show_default=True,
    help="How it is written.",
)
def show(path: str | None, style: str) -> int:
    """Show every value with its origin and, for PATH, its role, ignored rules and severities.

    The configuration is the nearest wanprep.toml, or pyproject.toml with [tool.wanprep], in the
    current folder or above it, wherever PATH lies; its globs and paths are relative to it. One
    that lies nearer to PATH does not apply from here, and is named.

    \b
    Examples:
      wanprep config show
      wanprep config show assets/hero.png
      wanprep config show --format json
    """
    from wanprep.config import config_values, find_config, values_for

    here = find_config(Path.cwd())
    told: dict[str, Any] = {
        "file": str(here.file) if here.file else None,
        "searched_from": str(Path.cwd()),
        "values": config_values(here),
        "path": values_for(here, path) if path is not None else None,
    }
    if style == "json":
        click.echo(json.dumps(told, indent=2))
    else:
        click.echo("\n".join(_lines(told)))
    return 0


def _lines(told: dict[str, Any]) -> Iterator[str]:
    start = visible(told["searched_from"])
    if told["file"]:
        yield f"configuration: {visible(told['file'])}"
    else:
        yield f"configuration: none: no wanprep.toml in {start} or above it"
    width = max(map(len, told["values"]))
    for name, value in told["values"].items():
        yield f"  {name:<{width}}  {_said(value['value'])}  ({value['origin']})"
    if told["path"]:
        yield from _of_path(told["path"])


def _of_path(told: dict[str, Any]) -> Iterator[str]:
    yield visible(told["path"])
    role = told["role"]
    yield f"  role: {role['value'] or 'by its kind'}  ({_origin(role)})"
    yield from _rules("ignored", told["ignored"])
    yield from _rules("severity", told["severity"])
    if told["nearer"]:
        yield f"  {visible(told['nearer'])} lies nearer to it, and applies only from its folder:"
        yield f"  cd {visible(str(Path(told['nearer']).parent))}"


def _rules(what: str, entries: list[dict[str, Any]]) -> Iterator[str]:
    for entry in entries:
        value = f" {entry['value']}" if "value" in entry else ""
        yield f"  {what}: {entry['rule']}{value}  ({_origin(entry)})"
    if not entries:
        yield f"  {what}: {'no rule' if what == 'ignored' else 'as the targets say'}"


def _origin(entry: dict[str, Any]) -> str:
    return visible(str(entry["origin"]))


def _said(value: object) -> str:
    return visible(json.dumps(value, ensure_ascii=False))
