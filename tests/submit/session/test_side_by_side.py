from __future__ import annotations

import pytest

from wanprep.errors import UsageError
from wanprep.submit.session.concurrent import Finished, Task, work_on
from wanprep.submit.session.wakeups import CalledOff, Wakeups


class Silence:
    def __init__(self) -> None:
        self.heard: list[tuple[str, str]] = []
        self.ended: list[str] = []

    def tell(self, task: Task, words: str) -> None:
        self.heard.append((task.name, words))

    def end(self, task: Task) -> None:
        self.ended.append(task.name)


def test_all_are_worked_on_and_problems_stay_with_their_own(
    capfd: pytest.CaptureFixture[str],
) -> None:
    def good(task: Task) -> None:
        task.tell("at work")
        task.note("a note")

    def bad(_: Task) -> None:
        raise UsageError("no")

    def off(_: Task) -> None:
        raise CalledOff

    watcher = Silence()
    tasks = [Task("good", good), Task("bad", bad), Task("off", off)]
    assert work_on(tasks, Wakeups(), watcher, print) == Finished()
    assert [task.ended for task in tasks] == [True, True, False]
    assert [str(task.problem) for task in tasks] == ["None", "no", "None"]
    assert tasks[0].notes == ["a note"]
    assert watcher.heard == [("good", "at work")]
    assert sorted(watcher.ended) == ["bad", "good"]
    assert capfd.readouterr().out == ""


def test_a_fault_of_ours_is_told_when_the_others_are_through() -> None:
    done: list[str] = []

    def broken(_: Task) -> None:
        raise ZeroDivisionError

    tasks = [Task("broken", broken), *(Task(str(n), lambda t: done.append(t.name)) for n in "123")]
    with pytest.raises(ZeroDivisionError):
        work_on(tasks, Wakeups(), Silence(), print)
    assert sorted(done) == ["1", "2", "3"]


def test_more_tasks_than_hands() -> None:
    done: list[str] = []
    tasks = [Task(str(number), lambda task: done.append(task.name)) for number in range(200)]
    work_on(tasks, Wakeups(), Silence(), print)
    assert len(done) == 200


def test_what_is_under_way_is_not_disturbed_and_nothing_is_begun() -> None:
    wakeups = Wakeups()
    with wakeups.undisturbed():
        assert wakeups.call_off()
    wakeups.calm()
    assert not wakeups.call_off()
    with pytest.raises(CalledOff), wakeups.undisturbed():
        pass
    assert not wakeups.pause("any", 60)
