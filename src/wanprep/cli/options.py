"""The options of every command that opens files, so that they are the same everywhere."""

from __future__ import annotations

from functools import reduce
from typing import TYPE_CHECKING, Any, Final

import click

if TYPE_CHECKING:
    from collections.abc import Callable

_READING: Final = (
    click.option("--deep", is_flag=True, help="Decode everything, to find damage no header shows."),
    click.option(
        "-z", "--null", "nul", is_flag=True, help="Names read from - end with a NUL byte."
    ),
    click.option("--no-cache", is_flag=True, help="Believe nothing that was probed before."),
    click.option(
        "-j",
        "--jobs",
        type=click.IntRange(min=1),
        help="Files read side by side.  [default: one per core]",
    ),
)


def reading(command: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command the options of reading files: --deep, -z, --no-cache, -j."""
    return reduce(lambda wrapped, option: option(wrapped), reversed(_READING), command)
