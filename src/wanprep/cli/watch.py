"""Check again whenever something changes, until Ctrl-C."""

from __future__ import annotations

import contextlib
import os
import sys
import time
from functools import partial
from typing import TYPE_CHECKING, Final

import click

from wanprep.check.paths import files_in
from wanprep.errors import WanprepError
from wanprep.text import plural

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Sequence

_EVERY: Final = 0.5  # seconds between looks
_SETTLED: Final = 0.1  # what is being written is left alone until it has rested so long
_SHARE: Final = 20  # a look at many files is followed by so many times its length of rest
_CLEAR: Final = "\x1b[2J\x1b[3J\x1b[H"

Stamps = dict[str, tuple[int, int, int] | None]


def watch(
    once: Callable[[], Iterable[str]], paths: Sequence[str], *, apart: Collection[str] = ()
) -> None:
    """Call `once`, which tells what else it looked at, and again when any of it has changed.

    What stands `apart` (our own output) is no reason to look again.
    """
    with contextlib.suppress(KeyboardInterrupt):
        others: Iterable[str] = ()
        begun = False
        while True:
            before = _now(paths, others, apart)
            others = _looked(once, others, begun=begun)
            begun = True
            # What changed while it was read may have been seen half.
            before = {**stamps(others, apart), **before}
            click.echo(f"Watching {plural(len(before), 'file')}. Ctrl-C ends it.", err=True)
            _wait(partial(_now, paths, others, apart), before)


def _looked(
    once: Callable[[], Iterable[str]], others: Iterable[str], *, begun: bool
) -> Iterable[str]:
    if sys.stdout.isatty():
        click.echo(_CLEAR, nl=False)
    try:
        return tuple(once())
    except WanprepError as error:
        if not begun:
            raise  # most often it is a typing mistake on the command line
        click.echo(f"wanprep: {error}", err=True)
        return others  # once it is fixed, all is looked at again
    finally:
        sys.stdout.flush()


def _now(paths: Sequence[str], others: Iterable[str], apart: Collection[str]) -> Stamps:
    return stamps([*_in(paths), *others], apart)


def _in(paths: Sequence[str]) -> Iterable[str]:
    return files_in([path for path in paths if path != "-"], sys.stdin.buffer)


def _wait(now: Callable[[], Stamps], before: Stamps) -> None:
    """Wait for a change, and then until it is over."""
    while True:
        begun = time.monotonic()
        seen = now()
        if seen != before:
            break
        time.sleep(max(_EVERY, _SHARE * (time.monotonic() - begun)))
    while True:
        time.sleep(_SETTLED)
        seen, earlier = now(), seen
        if seen == earlier:
            return


def stamps(paths: Iterable[str], apart: Collection[str]) -> Stamps:
    """Tell by what a change of each file would be seen; None where there is nothing."""
    unwatched = set(map(os.path.abspath, apart))
    return {path: _stamp(path) for path in paths if os.path.abspath(path) not in unwatched}


def _stamp(path: str) -> tuple[int, int, int] | None:
    try:
        status = os.stat(path)
    except (OSError, ValueError):
        return None
    return (status.st_mtime_ns, status.st_size, status.st_ino)
