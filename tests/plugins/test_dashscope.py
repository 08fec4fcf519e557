"""Alibaba Model Studio: headers, regions, and files that only it can read."""

from __future__ import annotations

import base64
import io
import json
from pathlib import Path
from typing import Any, Final

import pytest
from commands import Command, wanprep
from PIL import Image

from wanprep.plugins import Accepted
from wanprep.submit.services.service import load_service
from wanprep.testing import answer, order, replay
from wanprep_dashscope.flows import submit

__all__ = ["wanprep"]

R2V: Final = "dashscope/wan2.7-r2v"
_PNG: Final = io.BytesIO()
Image.new("RGB", (400, 300)).save(_PNG, "png")
IMAGE_URI: Final = f"data:image/png;base64,{base64.b64encode(_PNG.getvalue()).decode()}"
TASK: Final = answer(200, {"output": {"task_id": "task-1", "task_status": "PENDING"}})


@pytest.mark.parametrize(
    ("url", "header"), [("https://x.example/a.png", None), ("oss://bucket/a.png", "enable")]
)
def test_a_file_in_the_temporary_storage_is_resolved(url: str, header: str | None) -> None:
    requests, outcome = replay(submit(order(R2V, roles={"reference_image": (url,)})), [TASK])
    assert requests[0].headers["X-DashScope-Async"] == "enable"
    assert requests[0].headers.get("X-DashScope-OssResourceResolve") == header
    assert outcome == Accepted(provider_id="task-1")


@pytest.mark.parametrize(
    ("settings", "base"),
    [
        ({}, "https://dashscope.aliyuncs.com"),
        ({"region": "singapore"}, "https://dashscope-intl.aliyuncs.com"),
        (
            {"region": "singapore-workspace", "workspace": "ws-1"},
            "https://ws-1.ap-southeast-1.maas.aliyuncs.com",
        ),
    ],
)
def test_regions(settings: dict[str, Any], base: str) -> None:
    assert load_service("dashscope").base("api", {}, settings) == base


@pytest.mark.parametrize(
    ("role", "url", "rules", "verdict"),
    [
        pytest.param("reference_image", "oss://bucket/a.png", [], "unknown", id="its own storage"),
        pytest.param("reference_image", IMAGE_URI, [], "pass", id="a data URI"),
        pytest.param("reference_image", "data:image/png;base64,AAAA", ["asset-unreadable"], "fail",
                     id="a data URI of no image"),
        pytest.param("reference_video", "data:video/mp4;base64,AAAA", ["asset-url-unsafe"],
                     "unknown", id="a data URI of a video"),
        pytest.param("reference_image", "ftp://x.example/a.png", ["asset-url-unsafe"], "fail",
                     id="another scheme"),
    ],
)  # fmt: skip
def test_urls_that_are_not_https(
    wanprep: Command, tmp_path: Path, role: str, url: str, rules: list[str], verdict: str
) -> None:
    body = {"model": "wan2.7-r2v", "input": {"prompt": "She waves.",
            "media": [{"type": role, "url": url}]}}  # fmt: skip
    job = tmp_path / "job.json"
    job.write_text(json.dumps({"target": R2V, "body": body}))
    report = json.loads(wanprep("check", str(job), "--offline", "--format", "json").out)
    assert [each["rule"] for each in report["findings"]] == rules
    assert report["verdicts"][0]["verdict"] == verdict
    if url.startswith("oss"):
        dry = wanprep("submit", str(job), "--offline", "--dry-run")
        assert url in dry.out


def test_a_job_of_local_files_is_submitted(wanprep: Command, tmp_path: Path) -> None:
    Image.new("RGB", (640, 480)).save(tmp_path / "a.png")
    job = tmp_path / "job.yaml"
    job.write_text("target: dashscope/wan2.7-i2v\nfirst_frame: a.png\nprompt: She waves.\n")
    done = wanprep("submit", str(job), "--emulate", "--wait", "-o", str(tmp_path / "results"),
                   "--format", "json")  # fmt: skip
    assert done.status == 0, done.err
    [run] = json.loads(done.out)
    assert run["state"] == "succeeded"
    assert Path(run["outputs"][0]).stat().st_size > 1000
