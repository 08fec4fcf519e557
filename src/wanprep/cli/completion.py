"""`wanprep completion`: a script with which the shell offers what comes next at the tab key."""

from __future__ import annotations

import click


@click.command(short_help="Print a shell completion script.")
@click.argument("shell", type=click.Choice(["bash", "fish", "zsh"]))
def completion(shell: str) -> None:
    """Print a completion script for SHELL: commands, options, targets, rules, runs and paths.

    Add the line for your shell to its start-up file.

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
