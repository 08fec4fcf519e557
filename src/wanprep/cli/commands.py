"""The table of commands; a command's module is imported when it is called."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Final, cast

import click

from wanprep import __version__
from wanprep.cli.options import verbosity_options

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

# A new command is a function in a module, both of this name, and a line here.
COMMANDS: Final = {
    "cache": "Show or clear the cache of probed files.",
    "check": "Find what a target would refuse, cut off or bill for nothing.",
    "compare": "Compare the targets for a job: verdicts and prices.",
    "completion": "Print a shell completion script.",
    "config": "Show the configuration and where each value comes from.",
    "doctor": "Check this installation and what it depends on.",
    "emulate": "Serve all providers' endpoints on this machine.",
    "explain": "Explain a rule and how to fix it by hand.",
    "fix": "Fix what can be fixed, and verify it.",
    "init": "Write a first job, a configuration and a pre-commit hook.",
    "lsp": "Check jobs in an editor, while they are written.",
    "mcp": "Serve checks and fixes to an agent, over MCP.",
    "plugin": "Create, check or list plugins.",
    "probe": "Show the properties of media files.",
    "report": "Write a report from the results of a check.",
    "runs": "List, wait for, fetch or cancel submitted runs.",
    "schema": "Print one of the published JSON Schemas.",
    "submit": "Check jobs and submit each once.",
    "targets": "List the targets, or show a target's limits and sources.",
}

# What each exit status means; commands differ in details, which their --help has.
STATUSES: Final = {
    0: "success: no errors, everything fixed, every job done",
    1: "findings: errors, a file that could not be checked or fixed, a job that was rejected or"
    " failed",
    2: "usage error: an invalid option, path or configuration, or nothing to check",
    3: "internal error; the message shows how to report it",
    4: "a submitted run is uncertain: the provider may or may not have the job, or reports an"
    " unknown state",
    130: "interrupted with Ctrl-C; finished results are kept, and submitted jobs continue",
}


class LateCommands(click.Group):
    """A group that imports only the command that is called."""

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
        """Suggest the nearest command when there is none of that name."""
        if args[0] not in COMMANDS and not args[0].startswith("-"):
            from difflib import get_close_matches

            near = get_close_matches(args[0], COMMANDS, 1)
            hint = f"Did you mean '{near[0]}'?" if near else f"Choose from: {', '.join(COMMANDS)}."
            ctx.fail(f"No such command '{args[0]}'. {hint}")
        return super().resolve_command(ctx, args)

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem]:
        """Offer the commands without importing any."""
        from click.shell_completion import CompletionItem

        commands = [
            CompletionItem(name, help=description)
            for name, description in COMMANDS.items()
            if name.startswith(incomplete)
        ]
        return [*commands, *super(click.Group, self).shell_complete(ctx, incomplete)]

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        """List the commands without importing any."""
        with formatter.section("Commands"):
            formatter.write_dl(sorted(COMMANDS.items()))


@click.group(cls=LateCommands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, message="wanprep %(version)s")
@verbosity_options
def cli() -> None:
    """Preflight for the media and jobs you send to video-generation APIs.

    \b
    Examples:
      wanprep init                      write a first job and a configuration
      wanprep check assets/             check every file in a folder against Wan 2.7
      wanprep probe clip.mp4            show the properties of a file
      wanprep fix job.yaml --out ready  fix the job and its media, and verify the result
      wanprep compare job.yaml          compare providers and prices
      wanprep submit job.yaml --emulate --wait   try a submission without a key or cost

    Exit status: 0 success, 1 findings, 2 usage error, 3 internal error, 4 a submission is
    uncertain, 130 interrupted.
    """
