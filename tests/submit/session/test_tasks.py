from __future__ import annotations

import pytest

from wanprep.errors import UsageError
from wanprep.submit.session.tasks import Stopped, Task, Wakeups, run_tasks


class Recorder:
    def __init__(self) -> None:
        self.messages: list[tuple[str, str]] = []
        self.ended: list[str] = []

    def report(self, task: Task, message: str) -> None:
        self.messages.append((task.name, message))

    def end(self, task: Task) -> None:
        self.ended.append(task.name)


def test_all_tasks_are_done_and_a_problem_stays_with_its_own(
    capfd: pytest.CaptureFixture[str],
) -> None:
    def good(task: Task) -> None:
        task.report("at work")

    def bad(_: Task) -> None:
        raise UsageError("no")

    def stopped(_: Task) -> None:
        raise Stopped

    progress = Recorder()
    tasks = [Task("good", good), Task("bad", bad), Task("stopped", stopped)]
    assert not run_tasks(tasks, Wakeups(), progress, print)
    assert [str(task.problem) for task in tasks] == ["None", "no", "None"]
    assert progress.messages == [("good", "at work")]
    assert sorted(progress.ended) == ["bad", "good"]
    assert capfd.readouterr().out == ""


def test_an_internal_error_is_raised_when_the_others_have_ended() -> None:
    done: list[str] = []

    def broken(_: Task) -> None:
        raise ZeroDivisionError

    tasks = [Task("broken", broken), *(Task(str(n), lambda t: done.append(t.name)) for n in "123")]
    with pytest.raises(ZeroDivisionError):
        run_tasks(tasks, Wakeups(), Recorder(), print)
    assert sorted(done) == ["1", "2", "3"]


def test_more_tasks_than_threads() -> None:
    done: list[str] = []
    tasks = [Task(str(number), lambda task: done.append(task.name)) for number in range(200)]
    run_tasks(tasks, Wakeups(), Recorder(), print)
    assert len(done) == 200
