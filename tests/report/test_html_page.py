from __future__ import annotations

import base64
import hashlib
import json
import os
import pty
import re
import sys
from dataclasses import replace
from importlib import resources
from io import BytesIO
from pathlib import Path

import pytest
from html_pages import EVOLINK, FIXTURES, RUNCOMFY, WAVESPEED, Element, page_of, parsed, written
from jinja2 import UndefinedError
from PIL import Image

from wanprep import check
from wanprep.check.result import Report
from wanprep.cli import run
from wanprep.report.html.environment import make_environment
from wanprep.rules.finding import Finding, Verdict

HOSTILE = (
    "</p></script><script>x()</script><img src=x onerror=x()>\"' onload=x() &amp; {{ 7 * 7 }}"
    "{% x %} \u202egpj"
)


@pytest.fixture(scope="module")
def demo() -> str:
    return page_of(FIXTURES / "demo")


def test_the_page_loads_nothing_and_runs_only_its_script(demo: str) -> None:
    page = parsed(demo)
    assert demo.isascii()
    assert page.one("script").text.startswith('"use strict";')
    assert "http" not in re.sub(
        r"<a [^>]*>|http-equiv|xmlns='http://www\.w3\.org/2000/svg'", "", demo
    )
    for each in page.all():
        assert not [name for name in each.attributes if name == "style" or name.startswith("on")]
    assert all(each.attributes["src"].startswith("data:image/jpeg") for each in page.all("img"))
    links = {each.attributes["href"] for each in page.all("a")}
    ids = {f"#{each.attributes['id']}" for each in page.all() if "id" in each.attributes}
    assert {each for each in links if not each.startswith("https://")} <= ids


def test_the_policy_allows_only_this_style_and_script(demo: str) -> None:
    page = parsed(demo)
    digests = [
        base64.b64encode(hashlib.sha256(page.one(name).text.encode()).digest()).decode()
        for name in ("style", "script")
    ]
    assert page.all("meta")[1].attributes["content"] == (
        "default-src 'none'; img-src data:; style-src 'sha256-{}'; script-src 'sha256-{}';"
        " base-uri 'none'; form-action 'none'".format(*digests)
    )


def test_the_page_is_reproducible(demo: str) -> None:
    assert page_of(FIXTURES / "demo") == demo


def test_prompt_tokens_link_to_their_references(demo: str) -> None:
    page = parsed(demo)
    tokens = page.all("a", "token")
    assert [each.text for each in tokens] == ["Image 1", "Image 2", "Video 1"]
    cards = {each.attributes["id"]: each for each in page.all("article", "file")}
    named = [cards[each.attributes["href"][1:]].one("h3").text for each in tokens]
    assert named == ["hero.jpg", "garden.png", "dance.mp4"]
    chips = [each.text for each in page.all("a", "chip")]
    assert chips == ["Image 1hero.jpg", "Voice of Image 1hero.wav", "Image 2garden.png",
                     "Video 1dance.mp4"]  # fmt: skip
    assert page.one("p", "prompt").text.endswith("while Video 1 dances beside her.")


def test_a_card_describes_its_file(demo: str) -> None:
    page = parsed(demo)
    texts = [each.one("p", "headline").text for each in page.all("article", "file")]
    assert [text.replace("\u00a0", " ") for text in texts] == [
        "JPEG image \u00b7 640 \u00d7 480 px \u00b7 11.5 kB",
        "WAV audio \u00b7 2.00 s \u00b7 32.0 kB",
        "PNG image \u00b7 800 \u00d7 450 px \u00b7 11.7 kB",
        "MP4 video \u00b7 480 \u00d7 480 px \u00b7 3.00 s \u00b7 9.3 kB",
    ]
    video = page.all("article", "file")[-1]
    assert len(video.one("div", "strip").all("img")) == 5
    labels = [each.attributes["aria-label"] for each in video.one("ul", "rulers").all("svg")]
    assert labels == [
        "Width: 480 px; allowed: from 240 px up to 4096 px",
        "Height: 480 px; allowed: from 240 px up to 4096 px",
        "Aspect ratio: 1:1; allowed: from 1:8 up to 8:1",
        "Duration: 3.00 s; allowed: from 1 s up to 30 s",
        "File size: 9.3 kB; allowed: up to 100 MB",
    ]


