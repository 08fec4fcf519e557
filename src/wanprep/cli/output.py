"""How much is said beside the data: --quiet and --verbose, the same in every command."""

from __future__ import annotations

import os
from typing import IO, TYPE_CHECKING, Any, Final

import click

if TYPE_CHECKING:
    from collections.abc import Callable


_KEY: Final = "wanprep.loudness"


def _note(context: click.Context, parameter: click.Parameter, value: bool) -> None:
    if not value:
        return
    if context.meta.setdefault(_KEY, parameter.name) != parameter.name:
        raise click.UsageError("--quiet and --verbose say two things: give one of them.", context)


_OPTIONS: Final = (
    click.option("-v", "--verbose", is_flag=True, expose_value=False, callback=_note,
                 help="Also say what is looked at, what was remembered, and how long it took."),
    click.option("-q", "--quiet", is_flag=True, expose_value=False, callback=_note,
                 help="Only what matters: findings and errors, no progress, no summary."),
)  # fmt: skip


def speaking(command: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command --quiet and --verbose, which also stand before the command's name."""
    for option in _OPTIONS:
        command = option(command)
    return command


def is_quiet() -> bool:
    """Tell whether nothing is to be said that is not asked for."""
    return _said() == "quiet"


def is_verbose() -> bool:
    """Tell whether everything is to be said that might help."""
    return _said() == "verbose"


def tell(words: str) -> None:
    """Say something that only --verbose asks for."""
    if is_verbose():
        click.echo(words, err=True)


def _said() -> str | None:
    context = click.get_current_context(silent=True)
    return context.meta.get(_KEY) if context else None


def in_colour(stream: IO[str]) -> bool:
    """Tell whether colours are wanted: NO_COLOR forbids them, FORCE_COLOR wants them anywhere."""
    if os.environ.get("NO_COLOR"):
        return False
    if forced := os.environ.get("FORCE_COLOR"):
        return forced != "0"
    return stream.isatty() and os.environ.get("TERM") != "dumb"
