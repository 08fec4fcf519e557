"""The commands and where each one lives: a module is imported when its command is called."""

from __future__ import annotations

from importlib import import_module
from typing import Final, cast

import click

from wanprep import __version__

# A new command is a new module with a function of the same name, and a line here.
COMMANDS: Final = {
    "cache": "Show or clear what is remembered of files probed before.",
    "check": "Find what a target would refuse, cut off or bill for nothing.",
    "explain": "Say what a rule means, why, and how to mend it by hand.",
    "probe": "Tell what media files really are.",
    "schema": "Print one of the published JSON Schemas.",
    "targets": "List the targets, or one target's limits with their sources.",
}


class LateCommands(click.Group):
    """A group that knows its commands by name and imports only the one that is called."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        """Name the commands without importing any."""
        return sorted(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        """Import the one command that is called."""
        if cmd_name not in COMMANDS:
            return None
        module = import_module(f"wanprep.cli.{cmd_name}")
        return cast("click.Command", getattr(module, cmd_name))

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Say which command was probably meant when there is none of that name."""
        if args[0] not in COMMANDS and not args[0].startswith("-"):
            from difflib import get_close_matches

            near = get_close_matches(args[0], COMMANDS, 1)
            hint = f"Did you mean '{near[0]}'?" if near else f"There are: {', '.join(COMMANDS)}."
            ctx.fail(f"No such command '{args[0]}'. {hint}")
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        """List the commands from the table, so that help imports nothing."""
        with formatter.section("Commands"):
            formatter.write_dl(sorted(COMMANDS.items()))


@click.group(cls=LateCommands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, message="wanprep %(version)s")
def cli() -> None:
    """Preflight for the media and jobs you send to video-generation APIs.

    \b
    Examples:
      wanprep check assets/           is everything in this folder fit for Wan 2.7?
      wanprep probe clip.mp4          what is this file really?
    """
