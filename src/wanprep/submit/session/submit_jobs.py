"""Submit jobs: judge them, agree on the price, then place each order once."""

from __future__ import annotations

from contextlib import ExitStack
from typing import TYPE_CHECKING, Final

from wanprep.dataclass import dataclass
from wanprep.errors import UsageError
from wanprep.submit.request.price import open_question, require_max_cost
from wanprep.submit.request.submission import accepted_report, find_submissions
from wanprep.submit.session.emulated import require_emulators
from wanprep.submit.session.plan import Send, check_plan, plan_action
from wanprep.submit.session.tasks import run_tasks

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from wanprep.check.inputs import Inputs
    from wanprep.check.result import Report
    from wanprep.config import Config
    from wanprep.submit.request.price import Estimate, Unpriced
    from wanprep.submit.session.plan import Action, Options
    from wanprep.submit.session.session import Session
    from wanprep.submit.session.tasks import RunProgress, Task

_ASK_ABOVE: Final = 1.0  # USD, for all jobs together


class NeedsConsent(UsageError):
    """Somebody must accept the price before anything is sent."""

    def __init__(self, question: str) -> None:
        super().__init__(f"{question}. Nothing was sent.")
        self.question = question


@dataclass(frozen=True, slots=True)
class Quote:
    """What is done with each job, and the findings below error level."""

    plan: tuple[Action, ...]
    report: Report

    @property
    def new(self) -> list[Send]:
        """What is sent, and paid for."""
        return [action for action in self.plan if isinstance(action, Send)]

    @property
    def prices(self) -> list[Estimate | Unpriced]:
        """The price of each new order."""
        return [each.estimate for each in self.new]


def quote(session: Session, inputs: Inputs, options: Options) -> Quote:
    """Judge jobs and plan what is done with each; raise JobsRefused, or what keeps them back."""
    orders = find_submissions(inputs, session.services)
    if session.emulated:
        require_emulators(order.target.provider for order in orders)
    plan = tuple(plan_action(session, order, again=options.again) for order in orders)
    attached = [each.submission for each in plan if not isinstance(each, Send)]
    report = accepted_report(inputs, attached)
    check_plan(session, plan, options)
    return Quote(plan, report)


def require_agreement(
    prices: Sequence[Estimate | Unpriced], config: Config, *, most: float | None, consent: bool
) -> None:
    """Raise TooExpensive above a limit or, without one, NeedsConsent for what must be asked."""
    if most is not None:
        require_max_cost(prices, most)
        return
    question = open_question(prices, config.submit.get("ask-above", _ASK_ABOVE))
    if question and not consent:
        raise NeedsConsent(question)


def work(
    session: Session,
    tasks: Sequence[Task],
    progress: RunProgress,
    say: Callable[[str], None],
    *,
    waiting: bool,
) -> bool:
    """Work on all tasks at once; return whether Ctrl-C ended it."""
    with ExitStack() as held:
        if waiting:
            session.start_listening(held)
        return run_tasks(tasks, session.wakeups, progress, say)
