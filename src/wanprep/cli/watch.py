"""Check again whenever a file changes, until Ctrl-C."""

from __future__ import annotations

import contextlib
import os
import sys
import time
from functools import partial
from typing import TYPE_CHECKING, Final

import click

from wanprep.check.exclude import Exclusions
from wanprep.check.listing import files_in
from wanprep.errors import WanprepError
from wanprep.media.cache import stamp_of
from wanprep.text import plural

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Sequence

    from wanprep.media.cache import Stamp

_INTERVAL: Final = 0.5  # seconds between checks for changes
_SETTLE: Final = 0.1  # files that are being written are left alone until unchanged for so long
_REST: Final = 20  # after a slow check, rest for this many times its duration
_CLEAR: Final = "\x1b[2J\x1b[3J\x1b[H"

Stamps = dict[str, "Stamp | None"]


def watch(
    once: Callable[[], Iterable[str]],
    paths: Sequence[str],
    *,
    exclude: Collection[str] = (),
    exclusions: Exclusions = Exclusions(),  # noqa: B008 - frozen
) -> None:
    """Call `once`, and again when a file in `paths` or one that it returned has changed."""
    with contextlib.suppress(KeyboardInterrupt):
        used: Iterable[str] = ()
        is_first = True
        while True:
            before = _current(paths, used, exclude, exclusions)
            used = _run(once, used, is_first=is_first)
            is_first = False
            # A file in `paths` that changed while it was read must count as changed.
            before = {**stamps(used, exclude), **before}
            click.echo(f"Watching {plural(len(before), 'file')}. Ctrl-C ends it.", err=True)
            _wait_for_change(partial(_current, paths, used, exclude, exclusions), before)


def _run(
    once: Callable[[], Iterable[str]], used: Iterable[str], *, is_first: bool
) -> Iterable[str]:
    if sys.stdout.isatty():
        click.echo(_CLEAR, nl=False)
    try:
        return tuple(once())
    except WanprepError as error:
        if is_first:
            raise  # most often a typing mistake on the command line
        click.echo(f"wanprep: {error.command}", err=True)
        return used
    finally:
        sys.stdout.flush()


def _current(
    paths: Sequence[str], used: Iterable[str], exclude: Collection[str], exclusions: Exclusions
) -> Stamps:
    found = files_in(paths, sys.stdin.buffer, exclusions=exclusions)
    return stamps([*(each for each in found if isinstance(each, str)), *used], exclude)


def _wait_for_change(current: Callable[[], Stamps], before: Stamps) -> None:
    while True:
        started = time.monotonic()
        now = current()
        if now != before:
            break
        time.sleep(max(_INTERVAL, _REST * (time.monotonic() - started)))
    while True:
        time.sleep(_SETTLE)
        now, previous = current(), now
        if now == previous:
            return


def stamps(paths: Iterable[str], exclude: Collection[str]) -> Stamps:
    """Return what changes with each file, such as its time; None where there is none."""
    excluded = set(map(os.path.abspath, exclude))
    return {path: stamp_of(path) for path in paths if os.path.abspath(path) not in excluded}
