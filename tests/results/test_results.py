"""Results of a check: rows for other programs, for the next run, and for every report."""

from __future__ import annotations

import gzip
import json
import os
import re
import time
from pathlib import Path
from typing import Any, Final

import pytest
from commands import Command
from jsonschema import Draft202012Validator
from PIL import Image

from wanprep import Facts
from wanprep.check import parts
from wanprep.check.paths import Shard
from wanprep.check.pipeline import check_in_parts
from wanprep.check.request import CheckRequest
from wanprep.fix.fixable import with_fixes
from wanprep.media.workers import report_to
from wanprep.report import FORMATS, STATISTICS, Style, renderer
from wanprep.results import writer
from wanprep.results.manifest import read_manifest
from wanprep.results.read import open_results
from wanprep.results.recall import Recall
from wanprep.results.run import check_into
from wanprep.results.shards import rows_for
from wanprep.results.store import LocalStore
from wanprep.schemas import load_schema

EVOLINK: Final = "evolink/wan2.7-reference-video"
JOBS: Final = f"""target: {EVOLINK}
prompt: Image 1 walks.
references: [image: refs/0.png]
---
target: {EVOLINK}
prompt: Image 7 walks.
references: [image: refs/fine.png]
"""
OLD: Final = 1_700_000_000


class Probed:
    """Which files were read, and not taken from the last results."""

    def __init__(self) -> None:
        self.names: list[str] = []

    def expect(self, count: int) -> None:
        pass

    def add(self, facts: Facts, *, cached: bool) -> None:
        self.names += [] if cached else [os.path.basename(facts.path)]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "refs").mkdir()
    for at in range(9):
        image(tmp_path / f"refs/{at}.png", 64 + at)
    image(tmp_path / "refs/fine.png", 1280)
    (tmp_path / "job.yaml").write_text(JOBS)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(parts, "_MOST", 2)
    monkeypatch.setattr(parts, "_LONGEST", 60)
    monkeypatch.setattr(writer, "_ROWS", 3)
    return tmp_path


def image(path: Path, width: int) -> None:
    Image.new("RGB", (width, 720)).save(path)
    os.utime(path, (OLD, OLD))


def read(*paths: str, results: str = "checked", **options: Any) -> list[str]:
    """Check without the cache, and return what was read."""
    request = CheckRequest(paths=paths or (".",), offline=True, cache=False, **options)
    with report_to(probed := Probed()):
        for _ in check_into(LocalStore(results), request):
            pass
    return sorted(probed.names)


def rows(results: str = "checked") -> list[dict[str, Any]]:
    manifest = json.loads(Path(results, "manifest.json").read_text())
    names = [part["name"] for part in manifest["parts"]]
    assert sorted(path.name for path in Path(results).glob("part-*")) == sorted(names)
    lines = (gzip.decompress(Path(results, name).read_bytes()).splitlines() for name in names)
    return [json.loads(line) for of_part in lines for line in of_part]


def test_there_is_a_row_for_each_job_and_file(folder: Path) -> None:
    read()
    found = {row["path"]: row for row in rows()}
    assert list(found) == [
        "job.yaml", "job.yaml#2", "refs/0.png", "refs/fine.png",
        *(f"refs/{at}.png" for at in range(1, 9)),
    ]  # fmt: skip
    job, second, used, alone = (found[name] for name in [*[*found][:3], "refs/3.png"])
    assert (job["verdicts"], second["verdicts"]) == ({EVOLINK: "fail"}, {EVOLINK: "fail"})
    assert {each["rule"] for each in job["findings"]} == {"aspect-out-of-range", "image-too-small"}
    assert [each["rule"] for each in second["findings"]] == ["prompt-ref-unbound"]
    assert used["facts"]["width"] == 64
    assert not used["verdicts"]
    assert alone["verdicts"] == {"wan/2.7": "fail"}
    assert (alone["bytes"], alone["mtime"]) == (
        folder.joinpath("refs/3.png").stat().st_size,
        OLD * 10**9,
    )
    facts = Draft202012Validator(load_schema("facts"))
    assert not list(facts.iter_errors({"path": alone["path"], **alone["facts"]}))


