"""The commands and where each one lives: a module is imported when its command is called."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Final, cast

import click

from wanprep import __version__
from wanprep.cli.output import speaking

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

# A new command is a new module with a function of the same name, and a line here.
COMMANDS: Final = {
    "cache": "Show or clear what is remembered of files probed before.",
    "check": "Find what a target would refuse, cut off or bill for nothing.",
    "compare": "Hold a job against all targets: who takes it, and for how much.",
    "completion": "Print what makes your shell complete commands.",
    "config": "Show the configuration, and where each value comes from.",
    "doctor": "Say what wanprep finds on this machine, and what is missing.",
    "emulate": "Serve all providers' endpoints on this machine.",
    "explain": "Say what a rule means, why, and how to fix it by hand.",
    "fix": "Fix what can be fixed, and prove it.",
    "init": "Write a first job, a configuration and a hook.",
    "plugin": "Write a plugin for one more provider, or look one over.",
    "probe": "Tell what media files really are.",
    "runs": "List what was sent, wait for it, fetch or cancel it.",
    "schema": "Print one of the published JSON Schemas.",
    "submit": "Send checked jobs, each once, and bring their results home.",
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

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem]:
        """Offer the commands from the table, so that a press of a key imports nothing."""
        from click.shell_completion import CompletionItem

        known = COMMANDS.items()
        named = [
            CompletionItem(name, help=text) for name, text in known if name.startswith(incomplete)
        ]
        return [*named, *super(click.Group, self).shell_complete(ctx, incomplete)]

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        """List the commands from the table, so that help imports nothing."""
        with formatter.section("Commands"):
            formatter.write_dl(sorted(COMMANDS.items()))


@click.group(cls=LateCommands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, message="wanprep %(version)s")
@speaking
def cli() -> None:
    """Preflight for the media and jobs you send to video-generation APIs.

    \b
    Examples:
      wanprep init                      begin: a first job, and where its limits come from
      wanprep check assets/             is everything in this folder fit for Wan 2.7?
      wanprep probe clip.mp4            what is this file really?
      wanprep fix job.yaml --out ready  fix the job and its media, and prove it
      wanprep compare job.yaml          which provider takes it, and for how much?
      wanprep submit job.yaml --emulate --wait   try the whole journey for nothing

    Exit status: 0 all is well, 1 something was found, 2 wrong use, 3 a fault of ours, 4 something
    that was sent is uncertain, 130 interrupted.
    """
