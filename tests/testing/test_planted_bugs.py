"""Bugs that are planted in a good plugin, one at a time, and the check that finds each."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Final

import pytest

from wanprep.testing.lint.check_plugin import Checked, check_plugin

PLUGINS: Final = Path(__file__).parents[2] / "plugins"
FLOWS, INIT = "flows.py", "__init__.py"
PAID: Final = "        json=order.body,\n        paid=True,\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Copy a good plugin under another name: it uploads, cancels and finds jobs."""
    folder = tmp_path / "wanprep_good"
    shutil.copytree(PLUGINS / "wanprep_wavespeed", folder, ignore=shutil.ignore_patterns("*.pyc"))
    for file in folder.rglob("*.*"):
        if file.suffix in {".py", ".json"}:
            text = file.read_text("utf-8").replace("wanprep_wavespeed", "wanprep_good")
            text = text.replace('"wavespeed"', '"good"').replace("wavespeed/wan", "good/wan")
            file.write_text(text.replace("WAVESPEED_API_KEY", "GOOD_API_KEY"))
    entry = '[project.entry-points.wanprep]\ngood = "wanprep_good"\n'
    (tmp_path / "pyproject.toml").write_text(entry)
    return folder


def checked(folder: Path) -> Checked:
    return check_plugin(str(folder))


def test_the_plugin_is_good(folder: Path) -> None:
    found = checked(folder)
    assert found.problems == []
    assert found.notes == []
    assert "faults" in found.results


@pytest.mark.parametrize(
    ("file", "old", "new", "check", "message"),
    [
        pytest.param(FLOWS, "paid=True", "paid=False", "order", "has no request that costs money",
                     id="paid mark forgotten"),
        pytest.param(
            FLOWS,
            "    if not is_success(response):\n        raise refused(response)\n    return A",
            "    response = yield Request(method='POST', url=f'/api/v3/{order.model}',"
            " json=order.body)\n    return A",
            "order", "2 requests that may cost money", id="two paid requests",
        ),
        pytest.param(
            FLOWS,
            '    response = yield Request(\n        method="POST",\n        url=f"/api/v3/{o',
            '    yield Request(method="POST", url="/api/v3/reserve")\n'
            '    response = yield Request(\n        method="POST",\n        url=f"/api/v3/{o',
            "order", "mark steps that order nothing", id="upload not marked",
        ),
        pytest.param(FLOWS, '"processing": "running"', '"processing": "failed"', "states",
                     "given `poll running`, the outcome is `failed`", id="wrong state mapping"),
        pytest.param(
            FLOWS, "        _STATES,\n        word,",
            '        {**_STATES, word: _STATES.get(word, "succeeded")},\n        word,',
            "unknown states", "is `succeeded`: translate", id="unknown state as success",
        ),
        pytest.param(
            FLOWS, "    data = answer[\"data\"]\n",
            "    data = answer[\"data\"]\n    import urllib.request\n"
            "    urllib.request.urlopen('http://127.0.0.1:9/', timeout=1)\n",
            "isolation", "looks up a host itself: yield a Request", id="network in a flow",
        ),
        pytest.param(
            FLOWS, '        "Content-Type" if name.lower() == "content-type" else name: value',
            '        "X-Type" if name.lower() == "content-type" else name: value',
            "recorded", "sends no header Content-Type: image/png", id="missing required header",
        ),
        pytest.param(
            FLOWS, PAID, "        json={k: v for k, v in order.body.items() if k != 'image'},\n"
            "        paid=True,\n",
            "arrival", "leaves out reference_image of good/", id="dropped reference",
        ),
        pytest.param(
            FLOWS, PAID, "        json=dict(order.body) | {'seed': 1},\n        paid=True,\n",
            "arrival", "leaves out parameters.seed", id="changed parameter",
        ),
        pytest.param(
            FLOWS,
            "    if not is_success(response):\n        raise refused(response)\n    return A",
            "    import os\n    print(os.environ['GOOD_API_KEY'])\n"
            "    if not is_success(response):\n        raise refused(response)\n    return A",
            "isolation", "prints the user's key", id="key printed",
        ),
        pytest.param(
            FLOWS, PAID, PAID + "        headers={'X-Key': __import__('os').environ['GOOD_API_KEY']"
            "},\n", "isolation", "puts the user's key into a Request", id="key in a header",
        ),
        pytest.param(INIT, "from typing import TYPE_CHECKING\n",
                     "from typing import TYPE_CHECKING\nsum(n * n for n in range(9_000_000))\n",
                     "import", "s to import, more than 0.5 s", id="slow import"),
        pytest.param(INIT, "from typing import TYPE_CHECKING\n",
                     "from typing import TYPE_CHECKING\nimport time\ntime.sleep(2)\n",
                     "import", "sleeps itself", id="sleeping import"),
        pytest.param(FLOWS, 'data.get("outputs"), _URLS', '[], _URLS', "states",
                     "given `poll succeeded`, the outcome is `failed`", id="result link ignored"),
        pytest.param(FLOWS, "answers.text_at(answers.json_or_none(response), \"code\") in _SUCCESS",
                     "True", "recorded", "given `submit refused`, the outcome is `unclear`",
                     id="refused answer taken as accepted"),
        pytest.param(FLOWS, 'answers.as_job_id(answers.value_at(answers.as_object(response), "data'
                     '.id"))', 'response.json()["data"]["id"]', "robustness",
                     "KeyError ('data') at flows.py:", id="careless reading"),
        pytest.param(FLOWS, "return Accepted(provider_id=matches.pop())", "return None", "faults",
                     "with the fault lost-reply, `find` returns nothing", id="lost job not found"),
        pytest.param(
            FLOWS, "        raise refused(response)\n    data = answer", "        return Status("
            "state='failed', word='', error='no')\n    data = answer", "robustness",
            "given HTTP 401 with an error, it returns the state failed, although the job goes on",
            id="wrong key fails the job",
        ),
        pytest.param(FLOWS, '    "timeout": "failed"', '    "expired": "failed"', "unknown states",
                     "given the state 'expired', the job is `failed`", id="expired as failed"),
        pytest.param(FLOWS, "headers=headers, file=content, key=False", "headers=headers, file="
                     "content", "recorded", "it sends the key to ", id="key for a storage"),
        pytest.param(FLOWS, 'method="DELETE"', 'method="POST"', "recorded",
                     "for which recorded.json has no answer", id="wrong method"),
    ],
)  # fmt: skip
def test_planted_bugs_are_found(
    folder: Path, file: str, old: str, new: str, check: str, message: str
) -> None:
    text = (folder / file).read_text("utf-8")
    assert old in text
    (folder / file).write_text(text.replace(old, new))
    found = checked(folder)
    messages = [str(each) for each in found.results[check]]
    assert any(message in each for each in messages), found.problems


