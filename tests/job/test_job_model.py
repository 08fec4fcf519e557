from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from wanprep.job.read import read_jobs

if TYPE_CHECKING:
    from pathlib import Path

    from wanprep.job.model import Asset


def assets(tmp_path: Path, text: str) -> list[Asset]:
    path = tmp_path / "job.yaml"
    path.write_text(text, encoding="utf-8")
    (job,) = read_jobs(str(path)).jobs
    return list(job.assets())


def test_assets_come_in_the_order_of_the_job(tmp_path: Path) -> None:
    found = assets(
        tmp_path,
        """\
first_frame: start.png
references:
  - voice: hero.wav
    image: hero.jpg
  - video: dance.mp4
""",
    )
    assert [(asset.role, asset.written, asset.pointer) for asset in found] == [
        ("reference_image", "hero.jpg", "/references/0/image"),
        ("voice", "hero.wav", "/references/0/voice"),
        ("reference_video", "dance.mp4", "/references/1/video"),
        ("first_frame", "start.png", "/first_frame"),
    ]


@pytest.mark.parametrize(
    ("written", "kind", "location"),
    [
        pytest.param("refs/a.png", "file", "{folder}/refs/a.png", id="below the job"),
        pytest.param("../a.png", "file", "{folder}/../a.png", id="beside its folder"),
        pytest.param("/media/a.png", "file", "/media/a.png", id="from the root"),
        pytest.param("图 1.png", "file", "{folder}/图 1.png", id="any name"),
        pytest.param("a:b.png", "file", "{folder}/a:b.png", id="a colon in a name"),
        pytest.param("C://a.png", "file", "{folder}/C://a.png", id="a drive is no scheme"),
        pytest.param("https://x.org/a.png?b#c", "url", "https://x.org/a.png?b#c", id="https"),
        pytest.param("HTTP://x.org/a.png", "url", "HTTP://x.org/a.png", id="in capitals"),
        pytest.param("s3://bucket/a.png", "url", "s3://bucket/a.png", id="another scheme"),
        pytest.param("data:image/png;base64,AA==", "data", "data:image/png;base64,AA==", id="data"),
    ],
)
def test_where_an_asset_is(tmp_path: Path, written: str, kind: str, location: str) -> None:
    (found,) = assets(tmp_path, f'first_frame: "{written}"')
    assert (found.kind, found.location) == (kind, location.format(folder=tmp_path))


def test_a_path_beside_the_job_stays_short(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "job.yaml").write_text("first_frame: a.png", encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    (job,) = read_jobs("job.yaml").jobs
    assert [asset.location for asset in job.assets()] == ["a.png"]