def test_unchecked_rules_are_listed(demo: str) -> None:
    assert "Moderation" in parsed(demo).one("section", "unchecked").text
    assert parsed(demo).one("h1").text == "Ready to submit: no errors found."


@pytest.mark.untraced
def test_every_bad_job_has_a_card() -> None:
    folder = FIXTURES / "jobs/bad"
    report = check(folder, offline=True)
    page = parsed(written(report))
    assert len(page.all("article", "job")) == report.summary["jobs"]
    rules = {each.text for each in page.all("code")} & {each.rule for each in report.findings}
    assert rules == {each.rule for each in report.findings}
    assert page.all("mark", "unbound")
    assert "Errors in" in page.one("h1").text
    jobs, files = report.summary["jobs"], report.summary["assets"]
    about = page.one("p", "about").text
    assert about.startswith(f"{jobs} jobs and {files} files checked for ")  # as text and JSON say
    assert report.inputs
    cases = report.inputs.cases
    named = {asset.location for case in cases for asset in case.intent.assets}
    unseen = named - {*report.inputs.facts}
    assert unseen
    assert f"{len(unseen)} URLs not requested." in about
    names = [each.one("h3").text for each in page.all("article", "file")]
    assert len(names) == len(set(names)) + names.count("hero.jpg") - 1  # one lies behind a host
    kinds = [each.classes & {"is-error", "is-warning", "is-fine"} for each in page.all("article")]
    assert {"is-error"} in kinds


def target_names(page: Element) -> list[str]:
    return [each.text for each in page.one("fieldset", "targets").all("label")]


def test_several_targets_are_distinguished(tmp_path: Path) -> None:
    Image.new("RGB", (2400, 240)).save(tmp_path / "banner.png")
    page = parsed(page_of(tmp_path, targets=[EVOLINK, RUNCOMFY, WAVESPEED]))
    card = page.one("article", "file")
    verdicts = [each.text for each in card.one("ul", "rulers").all("span", "say")]
    assert verdicts == ["within range", "within range",
                    "out of range for EvoLink; risky for RunComfy, WaveSpeedAI",
                    "within range"]  # fmt: skip
    error, warning = card.all("li", "finding")
    assert [error.one("span", "whom").text, warning.one("span", "whom").text] == [
        "EvoLink",
        "RunComfy, WaveSpeedAI",
    ]
    rule = "aspect-out-of-range"
    marks = [f"error/1/{rule}", f"warning/2/{rule}", f"warning/3/{rule}"]
    assert card.attributes["data-is"] == " ".join(marks)
    assert [error.attributes["data-is"], warning.attributes["data-is"]] == [
        marks[0],
        " ".join(marks[1:]),
    ]
    assert [len(each.all("div", "variant")) for each in (error, warning)] == [1, 2]
    assert target_names(page) == ["All targets", "EvoLink", "RunComfy", "WaveSpeedAI"]


def test_two_targets_of_one_provider_have_two_names(tmp_path: Path) -> None:
    Image.new("RGB", (300, 300)).save(tmp_path / "a.png")
    page = parsed(page_of(tmp_path, targets=["runcomfy/wan-2-2-image-to-video", RUNCOMFY, EVOLINK]))
    assert target_names(page)[1:] == [
        "RunComfy: Wan 2.2 image to video",
        "RunComfy: Wan 2.7 reference to video",
        "EvoLink",
    ]


def test_an_image_in_two_jobs_has_one_card(tmp_path: Path) -> None:
    Image.new("RGB", (100, 100)).save(tmp_path / "tiny.png")
    for name in ("one", "two"):
        job = f"target: {EVOLINK}\nprompt: Go.\nreferences: [{{image: ./tiny.png}}]\n"
        (tmp_path / f"{name}.yaml").write_text(job)
    page = parsed(page_of(tmp_path))
    card = page.one("article", "file")
    assert card.one("p", "uses").text == "Image 1 in one.yamlImage 1 in two.yaml"
    (finding,) = card.all("li", "finding")
    assert finding.text.count(", line 3") == 2
    assert [each.one("a", "chip").classes >= {"is-error"} for each in page.all("article", "job")]


