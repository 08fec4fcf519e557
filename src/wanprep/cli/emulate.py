"""`wanprep emulate`: the providers' endpoints on this machine, without keys or costs."""

from __future__ import annotations

import click


class _HelpWithFaults(click.Command):
    """A command whose help ends with the table of faults."""

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        from wanprep.emulator.faults import FAULTS, how_often

        with formatter.section("Faults, and how often each occurs when no number is given"):
            formatter.write_dl(
                [(name, f"{fault.effect} ({how_often(fault)})") for name, fault in FAULTS.items()]
            )


@click.command(cls=_HelpWithFaults, short_help="Serve all providers' endpoints on this machine.")
@click.option("--port", type=click.IntRange(0, 65535), default=0,
              help="Port on 127.0.0.1.  [default: any free port]")  # fmt: skip
@click.option("--speed", type=click.FloatRange(min=0, min_open=True), default=1.0,
              show_default=True,
              help="2 is twice as fast; at 1 a job takes about 1.5 seconds.")  # fmt: skip
@click.option("--fault", "faults", multiple=True, metavar="NAME[=TIMES]",
              help="Inject a fault; may be given several times.")  # fmt: skip
def emulate(port: int, speed: float, faults: tuple[str, ...]) -> int:
    """Serve the endpoints of all providers on this machine: no key, no cost, no network.

    Prints the variables that point wanprep to it, then one line per request, until Ctrl-C. Jobs
    are checked as the providers document it. Results are small real videos that show the job's own
    references. References on other hosts are drawn instead of fetched, and no webhook or
    callback is called. PUT /files/NAME stands in for storage of your own; POST /_faults
    {"faults": ["fail"]} changes the faults while it runs.

    \b
    Examples:
      wanprep emulate
      wanprep emulate --port 8765 --fault lost-reply --fault rate-limit=3
    """
    import signal
    from threading import Event

    from wanprep.emulator import Emulator
    from wanprep.plugins.loading import load_emulators
    from wanprep.text import visible

    def log(line: str) -> None:
        click.echo(visible(line), err=True)

    # `kill` from a script must clean up as Ctrl-C does.
    previous = signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        with Emulator(load_emulators(), port=port, faults=faults, speed=speed, log=log) as emulator:
            for name, value in emulator.environment.items():
                click.echo(f"export {name}={value}")
            log("Copy these lines to another terminal. Ctrl-C ends it.")
            Event().wait()
    except KeyboardInterrupt:
        return 0
    finally:
        signal.signal(signal.SIGTERM, previous)
    return 0
