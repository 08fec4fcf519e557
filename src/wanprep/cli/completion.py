"""What the shell offers when somebody presses the tab key; nothing here runs otherwise."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from wanprep.errors import WanprepError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from click.shell_completion import CompletionItem


def files(
    context: click.Context,  # noqa: ARG001 - click's signature, here and below
    parameter: click.Parameter,  # noqa: ARG001
    incomplete: str,
) -> list[CompletionItem]:
    """Let the shell complete names of files, which it does best."""
    return [_item(incomplete, kind="file")]


def folders(
    context: click.Context,  # noqa: ARG001
    parameter: click.Parameter,  # noqa: ARG001
    incomplete: str,
) -> list[CompletionItem]:
    """Let the shell complete names of folders."""
    return [_item(incomplete, kind="dir")]


def targets(
    context: click.Context,  # noqa: ARG001
    parameter: click.Parameter,  # noqa: ARG001
    incomplete: str,
) -> list[CompletionItem]:
    """Offer the targets, also those of one's own folders."""
    from wanprep.config import find_config
    from wanprep.rules.target import all_targets

    try:
        known = all_targets(find_config(Path.cwd()).target_folders)
    except WanprepError:
        known = all_targets()  # what is wrong with the configuration, a command will tell
    return [_item(name, known[name].title) for name in known if name.startswith(incomplete)]


def rules(
    context: click.Context,  # noqa: ARG001
    parameter: click.Parameter,  # noqa: ARG001
    incomplete: str,
) -> list[CompletionItem]:
    """Offer the rules, also behind a comma."""
    from wanprep.rules.finding import rules as catalogue

    before, comma, word = incomplete.rpartition(",")
    return [
        _item(f"{before}{comma}{rule.name}", rule.title)
        for rule in catalogue().values()
        if rule.name.startswith(word)
    ]


def schemas(
    context: click.Context,  # noqa: ARG001
    parameter: click.Parameter,  # noqa: ARG001
    incomplete: str,
) -> list[CompletionItem]:
    """Offer the published schemas."""
    from wanprep.schemas import schema_names

    return [_item(name) for name in schema_names() if name.startswith(incomplete)]


def runs(
    context: click.Context,  # noqa: ARG001
    parameter: click.Parameter,  # noqa: ARG001
    incomplete: str,
) -> list[CompletionItem]:
    """Offer the runs in the ledger, the newest first."""
    return [_item(run, about) for run, about in _runs() if run.startswith(incomplete)]


def _runs() -> Iterator[tuple[str, str]]:
    """Read the ledger as it is: a press of a key must not make, fix or mark anything."""
    import contextlib
    import os
    import sqlite3

    from wanprep.files.state_folder import state_folder

    file = Path(state_folder(os.environ), "ledger.sqlite3")
    with contextlib.suppress(sqlite3.Error):
        opened = sqlite3.connect(f"{file.as_uri()}?mode=ro", uri=True, timeout=0.2)
        with contextlib.closing(opened) as ledger:
            rows = ledger.execute("SELECT id, state, target FROM runs ORDER BY created DESC")
            yield from ((run, f"{state} {target}") for run, state, target in rows)


def _item(value: str, about: str | None = None, *, kind: str = "plain") -> CompletionItem:
    from click.shell_completion import CompletionItem

    return CompletionItem(value, type=kind, help=about)


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