def test_documents_of_one_file_keep_their_findings_apart(tmp_path: Path) -> None:
    good = "prompt: Hi.\nreferences: [{image: a.png}]\n"
    text = f"target: {EVOLINK}\n{good}---\ntarget: {EVOLINK}\n{good}parameters: {{duration: 99}}\n"
    (tmp_path / "job.yaml").write_text(text)
    Image.new("RGB", (300, 300)).save(tmp_path / "a.png")
    page = parsed(page_of(tmp_path))
    bad, fine = page.all("article", "job")  # the worst first
    assert bad.one("h3").text == "job.yaml, document 2"
    assert len(bad.all("li", "finding")) == 1
    assert bad.one("div", "ruler").one("svg").attributes["aria-label"] == (
        "Found: 99 s; allowed: from 2 s up to 15 s"
    )
    assert bad.one("pre").one("mark").text == "99"
    assert not fine.all("li", "finding")


@pytest.mark.parametrize("place", ["name", "prompt", "parameter", "message"])
def test_untrusted_strings_stay_text(place: str, tmp_path: Path) -> None:
    name = HOSTILE.replace("/", "") + ".png"
    Image.new("RGB", (300, 300)).save(tmp_path / (name if place == "name" else "a.png"), "PNG")
    prompt = f"{HOSTILE} Image 1 {HOSTILE}" if place == "prompt" else "Image 1"
    parameters = {HOSTILE: HOSTILE} if place == "parameter" else {}
    references = [{"image": name if place == "name" else "a.png"}]
    job = {"target": EVOLINK, "prompt": prompt, "references": references, "parameters": parameters}
    (tmp_path / "job.json").write_text(json.dumps(job))
    report = check(tmp_path, targets=[EVOLINK])
    if place == "message":
        message = Finding(rule="alpha-unsupported", severity="note", message=HOSTILE,
                          target=EVOLINK, file=HOSTILE, source={"doc": "script:x()"})  # fmt: skip
        report = replace(report, findings=(message,))
    text = written(report)
    page = parsed(text)
    assert text.isascii()
    assert all(line.isprintable() for line in text.split("\n"))
    assert len(page.all("script")) == 1
    for each in page.all():
        assert not [at for at in each.attributes if at.startswith("on")]
        assert each.attributes.get("href", "#").startswith(("#", "https://", "data:,"))
        assert each.attributes.get("src", "data:").startswith("data:")
    shown = (name if place == "name" else HOSTILE).replace("\u202e", "\\u202e")
    assert shown in page.text


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        pytest.param("<b a='\"'>&amp;", "&lt;b a=&#39;&#34;&#39;&gt;&amp;amp;", id="markup"),
        pytest.param("a\nb\x1b[0m\u202e", "a\\nb\\x1b[0m\\u202e", id="control characters"),
        pytest.param("\u2028\ufeff\udce9", "\\u2028\\ufeff\\xe9", id="separators and surrogates"),
        pytest.param("\u56fe \u200d", "\u56fe \u200d", id="letters and joiners"),
        pytest.param("{{ 7 * 7 }}", "{{ 7 * 7 }}", id="template syntax"),
    ],
)
def test_every_value_in_a_template_is_escaped(value: str, expected: str) -> None:
    for source in ("{{ x }}", "{{ x ~ '' }}", "{{ [x]|join }}", "{{ '%s'|format(x) }}"):
        assert make_environment().from_string(source).render(x=value) == expected


def test_no_template_marks_a_string_as_safe() -> None:
    for path in resources.files("wanprep.report.html").joinpath("templates").iterdir():
        assert path.name.endswith((".html", ".css", ".js"))
        assert not re.search(r"\|\s*safe\b|autoescape|Markup", path.read_text("utf-8")), path.name


def test_an_unknown_variable_is_an_error() -> None:
    with pytest.raises(UndefinedError):
        make_environment().from_string("{{ x.y }}").render(x={})


def test_the_key_in_a_url_is_not_shown(tmp_path: Path) -> None:
    url = "https://user:secret@cdn.example.com/hero.jpg?token=secret"
    job = f"target: {EVOLINK}\nprompt: Image 1\nreferences: [{{image: '{url}'}}]\n"
    (tmp_path / "job.yaml").write_text(job)
    text = page_of(tmp_path)
    assert "secret" not in text
    card = parsed(text).one("article", "file")
    assert [card.one("h3").text, card.one("p", "folder").text] == ["hero.jpg", "cdn.example.com"]
    assert "Not checked" in card.text


