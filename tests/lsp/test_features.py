"""What an editor offers in a job: each feature over the same job, as its user sees it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from commands import Command
from language_client import Editor, apply_edit, range_of, written
from lsprotocol import types
from pygls.exceptions import JsonRpcException

pytest_plugins = ["language_client_fixtures"]

JOB = """\
target: evolink/wan2.7-reference-video
prompt: |
  Image 1 walks to 图2 and waves, Video 1 dances. No Image 9.
references:
  - image: refs/hero.png
    voice: refs/voice.wav
  - image: refs/tiny.png # small
  - video: refs/dance.mp4
parameters:
  duration: 20
  resolution: 1080P
  sed: 3
"""


@pytest.fixture(scope="module")
def job(editor: Editor) -> str:
    editor.check("job.yaml", JOB)
    return "job.yaml"


@pytest.mark.parametrize(
    ("place", "texts"),
    [
        pytest.param(
            "6:14",
            ["![tiny.png](data:image/jpeg;base64,", "PNG image", "90 px",
             "EvoLink requires 240 to 8000 px", "(https://docs.evolink.ai/"],
            id="a file that breaks a limit",
        ),
        pytest.param("7:14", ["![dance.mp4](data:image/", "1.00 s", "H.264"], id="a video"),
        pytest.param("5:14", ["**voice.wav**", "WAV audio", "3.00 s"], id="a voice"),
        pytest.param("2:20", ["`图2`: the file in `references/1/image`", "tiny.png"], id="a name"),
        pytest.param("2:55", ["no reference `Image 9`"], id="a name of nothing"),
        pytest.param("9:4", ["Duration of the video", "EvoLink: 2 to 10 s"], id="a parameter"),
        pytest.param("0:20", ["**EvoLink: Wan 2.7", "[documentation](https://"], id="a target"),
    ],
)  # fmt: skip
def test_hover(editor: Editor, job: str, place: str, texts: list[str]) -> None:
    hover = editor.ask(types.TEXT_DOCUMENT_HOVER, job, place)

    shown = hover.contents.value.replace("\u00a0", " ")
    assert [text for text in texts if text not in shown] == []


@pytest.mark.parametrize(
    ("text", "place", "expected"),
    [
        pytest.param("targ", "0:4", {"target": "target: "}, id="a key"),
        pytest.param("target: wa", "0:10", {"wan/2.7": None}, id="a target"),
        pytest.param(JOB + "  re", "12:4", {"seed": "seed: "}, id="a parameter, in a broken text"),
        pytest.param(
            JOB.replace("1080P", ""), "10:14", {"720p": None, "1080p": None}, id="a value",
        ),
        pytest.param("target:", "0:7", {"wan/2.7": " wan/2.7"}, id="no space"),
        pytest.param("parameters:\n  watermark: ", "1:13", {"true": None}, id="a switch"),
        pytest.param(JOB, "4:12", {"refs/": None}, id="a folder"),
        pytest.param(
            JOB, "4:17", {"refs/hero.png": None, "refs/garden.png": None}, id="images in a folder",
        ),
        pytest.param(JOB + "first_frame: refs/", "12:18", {"refs/tiny.png": None}, id="a frame"),
        pytest.param(JOB.replace("Video 1", "Vi"), "2:34", {"Video 1": "dance.mp4"}, id="a name"),
        pytest.param(JOB.replace("Video 1", "图"), "2:33", {"图2": "tiny.png"}, id="Chinese"),
        pytest.param('{"prompt": "x", "par', "0:20", {"parameters": "parameters"}, id="JSON key"),
        pytest.param('{"target": ', "0:11", {"wan/2.7": None}, id="JSON: a target"),
        pytest.param("references:\n  - im", "1:6", {"image": "image: "}, id="a kind"),
    ],
)  # fmt: skip
def test_completion(editor: Editor, text: str, place: str, expected: dict[str, str | None]) -> None:
    name = "complete.json" if text.startswith("{") else "complete.yaml"
    editor.check(name, JOB if name.endswith("yaml") else '{"prompt": "x", "parameters": {}}')
    editor.change(name, text)

    found = editor.ask(types.TEXT_DOCUMENT_COMPLETION, name, place).items

    offers = {item.label: {item.detail, item.text_edit.new_text} for item in found}
    for label, written_or_about in expected.items():
        assert label in offers
        assert written_or_about is None or written_or_about in offers[label]
    ends = {written(item.text_edit.range).partition("-")[2] for item in found}
    assert ends == {place}


@pytest.mark.parametrize(("place", "offers"), [("2:18", False), ("4:11", True)])
def test_a_space_offers_only_values(editor: Editor, job: str, place: str, offers: bool) -> None:
    kind = types.CompletionTriggerKind.TriggerCharacter
    context = types.CompletionContext(kind, trigger_character=" ")

    found = editor.ask(types.TEXT_DOCUMENT_COMPLETION, job, place, context=context).items

    assert bool(found) is offers


def test_a_name_replaces_what_is_typed_of_it(editor: Editor) -> None:
    editor.check("typed.yaml", JOB.replace("图2", "雨🎬imag"))

    found = editor.ask(types.TEXT_DOCUMENT_COMPLETION, "typed.yaml", "2:26").items

    [edit] = [item.text_edit for item in found if item.label == "Image 2"]
    assert (written(edit.range), edit.new_text) == ("2:22-2:26", "Image 2")


def test_links_and_hints_and_lenses(editor: Editor, job: str) -> None:
    links = editor.ask(types.TEXT_DOCUMENT_DOCUMENT_LINK, job)
    hints = editor.ask(types.TEXT_DOCUMENT_INLAY_HINT, job, range=range_of("0:0-8:0"))
    lenses = editor.ask(types.TEXT_DOCUMENT_CODE_LENS, job)

    assert (written(links[0].range), links[0].target) == (
        "4:11-4:24", editor.uri("refs/hero.png"),
    )  # fmt: skip
    shown = [(f"{each.position.line}:{each.position.character}", each.label) for each in hints]
    assert shown[:5] == [
        ("2:9", "hero.png"), ("2:21", "tiny.png"), ("2:40", "dance.mp4"), ("5:25", "3.00 s"),
        ("7:25", "1.00 s"),
    ]  # fmt: skip
    assert shown[5][0] == "0:38"
    assert shown[5][1].endswith(" USD")
    assert [each.command.title for each in lenses] == ["Check", "Compare targets", "Dry run"]


def actions_at(editor: Editor, name: str, place: str, *only: str) -> dict[str, types.CodeAction]:
    context = types.CodeActionContext([], only=list(only) or None)
    start = range_of(place)
    found = editor.ask(types.TEXT_DOCUMENT_CODE_ACTION, name, range=start, context=context)
    return {each.title: each for each in found}


@pytest.mark.parametrize(
    ("place", "title", "before", "after"),
    [
        pytest.param(
            "11:2-11:3", "Write the key `seed` instead of `sed`", "sed", "seed", id="a key"
        ),
        pytest.param(
            "9:12-9:12",
            "Write 10 instead of 20 for `duration` (changes the job: your decision)",
            "20", "10", id="one that asks",
        ),
        pytest.param(
            "6:11-6:11", "Ignore image-too-small here", "# small",
            "# small  # wanprep: ignore[image-too-small]", id="an ignore",
        ),
        pytest.param(
            "2:52-2:52", "Ignore prompt-ref-unbound here", "prompt: |",
            "# wanprep: ignore[prompt-ref-unbound]\nprompt: |", id="an ignore above a text",
        ),
    ],
)  # fmt: skip
def test_quick_fixes(
    editor: Editor, job: str, place: str, title: str, before: str, after: str
) -> None:
    action = actions_at(editor, job, place, "quickfix")[title]

    assert apply_edit(JOB, action.edit) == JOB.replace(before, after, 1)
    assert action.diagnostics
    assert bool(action.is_preferred) is ("instead" in title and "decision" not in title)


def test_fix_all_does_what_the_command_does(editor: Editor, folder: Path, wanprep: Command) -> None:
    text = JOB.replace("tiny", "garden")
    (folder / "saved.yaml").write_text(text)
    editor.check("saved.yaml", text)

    [action] = actions_at(editor, "saved.yaml", "0:0-0:0", "source.fixAll").values()

    wanprep("fix", folder / "saved.yaml", "--in-place")
    assert apply_edit(text, action.edit) == (folder / "saved.yaml").read_text()
    assert "seed: 3" in apply_edit(text, action.edit)


@pytest.mark.parametrize(
    ("place", "title", "expected"),
    [
        pytest.param(
            "7:14-7:14", "up", ["Image 1", "图2", "Video 1", "hero.p", "dance.m", "tiny.p"]
        ),
        pytest.param(
            "4:14-4:14", "down", ["Image 2", "图1", "Video 1", "tiny.p", "hero.p", "dance.m"]
        ),
        pytest.param(
            "5:14-5:14", "down", ["Image 2", "图1", "Video 1", "tiny.p", "hero.p", "dance.m"]
        ),
    ],
)
def test_a_moved_reference_keeps_its_names(
    editor: Editor, job: str, place: str, title: str, expected: list[str]
) -> None:
    actions = actions_at(editor, job, place, "refactor")

    text = apply_edit(JOB, actions[f"Move this reference {title}, and renumber the prompt"].edit)

    places = [text.index(word) for word in expected]
    assert places == sorted(places)
    assert "voice: refs/voice.wav" in text.partition("hero.p")[2].partition("- ")[0]


def test_renaming_a_reference_moves_it(editor: Editor, job: str) -> None:
    place = editor.ask(types.TEXT_DOCUMENT_PREPARE_RENAME, job, "2:4")
    edit = editor.ask(types.TEXT_DOCUMENT_RENAME, job, "2:4", new_name="图2")

    assert written(place) == "2:2-2:9"
    assert "Image 2 walks to 图1 and" in apply_edit(JOB, edit)
    with pytest.raises(JsonRpcException, match="'Image 7' names no reference"):
        editor.ask(types.TEXT_DOCUMENT_RENAME, job, "2:4", new_name="Image 7")


def run_command(editor: Editor, command: str, name: str) -> Any:
    params = types.ExecuteCommandParams(command, [editor.uri(name), 1])
    return editor.request(types.WORKSPACE_EXECUTE_COMMAND, params)


def test_commands_show_what_they_find(editor: Editor, job: str) -> None:
    good = JOB.replace("tiny", "hero").replace("20", "5").replace(" No Image 9.", "")
    editor.check("good.yaml", good.replace("  sed: 3\n", ""))

    assert run_command(editor, "wanprep.check", job) == "job.yaml: 4 errors."
    assert editor.messages[-1] == "job.yaml: 4 errors."
    compared = run_command(editor, "wanprep.compare", "good.yaml")
    assert "evolink/wan2.7-reference-video: fits" in compared
    assert editor.shown[-1] == compared
    requests = run_command(editor, "wanprep.dryRun", "good.yaml")
    assert "POST https://api.evolink.ai/v1/videos/generations" in requests
    assert run_command(editor, "wanprep.dryRun", job).startswith("Nothing would be sent")


@pytest.mark.parametrize(
    "method", [types.TEXT_DOCUMENT_HOVER, types.TEXT_DOCUMENT_COMPLETION,
               types.TEXT_DOCUMENT_PREPARE_RENAME],
)  # fmt: skip
def test_what_is_no_job_gets_nothing(editor: Editor, method: str) -> None:
    editor.check("other.yaml", "title: Image 1\n")

    assert editor.ask(method, "other.yaml", "0:8") is None
