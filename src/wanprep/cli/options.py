"""Options that several commands share, what the shell offers for them, and their settings."""

from __future__ import annotations

import os
import re
import warnings
from contextlib import closing, nullcontext
from functools import reduce
from typing import IO, TYPE_CHECKING, Any, Final

import click

from wanprep.errors import UsageError, WanprepError
from wanprep.text import visible

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from contextlib import AbstractContextManager

    from click.shell_completion import CompletionItem

    from wanprep.check.paths import Shard
    from wanprep.engines.engine import Engine

    Completer = Callable[[click.Context, click.Parameter, str], list[CompletionItem]]
    Decorator = Callable[[Callable[..., Any]], Callable[..., Any]]

_TRACE: Final = "wanprep.trace"
_VERBOSITY: Final = "wanprep.verbosity"  # "quiet" or "verbose", in the context of the command


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


def together(*parts: Decorator) -> Decorator:
    """Combine options into one decorator; help lists them in this order."""
    return lambda command: reduce(lambda wrapped, part: part(wrapped), reversed(parts), command)


def format_option(choices: Sequence[str], description: str, default: str = "text") -> Decorator:
    """Return the option --format of a command."""
    return click.option("--format", "style", type=click.Choice(choices), default=default,
                        show_default=True, help=description)  # fmt: skip


def target_option(description: str) -> Decorator:
    """Return the option -t of a command, which may be repeated."""
    return click.option("-t", "--target", "targets", multiple=True, metavar="TARGET",
                        shell_complete=complete_targets, help=description)  # fmt: skip


def _set_trace(context: click.Context, _: click.Parameter, value: str | None) -> None:
    context.meta[_TRACE] = value


trace_option: Final = click.option(
    "--trace", metavar="FILE", expose_value=False, callback=_set_trace,
    help="Append each HTTP exchange to FILE, as JSON lines without secrets.",
)  # fmt: skip


def trace_file() -> str | None:
    """Return the file of --trace."""
    context = click.get_current_context(silent=True)
    found: str | None = context.meta.get(_TRACE) if context else None
    return found


def _set_verbosity(context: click.Context, parameter: click.Parameter, value: bool) -> None:
    if value and context.meta.setdefault(_VERBOSITY, parameter.name) != parameter.name:
        raise click.UsageError("--quiet and --verbose cannot be combined.", context)


verbosity_options: Final = together(
    click.option("-q", "--quiet", is_flag=True, expose_value=False, callback=_set_verbosity,
                 help="Print findings and errors only: no progress, no summary."),
    click.option("-v", "--verbose", is_flag=True, expose_value=False, callback=_set_verbosity,
                 help="Also print each file read, cache use, the time and what cannot be checked."),
)  # fmt: skip


def is_quiet() -> bool:
    """Return whether --quiet was given, before or after the command's name."""
    return _verbosity() == "quiet"


def is_verbose() -> bool:
    """Return whether --verbose was given, before or after the command's name."""
    return _verbosity() == "verbose"


def _verbosity() -> str | None:
    context = click.get_current_context(silent=True)
    return context.meta.get(_VERBOSITY) if context else None


def use_color(stream: IO[str]) -> bool:
    """Return whether to write colours: NO_COLOR turns them off, FORCE_COLOR on."""
    if os.environ.get("NO_COLOR"):
        return False
    if forced := os.environ.get("FORCE_COLOR"):
        return forced != "0"
    return stream.isatty() and os.environ.get("TERM") != "dumb"


def _color(
    context: click.Context,  # noqa: ARG001 - click's signature
    parameter: click.Parameter,  # noqa: ARG001
    value: str | None,
) -> str | None:
    if value is None:
        return None
    from wanprep.fix.run import read_color

    try:
        return read_color(value)
    except UsageError as error:
        raise click.BadParameter(str(error)) from error


def _roles(
    context: click.Context,  # noqa: ARG001 - click's signature
    parameter: click.Parameter,  # noqa: ARG001
    values: tuple[str, ...],
) -> dict[str, str]:
    """Map globs to roles; a role without a glob is for all bare media."""
    roles = {}
    for value in values:
        from wanprep.check.request import require_role

        pattern, equals, role = value.rpartition("=")
        try:
            require_role(role)
        except UsageError as error:
            raise click.BadParameter(str(error)) from error
        roles[pattern if equals else "*"] = role
    return roles


