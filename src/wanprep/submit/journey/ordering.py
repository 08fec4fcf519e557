"""Send a reserved run, once, and write down what came of it."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any, Final

from wanprep.errors import WanprepError
from wanprep.submit.faults import Uncertain
from wanprep.submit.flow import Refused
from wanprep.submit.ledger.database import LedgerTrouble
from wanprep.submit.secrets import redact

if TYPE_CHECKING:
    from wanprep.submit.journey.desk import Desk
    from wanprep.submit.ledger.run import Run, RunState

_PAUSES: Final = (0.1, 0.5, 1.0, 2.0, 4.0)  # for a disk that someone makes room on


class NotWrittenDown(WanprepError):
    """The provider has answered, and the ledger cannot be written."""

    exit_code = 4


def ordered(desk: Desk, run: Run) -> Run:
    """Order what is reserved; the answer is on the disk when this returns."""
    return _ordered(desk, run, refused="refused", before="")


def ordered_again(desk: Desk, run: Run) -> Run:
    """Repeat an order under its own key.

    What is refused is the repeat alone: the first one may have arrived, and a run that was
    forgotten as refused would be paid once more, under a new key.
    """
    before = "the first answer is missing, and sending it again failed: "
    return _ordered(desk, run, refused="uncertain", before=before)


def _ordered(desk: Desk, run: Run, *, refused: RunState, before: str) -> Run:
    try:
        accepted = desk.driver(run.provider).submit(run.order)
    except Refused as error:
        why = " ".join(filter(None, [f"{before}{str(error).rstrip('.')}.", error.advice]))
        return _write_down(desk, run, refused, f"sent ({why})", error=why)
    except Uncertain as error:
        why = f"{before}{str(error).rstrip('.')}."
        return _write_down(
            desk, run, "uncertain", f"sent ({why})", error=why, told=dict(error.told)
        )
    except Exception as error:
        why = f"it failed while sending: {redact(str(error)) or type(error).__name__}."
        _write_down(desk, run, "uncertain", f"sent ({why})", error=why)
        raise
    words = f"accepted as {accepted.provider_id}"
    return _write_down(
        desk, run, "accepted", words, provider_id=accepted.provider_id, told=dict(accepted.told)
    )


def _write_down(desk: Desk, run: Run, state: RunState, words: str, **changes: Any) -> Run:  # noqa: ANN401 - columns
    """Write with patience: what the provider said is known to nobody else on this machine."""
    for pause in (*_PAUSES, None):
        try:
            return desk.ledger.move(run, state, **changes)
        except LedgerTrouble as error:
            if pause is None:
                raise NotWrittenDown(
                    f"run {run.id} at {desk.service(run.provider).title} was {words}, but that"
                    f" could not be written down: keep this line. {error}"
                ) from error
            time.sleep(pause)
    raise AssertionError("the last attempt returns or raises")
