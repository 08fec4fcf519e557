"""The command line: arguments in, text and an exit status out."""

from __future__ import annotations

import errno
import io
import os
import sys
import warnings
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, NoReturn, cast

from wanprep.errors import PluginWarning, UsageError, WanprepError

if TYPE_CHECKING:
    from collections.abc import Iterator

INTERNAL_ERROR = 3
INTERRUPTED = 130
_TOO_MANY_FILES = frozenset({errno.EMFILE, errno.ENFILE})
_NO_SPACE = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO})


def main() -> NoReturn:
    """Run the command of this process and exit."""
    import gc

    # Imports make hardly any garbage, but searching for it took a tenth of a short command, and
    # once more at its end, before the memory is given back as a whole.
    gc.set_threshold(50_000)
    _open_closed_streams()
    try:
        status = run(sys.argv[1:])
    except KeyboardInterrupt:  # while modules are imported
        status = INTERRUPTED
    gc.freeze()
    sys.exit(status)


def _open_closed_streams() -> None:
    """Open what a shell has closed (`>&-`): the next opened file would become standard output."""
    for number, (name, mode) in enumerate((("stdin", "r"), ("stdout", "w"), ("stderr", "w"))):
        if getattr(sys, name) is None:
            os.dup2(os.open(os.devnull, os.O_RDWR), number)
            os.set_inheritable(number, True)  # noqa: FBT003 - it takes no keywords
            setattr(sys, name, open(number, mode, encoding="utf-8", closefd=False))  # noqa: SIM115


def run(arguments: list[str]) -> int:
    """Run a command in this process; every exception becomes a message and an exit status."""
    import click

    from wanprep.cli.commands import cli

    for stream in (sys.stdout, sys.stderr):  # which write the number of a letter that they lack
        cast("io.TextIOWrapper", stream).reconfigure(errors="backslashreplace")
    try:
        with _plugin_warnings():
            status = cli.main(arguments, prog_name="wanprep", standalone_mode=False)
        sys.stdout.flush()
    except click.ClickException as error:
        message = io.StringIO()
        error.show(message)
        click.echo(_redact(message.getvalue()), err=True, nl=False)
        return error.exit_code
    except WanprepError as error:
        click.echo(f"wanprep: {_redact(error.command)}", err=True)
        return error.exit_code
    except (click.Abort, KeyboardInterrupt):
        click.echo("wanprep: interrupted", err=True)
        return INTERRUPTED
    except BrokenPipeError:
        _discard_output()  # the reader, such as `head`, has closed the pipe
        return 0
    except OSError as error:
        if error.errno in _TOO_MANY_FILES:
            click.echo(f"wanprep: {error.strerror}. Raise the limit: ulimit -n 256", err=True)
            return UsageError.exit_code
        if error.errno not in _NO_SPACE:
            return _report_internal_error()
        click.echo(
            f"wanprep: cannot write the output: {error.strerror}. Free some space.", err=True
        )
        _discard_output()
        return UsageError.exit_code
    except Exception:  # noqa: BLE001 - everything else is a bug in wanprep or in a plugin
        return _report_internal_error()
    return status if isinstance(status, int) else 0


def _redact(text: str) -> str:
    from wanprep.net.secrets import redact

    return redact(text)


@contextmanager
def _plugin_warnings() -> Iterator[None]:
    """Print each warning of a plugin that is left out, once."""
    printed: set[str] = set()

    def show(message: Warning | str, category: type[Warning], *place: Any, **more: Any) -> None:  # noqa: ANN401 - as Python's own
        if not issubclass(category, PluginWarning):
            show_other(message, category, *place, **more)
        elif str(message) not in printed:
            printed.add(str(message))
            sys.stderr.write(f"wanprep: warning: {_redact(str(message))}\n")

    with warnings.catch_warnings():
        warnings.simplefilter("always", PluginWarning)
        show_other, warnings.showwarning = warnings.showwarning, show
        yield


def _discard_output() -> None:
    """Keep Python from raising the same error once more when it closes standard output."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _report_internal_error() -> int:
    import platform
    import traceback

    from wanprep import __version__

    sys.stderr.write(_redact(traceback.format_exc()))
    sys.stderr.write(
        f"\nwanprep {__version__} on Python {platform.python_version()}, {sys.platform}:"
        " internal error.\n"
        "Please report it with the lines above and, if you can, the file that was being read.\n"
    )
    return INTERNAL_ERROR
