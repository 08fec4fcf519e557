"""`wanprep lsp`: the check in an editor, while a job is being written."""

from __future__ import annotations

from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING

import click

from wanprep.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator


@click.command(short_help="Check jobs in an editor, while they are written.")
def lsp() -> int:
    """Serve an editor over standard input and output (the Language Server Protocol).

    Editors start it themselves; for their settings, see docs/how-to/use-in-an-editor.md. It shows
    findings in jobs that are not saved yet, fixes them, completes targets, parameters, paths and
    names of references, and shows the file behind each name. Nothing is sent or written.

    It is an extra: pip install 'wanprep[lsp]'.

    \b
    Examples:
      wanprep lsp        in the settings of an editor
    """
    from importlib.util import find_spec

    if find_spec("pygls") is None:
        raise UsageError(
            "the language server needs pygls, which is not installed."
            " Run: pip install 'wanprep[lsp]'"
        )
    with _light_classes():
        from wanprep.lsp.features import serve

    return serve()


@contextmanager
def _light_classes() -> Iterator[None]:
    """Import the types of the protocol in less than half the time.

    lsprotocol defines 550 classes with attrs. Most of its start-up time is the generation of
    methods that compare and print them, and of slots, which a server of a few messages never needs.
    """
    import attrs

    define = attrs.define
    attrs.define = partial(define, eq=False, repr=False, slots=False)
    try:
        yield
    finally:
        attrs.define = define