@pytest.mark.parametrize(
    ("written_as", "name"),
    [
        pytest.param("data:image/png;base64,AAAA", "data:image/png;base64", id="in the job"),
        pytest.param("https://[broken/x.png", "a URL", id="an invalid URL"),
        pytest.param("https://cdn.example.com", "cdn.example.com", id="a host alone"),
        pytest.param("gone.png", "gone.png", id="no such file"),
    ],
)
def test_what_cannot_be_previewed_has_a_card(written_as: str, name: str, tmp_path: Path) -> None:
    job = {"target": EVOLINK, "prompt": "Go.", "references": [{"image": written_as}]}
    (tmp_path / "job.json").write_text(json.dumps(job))
    card = parsed(page_of(tmp_path)).one("article", "file")
    assert card.one("h3").text == name
    assert card.one("div", "nothing").text


def test_a_long_prompt_is_cut(tmp_path: Path) -> None:
    job = {"target": EVOLINK, "prompt": "x" * 12_500, "negative_prompt": "y" * 2000,
           "references": [{"image": "https://cdn.example.com/a.png"}]}  # fmt: skip
    (tmp_path / "job.json").write_text(json.dumps(job))
    page = parsed(page_of(tmp_path))
    assert page.one("p", "prompt").text.endswith("x … and 500 characters more")
    assert page.one("p", "negative").text.endswith("y…")


def test_findings_without_cards_are_listed() -> None:
    finding = Finding(rule="image-too-small", severity="error", message="Too small.",
                      target="a/b", file="hero.jpg",
                      source={"doc": "http://a.example/[", "says": "so"})  # fmt: skip
    report = Report(
        ("a/b",), (finding,), (Verdict("hero.jpg", "a/b", "fail"),), (), 1, 0, in_baseline=2
    )
    page = parsed(written(report))
    assert page.one("h1").text == "1 error found."
    assert page.one("p", "about").text.endswith("2 findings in the baseline left out.")
    assert "hero.jpg" in page.one("li", "finding").text
    assert not page.all("a")  # only https is worth a link
    broken = replace(finding, source={"doc": "https://[a"})
    assert "Source: https://[a" in parsed(written(replace(report, findings=(broken,)))).text


@pytest.mark.parametrize(
    ("report", "heading"),
    [
        pytest.param(Report((), (), (Verdict("a", "b/c", "unknown"),), (), 1, 0),
                     "No errors, but not everything could be checked.", id="unknown"),
        pytest.param(Report(("a/b",), (Finding(rule="codec-risky", severity="warning", message="x",
                     target="a/b", file="f"),), (), (), 1, 0),
                     "Ready to submit, with 1 warning.", id="warnings"),
        pytest.param(Report((), (), (), (), 0, 0),
                     "Ready to submit: no errors found.", id="nothing"),
    ],
)  # fmt: skip
def test_the_heading_is_the_result(report: Report, heading: str) -> None:
    assert parsed(written(report)).one("h1").text == heading


def test_a_page_is_not_for_a_terminal(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    Image.new("RGB", (300, 300)).save(tmp_path / "a.png")
    command = ["check", str(tmp_path), "--format", "html"]
    ours, theirs = pty.openpty()
    with os.fdopen(ours, "rb"), os.fdopen(theirs, "w") as terminal, monkeypatch.context() as here:
        here.setattr(sys, "stdout", terminal)
        assert run(command) == 2
    assert "-o report.html" in capfd.readouterr().err
    assert run(command) == 0
    assert capfd.readouterr().out.startswith("<!doctype html>")


def test_a_page_is_written_to_a_file(tmp_path: Path) -> None:
    Image.new("RGB", (300, 300)).save(tmp_path / "a.png")
    page = tmp_path / "report.html"
    assert run(["check", str(tmp_path / "a.png"), "--format", "html", "-o", str(page)]) == 0
    (image,) = parsed(page.read_text()).all("img")
    data = base64.b64decode(image.attributes["src"].partition(",")[2])
    with Image.open(BytesIO(data)) as small:
        assert small.size == (300, 300)
