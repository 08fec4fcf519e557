"""A check in parts finds what a check at once finds, and keeps nothing of a part."""

from __future__ import annotations

import gc
import io
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from PIL import Image

from wanprep.check import parts
from wanprep.check import paths as listed
from wanprep.check.paths import MediaNames, Repeats, Shard, find_subjects
from wanprep.check.pipeline import check_in_parts, run_check
from wanprep.check.request import CheckRequest
from wanprep.check.result import Report, join
from wanprep.files import spool
from wanprep.fix.fixable import with_fixes
from wanprep.report import FORMATS, Style, renderer

EVOLINK = "evolink/wan2.7-reference-video"
WAVESPEED = "wavespeed/wan-2.7-reference-to-video"
JOB = """target: {target}
prompt: Image 1 walks.
references: [{{image: refs/{name}.png}}]
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "refs").mkdir()
    for at in range(9):
        Image.new("RGB", (64 + at, 64)).save(tmp_path / f"refs/{at}.png")
    Image.new("RGB", (1280, 720)).save(tmp_path / "refs/fine.png")
    (tmp_path / "a.yaml").write_text(JOB.format(target=EVOLINK, name=3))
    (tmp_path / "b.yaml").write_text(JOB.format(target=WAVESPEED, name="fine"))
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(parts, "_MOST", 3)
    monkeypatch.setattr(parts, "_LONGEST", 60)
    return tmp_path


def test_many_jobs_are_checked_in_parts_and_files_planned_for_all_of_them(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The plan for a file is one, in whatever parts the jobs are that use it."""
    Image.new("RGBA", (300, 3000), "#12345678").save(folder / "refs/tall.png")
    job = JOB.format(target=EVOLINK, name="tall")
    accepted = job.replace("png}]", "png}] # wanprep: ignore[aspect-out-of-range]")
    for name, text in {"a": accepted, "b": job, "c": accepted}.items():
        (folder / f"{name}.yaml").write_text(text)
    request = CheckRequest(paths=("a.yaml", "b.yaml", "c.yaml"))
    whole = with_fixes(run_check(request))
    monkeypatch.setattr(parts, "_JOBS", 1)
    every = list(map(with_fixes, check_in_parts(request)))
    assert len(every) == 3
    assert join(every) == whole
    assert {each.fix for each in whole.findings} == {"wanprep fix --crop smart"}
    shards = [replace(request, shard=Shard(at, 3)) for at in (1, 2, 3)]
    found = [with_fixes(part) for shard in shards for part in check_in_parts(shard)]
    assert sorted(map(repr, join(found).findings)) == sorted(map(repr, whole.findings))


@pytest.mark.parametrize(
    ("paths", "count"),
    [
        pytest.param((".",), 4, id="jobs, then three parts of media"),
        pytest.param((".", "refs/3.png", "https://a.example/b.png"), 5, id="named, too"),
        pytest.param(("refs",), 4, id="media only"),
        pytest.param(("a.yaml",), 1, id="a job"),
    ],
)
def test_the_parts_are_the_whole(folder: Path, paths: tuple[str, ...], count: int) -> None:
    assert folder.is_dir()
    request = CheckRequest(paths=paths, offline=True)
    every = list(check_in_parts(request))
    joined, whole = join(every), run_check(request)
    assert joined.summary == whole.summary
    assert sorted(map(repr, joined.findings)) == sorted(map(repr, whole.findings))
    assert set(joined.verdicts) == set(whole.verdicts)
    assert joined == whole or len(paths) > 1, "in the same order, but for what is named and used"
    assert len(every) == count


@pytest.mark.untraced
def test_no_report_keeps_a_part(folder: Path) -> None:
    whole = run_check(CheckRequest(paths=(str(folder / "refs"),), offline=True))
    live: list[int] = []
    gc.freeze()  # what is older is not looked at

    def watched() -> Iterator[Report]:
        for _ in range(5):
            live.append(sum(isinstance(each, Report) for each in gc.get_objects()))
            yield replace(whole)

    for name in sorted(FORMATS.keys() - {"html"}):  # which shows all at once
        assert "8.png" in "".join(renderer(name)(watched(), Style()))
    gc.unfreeze()
    assert max(live) - live[0] <= 2, "the part, and what it was before secrets were hidden"


def test_a_target_is_named_from_the_first_part_on(folder: Path) -> None:
    request = CheckRequest(paths=(str(folder / "a.yaml"), "refs"), offline=True)
    text = "".join(renderer("text")(check_in_parts(request), Style()))
    assert text.count("(evolink/wan2.7-reference-video)") == 1
    assert "(wan/2.7)" in text


@pytest.mark.parametrize(
    ("paths", "found"),
    [
        pytest.param(["refs", "refs"], 10, id="twice"),
        pytest.param([".", "refs/../refs/1.png"], 11, id="by another name"),
        pytest.param(["refs/1.png", "refs", "**/*.png"], 10, id="named, a folder, and a glob"),
        pytest.param(["-", "refs"], 10, id="standard input"),
    ],
)
def test_a_name_is_listed_once(
    folder: Path, paths: list[str], found: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert folder.is_dir()
    monkeypatch.setattr(listed, "_IN_MEMORY", 2)
    monkeypatch.setattr(spool, "_IN_MEMORY", 20)
    stdin = io.BytesIO(b"refs/1.png\nrefs/2.png\nrefs/1.png\nrefs/fine.png\n")
    with find_subjects(paths, set(), stdin).media as media:
        assert len(media) == found
        assert len(set(media)) == found


def test_long_lists_are_as_short_ones(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(spool, "_IN_MEMORY", 100)
    monkeypatch.setattr(listed, "_IN_MEMORY", 5)
    strange = ["a\nb.png", "caf\udce9.png", "図.png", "x" * 300, *map(str, range(50))]
    with MediaNames() as media, Repeats() as repeats:
        for name in (*strange, *strange):
            if repeats.is_new(name):
                media.add(name, named=len(name) == 1)
        assert list(media) == strange
        media.set_named("49")
        assert [name for name, named in media.items() if named] == [*map(str, range(10)), "49"]