def test_a_dropped_voice_is_found(tmp_path: Path) -> None:
    folder = tmp_path / "wanprep_evolink"
    shutil.copytree(PLUGINS / "wanprep_evolink", folder)
    entry = '[project.entry-points.wanprep]\nevolink = "wanprep_evolink"\n'
    (tmp_path / "pyproject.toml").write_text(entry)
    flows = folder / FLOWS
    plain = "        json=order.body,\n"
    assert plain in flows.read_text()
    changed = "        json={k: v for k, v in order.body.items() if k != 'model_params'},\n"
    flows.write_text(flows.read_text().replace(plain, changed))
    [problem, *_] = checked(folder).results["arrival"]
    assert "leaves out voice of reference_image" in problem.message


def test_scenes_that_every_plugin_needs(folder: Path) -> None:
    file = folder / "recorded.json"
    data = json.loads(file.read_text())
    data["scenes"] = [each for each in data["scenes"] if each["outcome"] != "failed"]
    data["scenes"][0]["answers"][0]["request"] = "post /x"
    file.write_text(json.dumps(data))
    assert any("/scenes/0/answers/0/request" in str(each) for each in checked(folder).problems)
    data["scenes"][0]["answers"][0]["request"] = "POST /api/v3/{a}/{b}/{c}"
    file.write_text(json.dumps(data))
    assert [str(each) for each in checked(folder).problems] == [
        "recorded.json, poll: no scene with the outcome `failed`."
    ]
    file.unlink()
    assert "recorded.json: missing: record the service's answers." in str(
        checked(folder).problems[0]
    )
