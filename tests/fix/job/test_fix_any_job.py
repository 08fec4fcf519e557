"""Jobs put together from parts at random: exactly what should change does, whatever the layout."""

from __future__ import annotations

import json
from typing import Any, Final

from fixed_jobs import EVOLINK, fix, independent, job_file
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

GONE: Final = object()
# How a parameter is written, also between brackets, and its value after the fix.
PARAMETERS: Final[dict[str, tuple[tuple[str, str, Any], ...]]] = {
    "duration": (("duration", "5", 5), ("duration", "'5'", 5), ("seconds", '"7"', 7),
                 ("Duration", "99", 10), ("duration", "1", 2)),
    "resolution": (("resolution", "1080P", "1080p"), ("quality", "'720P'", "720p"),
                   ("resolution", "!!str 1080p", "1080p"), ("resolution", "&r 720P", "720p")),
    "aspect_ratio": (("aspectRatio", "16:9", "16:9"), ("aspect_ratio", '"21:9"', "16:9")),
    "prompt_extend": (("prompt_extend", "'true'", True), ("prompt-extend", "no", False)),
    "seed": (("seed", "42", 42), ("seed", "0", GONE), ("seed", "'12'", 12)),
    "watermark": (("watermark", "true", GONE), ("watermark", "{a: [1, 'b # c']}", GONE)),
    "fps": (("fps", "[24, 25]", GONE),),
}  # fmt: skip
SENTENCES: Final = (
    ("image1 waves", "Image 1 waves"),
    ("Image 1 waves", "Image 1 waves"),
    ("She, @Image1, waves: at VIDEO_1", "She, Image 1, waves: at Video 1"),
    ("图片1 # and 视频１", "图1 # and 视频1"),
    ('"image1" isn\'t \\ <VIDEO_1>', '"Image 1" isn\'t \\ Video 1'),
)
COMMENTS: Final = st.sampled_from(["", " # {}", '  # it\'s "{}" [1, {}]', "   # {}: x"])
LINES: Final = st.sampled_from(["", "# {}\n", "\n# {}\n\n"])


class _Writer:
    """Writes a job in ever new ways, and counts its comments."""

    def __init__(self, draw: st.DrawFn) -> None:
        self._draw = draw
        self.comments: list[str] = []

    def choose(self, *choices: Any) -> Any:
        return self._draw(st.sampled_from(choices))

    def yes(self) -> bool:
        return self._draw(st.booleans())

    def comment(self, shape: st.SearchStrategy[str]) -> str:
        drawn = self._draw(shape)
        if drawn:
            self.comments.append(f"c{len(self.comments)}.")
            drawn = drawn.format(*[self.comments[-1]] * 2)
        return drawn

    def text(self, text: str, indent: str) -> str:
        style = self.choose("|", ">", '"', "'", "folded")
        if style == '"':
            return json.dumps(text, ensure_ascii=self.yes())
        if style == "'":
            return "'" + text.replace("'", "''") + "'"
        if style == "folded":
            words = json.dumps(text, ensure_ascii=False).split(" ")
            return (
                f"\n{indent}  ".join([" ".join(words[:-1]), words[-1]])
                if len(words) > 1
                else words[0]
            )
        chomp = self.choose("", "-", "+")
        return f"{style}{chomp}{self.comment(COMMENTS)}\n{indent}  {text}\n".removesuffix("\n")

    def parameters(self, entries: list[tuple[str, str]]) -> str:
        if self.yes():
            inner = (f"  {key}: {value}{self.comment(COMMENTS)}\n{self.comment(LINES)}"
                     for key, value in entries)  # fmt: skip
            return f"{self.comment(COMMENTS)}\n" + "".join(inner)
        if self.yes():
            inner = (f"  {key}: {value},{self.comment(COMMENTS)}\n" for key, value in entries)
            return " {\n" + "".join(inner) + "}\n"
        return " {" + ", ".join(f"{key}: {value}" for key, value in entries) + "}\n"

    def references(self) -> str:
        voice = f"- voice: hero.wav{self.comment(COMMENTS)}\n    image: &h hero.jpg"
        written = ("- image: hero.jpg", "- {image: hero.jpg}", "-\n    image: 'hero.jpg'")
        image = voice if "#" in voice else self.choose(*written, voice)
        return (
            f"{self.comment(COMMENTS)}\n  {image}{self.comment(COMMENTS)}\n"
            f"  - video: dance.mp4{self.comment(COMMENTS)}\n"
        )


@st.composite
def jobs(draw: st.DrawFn) -> tuple[str, dict[str, Any], list[str]]:
    """Write a job; return what it must be in the end, and its comments."""
    writer = _Writer(draw)
    names = draw(st.lists(st.sampled_from(sorted(PARAMETERS)), unique=True))
    chosen = [writer.choose(*PARAMETERS[name]) for name in names]
    written, intent = writer.choose(*SENTENCES)
    key = writer.choose("prompt", "promt", '"prompt"')
    parts = [
        (f"target: {EVOLINK}{writer.comment(COMMENTS)}\n"),
        f"{key}: {writer.text(written, '')}\n",
        f"{writer.choose('refs', 'references')}:{writer.references()}",
    ]
    if chosen:
        key = writer.choose("parameters", "params")
        parts.append(f"{key}:{writer.parameters([(key, value) for key, value, _ in chosen])}")
    order = draw(st.permutations(parts))
    text = "".join(writer.comment(LINES) + part for part in order)
    left = {
        name: value for name, (_, _, value) in zip(names, chosen, strict=True) if value is not GONE
    }
    return text, {"prompt": intent, "parameters": left}, writer.comments


@given(jobs(), st.sampled_from(["\n", "\r\n"]), st.booleans())
@settings(max_examples=20, suppress_health_check=[HealthCheck.too_slow])
def test_only_the_errors_change(
    job: tuple[str, dict[str, Any], list[str]], line_end: str, ends: bool
) -> None:
    text, intent, comments = job
    text = (text if ends else text.removesuffix("\n")).replace("\n", line_end)
    assert job_file(text).problems == () or "params" in text or "promt" in text or "refs" in text

    fixed_job = fix(text, yes=True)

    (result,) = independent(fixed_job.text)
    assert result["prompt"].rstrip("\n") == intent["prompt"]
    assert result.get("parameters", {}) == intent["parameters"]
    assert [entry.get("image") or entry["video"] for entry in result["references"]] == [
        "hero.jpg", "dance.mp4"
    ]  # fmt: skip
    assert set(result) <= {"target", "prompt", "references", "parameters"}
    assert [fixed_job.text.count(comment) for comment in comments] == [
        text.count(each) for each in comments
    ]
    assert "\n" not in fixed_job.text.replace(line_end, "")
    assert fixed_job.text.endswith(line_end) or not ends
    assert [each for each in fixed_job.not_fixed if each != "job-invalid"] == []
    assert fix(fixed_job.text, yes=True).text == fixed_job.text
