"""The options that several commands have, so that they are the same everywhere."""

from __future__ import annotations

import re
from functools import reduce
from typing import TYPE_CHECKING, Any, Final

import click

from wanprep.cli import completion as completing
from wanprep.cli.output import speaking

if TYPE_CHECKING:
    from collections.abc import Callable


def _colour(
    context: click.Context,  # noqa: ARG001 - click's signature
    parameter: click.Parameter,  # noqa: ARG001
    value: str | None,
) -> str | None:
    if value is None or re.fullmatch(r"#?[0-9a-fA-F]{6}", value):
        return None if value is None else f"#{value.removeprefix('#').lower()}"
    raise click.BadParameter(f"'{value}' is no colour of the form #rrggbb, such as #ffffff.")


going_online: Final = click.option(
    "--offline/--online",
    default=None,
    help="Leave addresses unlooked-at, and excuse them.  [default: --online]",
)

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


_FIXING: Final = (
    click.option("--out", metavar="DIR", shell_complete=completing.folders,
                 help="Write the results into DIR, which mirrors the inputs."),
    click.option("--in-place", is_flag=True, help="Replace the files themselves."),
    click.option(
        "--crop",
        type=click.Choice(["smart", "center", "pad"]),
        help="Bring a wrong shape into range: cut, by what is in the image or from its middle;"
        " or pad.",
    ),
    click.option(
        "--trim",
        type=click.Choice(["start", "center", "end"]),
        help="Cut what is too long, and keep this part.",
    ),
    click.option(
        "--background",
        metavar="COLOUR",
        callback=_colour,
        help="#rrggbb under what is transparent and around what is padded.  [default: white]",
    ),
    click.option("-y", "--yes", is_flag=True, help="Yes to whatever would be asked."),
    click.option("--receipt", metavar="FILE", shell_complete=completing.files,
                 help="Write the receipt to FILE.  [default: in DIR]"),
)  # fmt: skip


def fixing(command: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command the options of fixing files."""
    return reduce(lambda wrapped, option: option(wrapped), reversed(_FIXING), command)


def roles_of(
    context: click.Context,  # noqa: ARG001 - click's signature
    parameter: click.Parameter,  # noqa: ARG001
    values: tuple[str, ...],
) -> dict[str, str]:
    """Read --role: a role for all bare media, or GLOB=ROLE for some."""
    from wanprep.check.inputs import ROLES

    roles = {}
    for value in values:
        pattern, equals, role = value.rpartition("=")
        if role not in ROLES:
            raise click.BadParameter(f"'{role}' is no role. There are: {', '.join(ROLES)}.")
        roles[pattern if equals else "*"] = role
    return roles


_JUDGING: Final = (
    click.option(
        "-t",
        "--target",
        "targets",
        multiple=True,
        metavar="TARGET",
        shell_complete=completing.targets,
        help="Judge for this target; may be given several times.",
    ),
    click.option(
        "--role",
        "roles",
        multiple=True,
        callback=roles_of,
        metavar="[GLOB=]ROLE",
        help="What bare media are for: reference_image, reference_video, first_frame or voice.",
    ),
)


def judging(command: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command the options that say what files are judged for."""
    return reduce(lambda wrapped, option: option(wrapped), reversed(_JUDGING), command)


def reading(command: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command the options of reading files: --deep, -z, --no-cache, -j, -q, -v."""
    return reduce(lambda wrapped, option: option(wrapped), reversed(_READING), speaking(command))