def test_every_format_is_as_the_check_wrote_it(folder: Path, wanprep: Command) -> None:
    assert folder.is_dir()
    request, store = CheckRequest(paths=(".",), offline=True), LocalStore("checked")
    direct = [*map(with_fixes, check_in_parts(request))]
    kept, loaded = [*check_into(store, request)], [*open_results([store]).parts()]
    for name in [*FORMATS.keys() - {"html"}, STATISTICS]:  # html shows more of a job
        texts = ["".join(renderer(name)(each, Style())) for each in (direct, kept, loaded)]
        assert texts[0] == texts[1] == texts[2], name
        assert texts[0].count("image-too-small") >= 1
    assert "3.png" in "".join(renderer("html")(loaded, Style()))

    one = wanprep("report", "checked", "--select", "prompt-ref-unbound", "--format", "jsonl")
    assert [json.loads(line)["rule"] for line in one.out.splitlines()] == ["prompt-ref-unbound"]
    assert one.status == 1


def test_statistics_count_rules(folder: Path, wanprep: Command) -> None:
    table = wanprep("check", "refs", "--statistics").out.splitlines()
    assert (
        table[0]
        == "        9  error    aspect-out-of-range  9 need your decision (wanprep fix --yes)"
    )
    assert (
        table[1]
        == "        9  error    image-too-small      9 need your decision (wanprep fix --yes)"
    )
    assert table[-1].startswith("18 errors in 9 of 10 files; ")
    assert folder.is_dir()


def test_the_next_run_reads_only_what_changed(folder: Path) -> None:
    everything = [f"{at}.png" for at in range(9)] + ["fine.png"]
    assert read() == everything
    assert read() == ["0.png", "fine.png"], "what a job uses is probed with the job"
    image(folder / "refs/4.png", 2000)
    image(folder / "refs/new.png", 2000)
    (folder / "refs/5.png").unlink()
    assert read() == ["0.png", "4.png", "fine.png", "new.png"]
    failing = {row["path"] for row in rows() if "fail" in row["verdicts"].values()}
    assert failing.isdisjoint({"refs/4.png", "refs/new.png"})
    assert "refs/5.png" not in {row["path"] for row in rows()}
    os.utime(folder / "refs/6.png", ns=(time.time_ns(), time.time_ns()))
    assert "6.png" in read()
    assert read(deep=True) == sorted({*everything, "new.png"} - {"5.png"})


@pytest.mark.parametrize("interrupted", [False, True])
def test_the_next_run_begins_before_all_parts_are_read(folder: Path, *, interrupted: bool) -> None:
    read()
    if interrupted:
        interrupt()
    store = LocalStore("checked")
    manifest = read_manifest(store)
    assert manifest is not None
    parts = manifest.earlier
    (folder / "checked" / parts[-1].name).write_bytes(b"it must not be read")

    with Recall(store, parts, parts[0].rules, parts[0].probe) as recall:
        found = recall.facts_or_names(["refs/1.png", "refs/8.png"])
        assert isinstance(next(found), Facts)
        with pytest.raises(gzip.BadGzipFile):
            next(found)


def interrupt() -> None:
    """Check the first files, and stop as at Ctrl-C."""
    request = CheckRequest(paths=("refs",), offline=True, cache=False)
    begun = check_into(LocalStore("checked"), request)
    next(begun), next(begun)
    begun.close()  # type: ignore[attr-defined]  # a generator


def test_of_an_interrupted_run_the_latest_row_counts(folder: Path) -> None:
    read("refs")
    image(folder / "refs/0.png", 1280)
    interrupt()

    assert read("refs") == []
    assert rows()[0]["facts"]["width"] == 1280


def test_other_rules_are_applied_to_the_facts_of_the_last_run(folder: Path) -> None:
    read("refs")
    assert read("refs", targets=(EVOLINK,)) == []
    by_path = {row["path"]: row["verdicts"] for row in rows()}
    assert by_path["refs/fine.png"] == {EVOLINK: "pass"}
    assert by_path["refs/1.png"] == {EVOLINK: "fail"}
    assert folder.is_dir()


