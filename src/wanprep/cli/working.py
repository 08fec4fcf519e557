"""Work on runs, with progress for whoever watches, and news from providers that tell."""

from __future__ import annotations

from contextlib import ExitStack
from typing import TYPE_CHECKING

import click

from wanprep.cli.run_progress import watcher
from wanprep.submit.journey.side_by_side import work_on

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from wanprep.config import Config
    from wanprep.submit.journey.desk import Desk
    from wanprep.submit.journey.side_by_side import Finished, Interrupted, Task


def open_desk(
    held: ExitStack, config: Config, environ: Mapping[str, str], *, emulated: bool = False
) -> Desk:
    """Open the ledger and what belongs to it."""
    from wanprep.submit.journey.desk import Desk
    from wanprep.submit.ledger.ledger import Ledger
    from wanprep.submit.ledger.state_folder import state_folder
    from wanprep.submit.services.services import Services

    ledger = held.enter_context(Ledger(state_folder(environ)))
    return held.enter_context(Desk(ledger, Services(config), environ, emulated=emulated))


def work(desk: Desk, tasks: Sequence[Task], *, waiting: bool) -> Finished | Interrupted:
    """Work on all tasks; those who wait are woken by what their providers tell."""
    with ExitStack() as held:
        if waiting:
            desk.listen(held)
        watching = held.enter_context(watcher(tasks))
        return work_on(tasks, desk.bells, watching, lambda words: click.echo(words, err=True))
