"""The option --on: where files are read."""

from __future__ import annotations

from contextlib import closing, nullcontext
from typing import TYPE_CHECKING, Final

import click

from wanprep.errors import UsageError
from wanprep.text import visible

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

    from wanprep.engines.engine import Engine

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