def test_an_interrupted_run_is_continued(folder: Path, wanprep: Command) -> None:
    assert folder.is_dir()
    interrupt()
    first = [row["path"] for row in rows()]
    assert first == ["refs/0.png", "refs/1.png", "refs/2.png", "refs/3.png"]
    partial = wanprep("report", "checked", "--select", "animated-image")
    assert partial.status == 1
    assert "checked is not complete" in partial.out
    assert read("refs") == ["4.png", "5.png", "6.png", "7.png", "8.png", "fine.png"]
    assert [row["path"] for row in rows()] == [
        *first,
        *(f"refs/{at}.png" for at in range(4, 9)),
        "refs/fine.png",
    ]
    assert wanprep("report", "checked", "--select", "animated-image").status == 0


def test_shards_are_joined(folder: Path, wanprep: Command) -> None:
    whole = wanprep("check", "--offline", "--format", "json", "refs")
    for at in (1, 2, 3):
        wanprep("check", "--offline", "refs", "--shard", f"{at}/3", "--results", f"part-{at}")
    joined = wanprep("report", "part-1", "part-2", "part-3", "--format", "json")
    one, other = json.loads(whole.out), json.loads(joined.out)
    assert one["summary"] == other["summary"]
    assert sorted(map(str, one["findings"])) == sorted(map(str, other["findings"]))
    missing = wanprep("report", "part-1", "part-3", "--select", "animated-image")
    assert missing.status == 1
    assert "The results of shard 2/3 are missing" in missing.out
    wrong = wanprep("check", "refs", "--shard", "2/3", "--results", "part-1")
    assert (wrong.status, "holds the results of shard 1/3" in wrong.err) == (2, True)
    assert folder.is_dir()


def test_a_shard_is_the_same_everywhere() -> None:
    names = [f"refs/{at}.png" for at in range(1000)]
    shards = [Shard(at, 4) for at in range(1, 5)]
    assert all(sum(name in shard for shard in shards) == 1 for name in names)
    assert [sum(name in shard for name in names) for shard in shards] == [238, 232, 262, 268]
    assert "refs/0.png" in Shard(1, 4), "on every machine and in every version"


def test_a_worker_elsewhere_makes_the_same_rows(folder: Path) -> None:
    read("refs")
    request = CheckRequest(paths=(), offline=True)
    names = [str(path.relative_to(folder)) for path in sorted(folder.glob("refs/*"))]
    assert list(rows_for(names, request)) == rows()


def test_urls_and_missing_files_have_rows_without_secrets(folder: Path, wanprep: Command) -> None:
    url = "https://a.example/b.png?X-Amz-Signature=5ecret&X-Amz-Expires=60"
    names = f"{url}\nrefs/gone.png\n".encode()
    wanprep("check", "-", "--offline", "--results", "checked", stdin=names)
    found = rows()
    assert "5ecret" not in str(found)
    assert [row["verdicts"]["wan/2.7"] for row in found] == ["unknown", "fail"]
    assert wanprep("report", "checked").status == 1
    assert folder.is_dir()


@pytest.mark.parametrize(
    ("command", "message"),
    [
        ("check --results refs", "neither empty nor results of wanprep"),
        ("check --results job.yaml", "is a file"),
        ("check --results https://host/x", "is neither a folder nor a bucket"),
        ("check --results broken", "its manifest.json is not that"),
        ("check --results new --changed", "leave out --changed"),
        ("check --shard 5/4", "'5/4' is not a part"),
        ("check --statistics --format json", "leave out --format"),
        ("report nothing", "there are no results in nothing"),
        ("report broken", "its manifest.json is not that"),
    ],
)
def test_usage_errors(folder: Path, wanprep: Command, command: str, message: str) -> None:
    (folder / "broken").mkdir()
    (folder / "broken/manifest.json").write_text('{"version": 1}')
    result = wanprep(*command.split())
    assert (result.status, message in re.sub(r"\s+", " ", result.err)) == (2, True), result.err


def test_two_runs_do_not_write_to_one_folder(folder: Path, wanprep: Command) -> None:
    request = CheckRequest(paths=("refs",), offline=True)
    run = check_into(LocalStore("checked"), request)
    next(run)
    other = wanprep("check", "refs", "--results", "checked")
    assert (other.status, "another check writes to checked" in other.err) == (2, True)
    assert len(list(run)) == 4
    assert not folder.joinpath("checked/.wanprep.lock").exists()
