"""`wanprep completion`, and what the shell offers at the tab key."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING

import click

from wanprep.errors import WanprepError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from click.shell_completion import CompletionItem

    Completer = Callable[[click.Context, click.Parameter, str], list[CompletionItem]]


def _completer(offer: Callable[[str], Iterable[CompletionItem]]) -> Completer:
    """Give a function of the typed text the signature that click expects."""
    return lambda _context, _parameter, incomplete: list(offer(incomplete))


def _item(value: str, about: str | None = None, *, kind: str = "plain") -> CompletionItem:
    from click.shell_completion import CompletionItem

    return CompletionItem(value, type=kind, help=about)


@_completer
def complete_files(incomplete: str) -> Iterable[CompletionItem]:
    """Leave file names to the shell."""
    yield _item(incomplete, kind="file")


@_completer
def complete_folders(incomplete: str) -> Iterable[CompletionItem]:
    """Leave folder names to the shell."""
    yield _item(incomplete, kind="dir")


@_completer
def complete_targets(incomplete: str) -> Iterable[CompletionItem]:
    """Offer the built-in, plugins' and configured targets."""
    from pathlib import Path

    from wanprep.config import find_config
    from wanprep.rules.target import all_targets

    with warnings.catch_warnings(action="ignore"):  # a command will report what is wrong
        try:
            targets = all_targets(find_config(Path.cwd()).target_folders)
        except WanprepError:
            targets = all_targets()
    return (_item(name, targets.titles[name]) for name in targets if name.startswith(incomplete))


@_completer
def complete_rules(incomplete: str) -> Iterable[CompletionItem]:
    """Offer the rules, also after a comma."""
    from wanprep.rules.finding import rules

    before, comma, word = incomplete.rpartition(",")
    for rule in rules().values():
        if rule.name.startswith(word):
            yield _item(f"{before}{comma}{rule.name}", rule.title)


@_completer
def complete_schemas(incomplete: str) -> Iterable[CompletionItem]:
    """Offer the published schemas."""
    from wanprep.schemas import schema_names

    return (_item(name) for name in schema_names() if name.startswith(incomplete))


@_completer
def complete_runs(incomplete: str) -> Iterable[CompletionItem]:
    """Offer the runs in the ledger, newest first; the ledger is neither created nor changed."""
    import os
    import sqlite3
    from contextlib import closing, suppress
    from pathlib import Path

    from wanprep.files.state_folder import LEDGER, state_folder

    file = Path(state_folder(os.environ), LEDGER)
    query = "SELECT id, state, target FROM runs ORDER BY created DESC"
    with suppress(sqlite3.Error):
        opened = sqlite3.connect(f"{file.as_uri()}?mode=ro", uri=True, timeout=0.2)
        with closing(opened) as ledger:
            for run, state, target in ledger.execute(query):
                if run.startswith(incomplete):
                    yield _item(run, f"{state} {target}")


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
