"""`wanprep emulate`: all five endpoints on this machine, with no key and no money."""

from __future__ import annotations

import click


class _TellsFaults(click.Command):
    """A command whose help ends with the table of faults."""

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        """Write the table from the one that the emulator goes by."""
        from wanprep.emulator.faults import FAULTS, how_often

        with formatter.section("Faults, and how often each strikes when no number is given"):
            formatter.write_dl(
                [(name, f"{fault.says} ({how_often(fault)})") for name, fault in FAULTS.items()]
            )


@click.command(cls=_TellsFaults, short_help="Serve all providers' endpoints on this machine.")
@click.option(
    "--port",
    type=click.IntRange(0, 65535),
    default=0,
    help="Where to listen on 127.0.0.1.  [default: any free port]",
)
@click.option(
    "--speed",
    type=click.FloatRange(min=0, min_open=True),
    default=1.0,
    show_default=True,
    help="2 is twice as fast; at 1 a job takes about a second and a half.",
)
@click.option(
    "--fault",
    "faults",
    multiple=True,
    metavar="NAME[=TIMES]",
    help="Make something go wrong; may be given several times.",
)
def emulate(port: int, speed: float, faults: tuple[str, ...]) -> int:
    """Serve the endpoints of all providers on this machine: no key, no money, no network.

    Prints the lines that lead wanprep there, then one line per request, until Ctrl-C. Jobs are
    judged as the providers' documents say and come out as small real videos made of their own
    references. References that lie elsewhere are not fetched but drawn, and no webhook or
    callback is called. PUT /files/NAME stands in for storage of your own; POST /_faults
    {"faults": ["fail"]} switches faults while it runs.

    \b
    Examples:
      wanprep emulate
      wanprep emulate --port 8765 --fault lost-reply --fault rate-limit=3
    """
    import signal
    from threading import Event

    from wanprep.emulator import emulate as start
    from wanprep.text import visible

    # A script that ends it with `kill` wants it to clear up just as Ctrl-C does.
    before = signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        with start(
            port, faults=faults, speed=speed, log=lambda line: click.echo(visible(line), err=True)
        ) as emulator:
            for name, value in emulator.environment.items():
                click.echo(f"export {name}={value}")
            click.echo("Copy these lines into another terminal. Ctrl-C ends it.", err=True)
            Event().wait()
    except KeyboardInterrupt:
        return 0
    finally:
        signal.signal(signal.SIGTERM, before)
    return 0
