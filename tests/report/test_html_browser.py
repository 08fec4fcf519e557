"""The page where it is read: in a real browser, opened from disk."""

from __future__ import annotations

import json
import os
import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from browser import Browser
from html_pages import EVOLINK, FIXTURES, RUNCOMFY, page_of
from PIL import Image

HOSTILE = (
    "<img src=x onerror=document.title='owned'>.png",
    "<script>document.title='owned'<",
    "\"' onmouseover=alert(1) x='.png",
    "\u202egpj.exe.png",
    "\u05e9\u05dc\u05d5\u05dd.png",
    "\U0001f468\u200d\U0001f469\u200d\U0001f467.png",
    "x" * 240 + ".png",
)


@pytest.fixture(scope="module")
def opened() -> Iterator[Browser]:
    with Browser(1280) as opened:
        yield opened


@pytest.fixture
def browser(opened: Browser) -> Browser:
    opened.resize(1280)
    return opened


@pytest.fixture(scope="module")
def mixed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Write the page of a job with errors for one target, a good image and a risky one."""
    folder = tmp_path_factory.mktemp("mixed")
    Image.new("RGB", (2400, 240)).save(folder / "banner.png")
    Image.new("RGB", (300, 300)).save(folder / "fine.png")
    job = f"target: {EVOLINK}\nprompt: Image 1 meets Image 3.\nreferences:\n"
    (folder / "job.yaml").write_text(f"{job}  - image: ./fine.png\n  - image: ./banner.png\n")
    page = folder / "report.html"
    page.write_text(page_of(folder, targets=[EVOLINK, RUNCOMFY]), "ascii")
    return page


def load(browser: Browser, page: Path) -> None:
    browser.requests()
    browser.open(page.as_uri())


SET = """
const field = document.getElementById(arguments[0]);
field.value = arguments[1];
field.dispatchEvent(new Event("input", {bubbles: true}));
"""


def text(browser: Browser, selector: str) -> str:
    return str(browser.run("return document.querySelector(arguments[0]).innerText", selector))


def names(browser: Browser) -> list[str]:
    """Name the cards that are shown."""
    script = "[...document.querySelectorAll('.card')].filter(e => e.checkVisibility())"
    found: list[str] = browser.run(f"return {script}.map(e => e.querySelector('h3').textContent)")
    return found


def test_the_page_logs_nothing_and_requests_nothing(browser: Browser, mixed: Path) -> None:
    load(browser, mixed)
    assert browser.requests() == [mixed.as_uri()]
    assert browser.log() == []
    assert browser.run("return performance.getEntriesByType('resource').length") == 0
    assert browser.run("return [...document.images].every(e => e.complete && e.naturalWidth > 0)")
    radius = browser.run("return getComputedStyle(document.querySelector('.card')).borderRadius")
    assert radius == "16px"  # the policy allows the style


def test_the_browser_logs_errors_and_requests(browser: Browser, tmp_path: Path) -> None:
    page = tmp_path / "loud.html"
    page.write_text("<img src='https://nowhere.example/x.png'><script>throw 1</script>")
    load(browser, page)
    assert browser.requests() == [page.as_uri(), "https://nowhere.example/x.png"]
    assert len(browser.log()) == 2


def counts(browser: Browser) -> list[int]:
    """Read the number beside each choice: everything, errors, warnings, notes, no findings."""
    script = "[...document.querySelectorAll('.states .count')].map(e => Number(e.textContent))"
    found: list[int] = browser.run(f"return {script}")
    return found


def test_filters_work_by_clicking(browser: Browser, mixed: Path) -> None:
    load(browser, mixed)
    everything = names(browser)
    assert everything == ["job.yaml", "banner.png", "fine.png"]
    assert counts(browser) == [3, 2, 2, 1, 1]

    browser.click("label:has(#state-warning)")
    assert names(browser) == ["job.yaml", "banner.png"]
    assert browser.visible(".finding.error") == 0
    assert browser.visible(".finding.warning") > 0
    assert text(browser, ".shown") == "2 of 3 shown"

    browser.click("label:has(#target-1)")  # EvoLink, which has errors only
    assert names(browser) == []
    assert text(browser, ".shown") == "Nothing matches."
    assert counts(browser) == [3, 2, 0, 1, 1]
    assert browser.visible("h2") == 1  # of what is not checked

    browser.click("label:has(#state-error)")
    assert names(browser) == ["job.yaml", "banner.png"]
    assert browser.visible(".finding") == browser.visible(".finding.error") > 0
    assert browser.visible(".verdict") == 1

    browser.click("[type=reset]")
    browser.click("label:has(#state-fine)")
    assert names(browser) == ["fine.png"]

    browser.click("label:has(#state-all)")
    assert names(browser) == everything
    assert text(browser, ".shown") == ""


def test_a_rule_and_a_search_filter(browser: Browser, mixed: Path) -> None:
    load(browser, mixed)
    browser.run(SET, "rule", "aspect-out-of-range")
    assert names(browser) == ["job.yaml", "banner.png"]
    assert browser.visible(".finding") == browser.visible(".file .finding") > 0
    browser.run(SET, "rule", "prompt-ref-unbound")
    assert names(browser) == ["job.yaml"]
    browser.click("[type=reset]")
    browser.run(SET, "text", " FINE.png")
    assert names(browser) == ["job.yaml", "fine.png"]  # the job names it
    assert counts(browser) == [2, 1, 1, 1, 1]
    browser.run(SET, "text", "nowhere")
    assert text(browser, ".shown") == "Nothing matches."


def test_without_its_script_the_page_shows_everything(
    browser: Browser, mixed: Path, tmp_path: Path
) -> None:
    page = tmp_path / "report.html"
    page.write_text(re.sub("script-src [^;]*", "script-src &#39;none&#39;", mixed.read_text()))
    load(browser, page)
    assert any("violates" in line for line in browser.log())
    assert names(browser) == ["job.yaml", "banner.png", "fine.png"]
    assert counts(browser) == [3, 2, 2, 1, 1]
    assert browser.visible(".search") == 0
    browser.click("label:has(#state-fine)")
    assert names(browser) == ["job.yaml", "banner.png", "fine.png"]


def test_a_token_leads_to_its_card_even_if_that_is_hidden(browser: Browser, mixed: Path) -> None:
    load(browser, mixed)
    browser.click("label:has(#state-error)")
    assert "fine.png" not in names(browser)
    browser.click("a.token")
    assert browser.run("return document.querySelector(':target h3').textContent") == "fine.png"
    assert "fine.png" in names(browser)
    top = browser.run("return document.querySelector(':target').getBoundingClientRect().top")
    assert 0 <= top < 900
    assert browser.visible(".unbound") == 1


def test_hostile_strings_neither_run_nor_break_the_page(browser: Browser, tmp_path: Path) -> None:
    folder = tmp_path / "media"
    folder.mkdir()
    image = Image.new("RGB", (300, 300))
    for name in HOSTILE:
        image.save(folder / name, "PNG")
    os.rename(folder / HOSTILE[1], folder / (HOSTILE[1] + ".png"))
    prompt = "</p></style><script>document.title='owned'</script> Image 1 " + "W" * 300
    job = {"target": EVOLINK, "prompt": prompt, "references": [{"image": HOSTILE[0]}],
           "parameters": {"</dl><b onclick=x>": "<svg onload=alert(1)>" * 20}}  # fmt: skip
    (folder / "job.json").write_text(json.dumps(job))
    page = tmp_path / "report.html"
    page.write_text(page_of(folder, targets=[EVOLINK, RUNCOMFY]), "ascii")
    for width in (390, 1280):
        browser.resize(width)
        load(browser, page)
        assert browser.log() == []
        assert browser.requests() == [page.as_uri()]
        assert "owned" not in browser.run("return document.title")
        assert browser.run("return document.scripts.length") == 1
        assert browser.run("return document.querySelectorAll('main style, main b b').length") == 0
        assert browser.run("return document.querySelector('main .prompt').textContent") == prompt
        assert browser.run("return document.documentElement.scrollWidth") == width
        assert HOSTILE[0] in names(browser)


def test_a_phone_in_the_dark(browser: Browser, mixed: Path) -> None:
    browser.resize(390, 844, dark=True)
    load(browser, mixed)
    assert browser.run("return document.documentElement.scrollWidth") == 390
    dark = browser.run("return getComputedStyle(document.body).backgroundColor")
    assert dark == "rgb(20, 20, 22)"
    assert browser.log() == []


def test_printing(browser: Browser, mixed: Path) -> None:
    load(browser, mixed)
    browser.devtools("Emulation.setEmulatedMedia", media="print")
    assert browser.visible(".filters") == 0
    assert names(browser) == ["job.yaml", "banner.png", "fine.png"]
    browser.devtools("Emulation.setEmulatedMedia", media="")


@pytest.fixture(scope="module")
def many(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Write the page of a hundred files: ninety pass, six are too small, four are too wide."""
    folder = tmp_path_factory.mktemp("many")
    noise = Image.effect_noise((330, 250), 60).convert("RGB")
    noise.save(folder / "fine-00.jpg", quality=90)
    for number in range(1, 89):
        shutil.copy(folder / "fine-00.jpg", folder / f"fine-{number:02}.jpg")
    shutil.copy(FIXTURES / "demo/refs/hero.wav", folder / "fine.wav")
    for number in range(6):
        noise.crop((0, 0, 100, 100)).save(folder / f"tiny-{number}.jpg")
    for number in range(4):
        noise.resize((2500, 250)).save(folder / f"wide-{number}.jpg")
    page = folder / "report.html"
    page.write_text(page_of(folder), "ascii")
    return page


