"""`wanprep completion`: what a shell has to know to complete our commands."""

from __future__ import annotations

from typing import Final

import click

_SHELLS: Final = ("bash", "fish", "zsh")


@click.command(short_help="Print what makes your shell complete commands.")
@click.argument("shell", type=click.Choice(_SHELLS))
def completion(shell: str) -> None:
    """Print a script that makes SHELL complete commands, options, targets, rules, runs and paths.

    Put the line for your shell into the file that it reads when it starts.

    \b
    Examples:
      eval "$(wanprep completion bash)"          in ~/.bashrc
      eval "$(wanprep completion zsh)"           in ~/.zshrc, below compinit
      wanprep completion fish | source           in ~/.config/fish/config.fish
    """
    from click.shell_completion import get_completion_class

    from wanprep.cli.commands import cli

    chosen = get_completion_class(shell)
    assert chosen is not None  # noqa: S101 - these are click's own three
    click.echo(chosen(cli, {}, "wanprep", "_WANPREP_COMPLETE").source())