def _shard(
    context: click.Context,  # noqa: ARG001 - click's signature
    parameter: click.Parameter,  # noqa: ARG001
    value: str | None,
) -> Shard | None:
    """Read "2/4", the second of four parts."""
    if value is None:
        return None
    from wanprep.check.paths import Shard

    found = re.fullmatch(r"0*([1-9]\d{0,8})/0*([1-9]\d{0,8})", value)
    if found is None or int(found[1]) > int(found[2]):
        raise click.BadParameter(f"'{value}' is not a part such as 2/4: the second of four.")
    return Shard(int(found[1]), int(found[2]))


shard_option: Final = click.option(
    "--shard", metavar="I/N", callback=_shard,
    help="Read only the I-th of N parts, split by a hash of each path.",
)  # fmt: skip

results_options: Final = together(
    click.option("--results", metavar="DIR", shell_complete=complete_folders,
                 help="Keep a row for each file in DIR, or below a URL such as s3://bucket/results;"
                 " the next run reads only what changed."),
    shard_option,
)  # fmt: skip

yes_option: Final = click.option("-y", "--yes", is_flag=True, help="Answer yes to all questions.")

offline_option: Final = click.option(
    "--offline/--online", default=None,
    help="Skip asset URLs, and do not count them as failures.  [default: --online]",
)  # fmt: skip

judging_options: Final = together(
    target_option("Check for this target; may be given several times."),
    click.option("--role", "roles", multiple=True, callback=_roles, metavar="[GLOB=]ROLE",
                 help="Role of bare media, such as reference_image, first_frame or voice."),
)  # fmt: skip

reading_options: Final = together(
    click.option("--deep", is_flag=True, help="Decode whole files, to find hidden damage."),
    click.option("-z", "--null", "nul", is_flag=True,
                 help="Names read from - end with a NUL byte."),
    click.option("--exclude", multiple=True, metavar="GLOB",
                 help="Skip in folders, as in a .gitignore file; may be given several times."),
    click.option("--no-ignore", is_flag=True,
                 help="Do not skip what .gitignore files or `exclude` in the configuration name."),
    click.option("--no-cache", is_flag=True, help="Probe every file again."),
    click.option("-j", "--jobs", type=click.IntRange(min=1),
                 help="Files to read in parallel.  [default: one per core]"),
    verbosity_options,
)  # fmt: skip

fixing_options: Final = together(
    click.option("--out", metavar="DIR", shell_complete=complete_folders,
                 help="Write results to DIR, which mirrors the inputs; it may be s3://bucket/prefix/."),
    click.option("--in-place", is_flag=True, help="Replace the original files."),
    click.option("--no-backup", is_flag=True,
                 help="With --in-place, do not keep the originals of lossy fixes."),
    click.option("--crop", type=click.Choice(["smart", "center", "pad"]),
                 help="How to correct an aspect ratio: crop by content, crop the centre, or pad."),
    click.option("--trim", type=click.Choice(["start", "center", "end"]),
                 help="Which part to keep of media that are too long."),
    click.option("--background", metavar="COLOUR", callback=_color,
                 help="Colour for transparency and padding: #rrggbb or a name.  [default: white]"),
    yes_option,
    click.option("--receipt", metavar="FILE", shell_complete=complete_files,
                 help="Write the receipt to FILE.  [default: in DIR]"),
)  # fmt: skip


LOCAL: Final = "local"

engine_option: Final = click.option(
    "--on", "engine", metavar="ENGINE", default=LOCAL, show_default=True,
    help="Where files are read and fixed: local, dask (a cluster on this machine), dask://HOST:PORT,"
    " or an engine of a plugin.",
)  # fmt: skip


def open_engine(name: str, workers: int | None) -> AbstractContextManager[Engine | None]:
    """Connect to an engine for a `with` block; there is none to read files on this machine."""
    word, _, address = name.partition("://")
    if word == LOCAL and not address:
        return nullcontext()
    if word == "dask":
        from wanprep.engines.dask import DaskEngine

        return DaskEngine(f"tcp://{address}" if address else "", workers)
    from wanprep.plugins.loading import installed

    engines = installed().load_all().engines
    if word not in engines:
        names = ", ".join([LOCAL, "dask", "dask://HOST:PORT", *sorted(engines)])
        raise UsageError(f"there is no engine '{visible(name)}' for --on. Choose from: {names}")
    return closing(engines[word](address, workers))