def test_many_files_are_counted_alike_everywhere(browser: Browser, many: Path) -> None:
    load(browser, many)
    assert browser.log() == []
    assert len(names(browser)) == 100
    assert counts(browser) == [100, 10, 90]
    assert text(browser, "h1") == "Errors in 10 files."
    assert text(browser, "h2") == "Files 100"
    assert browser.visible(".tile") == 90
    assert (browser.visible(".tile img"), browser.visible(".tile .i-audio")) == (89, 1)
    assert browser.run("return [...document.images].every(e => e.naturalWidth > 0)")
    rows = "[...document.querySelectorAll('.contents tbody tr')].map(e => e.lastChild.innerText)"
    assert browser.run(f"return {rows}") == ["6", "4"]

    browser.click("a[data-rule='image-too-small']")
    assert names(browser) == [f"tiny-{number}.jpg" for number in range(6)]
    assert text(browser, "h2") == "Files 6"
    assert browser.run("return document.querySelector('#rule').selectedOptions[0].text") == (
        "Image too small (6)"
    )
    browser.click("summary")
    assert browser.visible(".contents li") == 6
    browser.run(SET, "rule", "")
    assert browser.visible(".contents li") == 10
    browser.click(".contents li:last-child a")
    assert browser.run("return document.querySelector(':target h3').textContent") == "wide-3.jpg"


@pytest.mark.slow
def test_seven_hundred_files_open_at_once(browser: Browser, tmp_path: Path) -> None:
    folder = tmp_path / "many"
    folder.mkdir()
    layers = [Image.effect_noise((330, 250), 60).reduce(3).resize((330, 250)) for _ in range(3)]
    Image.merge("RGB", layers).save(folder / "000.jpg", quality=90)
    for number in range(1, 690):
        shutil.copy(folder / "000.jpg", folder / f"{number:03}.jpg")
    for number in range(10):
        shutil.copy(FIXTURES / "demo/refs/dance.mp4", folder / f"{number}.mp4")
    page = tmp_path / "report.html"
    page.write_text(page_of(folder), "ascii")
    assert page.stat().st_size < 14_000_000
    load(browser, page)
    assert len(names(browser)) == 700
    loaded = browser.run("return performance.getEntriesByType('navigation')[0].loadEventEnd")
    assert loaded < 5000  # one second, on a machine that does nothing else
    assert browser.requests() == [page.as_uri()]
