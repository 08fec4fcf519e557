"""The command line: arguments in, text and an exit status out."""

from __future__ import annotations

import errno
import os
import sys
from typing import NoReturn

from wanprep.errors import UsageError, WanprepError

OUR_FAULT = 3
_NO_ROOM = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO})
INTERRUPTED = 130


def main() -> NoReturn:
    """Run a command and turn whatever ends it into an exit status and a word of help."""
    sys.exit(run(sys.argv[1:]))


def run(arguments: list[str]) -> int:
    """Run a command in this process."""
    import click

    from wanprep.cli.commands import cli

    try:
        status = cli.main(arguments, prog_name="wanprep", standalone_mode=False)
        sys.stdout.flush()
    except click.ClickException as error:
        error.show()
        return error.exit_code
    except WanprepError as error:
        click.echo(f"wanprep: {error}", err=True)
        return error.exit_code
    except (click.Abort, KeyboardInterrupt):
        click.echo("wanprep: interrupted", err=True)
        return INTERRUPTED
    except BrokenPipeError:
        _hush()  # whoever read our output has seen enough
        return 0
    except OSError as error:
        if error.errno not in _NO_ROOM:
            _confess()
            return OUR_FAULT
        click.echo(f"wanprep: the output cannot be written: {error.strerror}. Make room.", err=True)
        _hush()
        return UsageError.exit_code
    except Exception:  # noqa: BLE001 - the last line of defence says how to report it
        _confess()
        return OUR_FAULT
    return status if isinstance(status, int) else 0


def _hush() -> None:
    """See to it that Python, when it closes the output, does not complain once more."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _confess() -> None:
    import platform
    import traceback

    from wanprep import __version__

    traceback.print_exc()
    sys.stderr.write(
        f"\nwanprep {__version__} failed on Python {platform.python_version()}, {sys.platform}."
        " This is a fault of ours, not of your files.\n"
        "Please report it with the lines above and, if you can, the file it was reading.\n"
    )
