"""Whole jobs, before and after: what is fixed, and that everything else stays as it was."""

from __future__ import annotations

import pytest
from fixed_jobs import EVOLINK, OXEN, RUNCOMFY, RUNCOMFY_22, WAVESPEED, fix, independent, job_file

from wanprep.fix.job import fix_job

CLEAN = f"""\
# Kept as it is.
target: {EVOLINK}
prompt: 'Image 1 waves.'   # twice
references:
- {{image: hero.jpg, voice: hero.wav,}}
parameters: {{resolution: 1080p, aspect_ratio: "16:9", duration: 5}}
"""

# Every row: what is written, and what it becomes without asking. References stand before it.
SAFE = [
    pytest.param("prompt: image1 waves.", "prompt: Image 1 waves.", id="name"),
    pytest.param("prompt: 'It''s image1.'", "prompt: 'It''s Image 1.'", id="single quotes"),
    pytest.param(r'prompt: "\tan \"image1\""', r'prompt: "\tan \"Image 1\""', id="double quotes"),
    pytest.param(
        "prompt: |2-  # exact\n   image1 and\n    @image1\n\n  end",
        "prompt: |2-  # exact\n   Image 1 and\n    Image 1\n\n  end",
        id="block",
    ),
    pytest.param(
        "prompt: >\n  a long way to image\n  1 and on\n  for image1\n",
        "prompt: >\n  a long way to Image 1 and on\n  for Image 1\n",
        id="folded through the name",
    ),
    pytest.param(
        "prompt: the walk of\n  image1 # end", "prompt: the walk of\n  Image 1 # end", id="lines"
    ),
    pytest.param(
        "prompt: She, [Image 1], and image1", "prompt: She, [Image 1], and Image 1", id="hugged"
    ),
    pytest.param("prompt: Image 1\nnonsense: 1", "prompt: Image 1\nnonsense: 1", id="unknown"),
    pytest.param("promt: Image 1", "prompt: Image 1", id="slip of a key"),
    pytest.param('"Prompt" : Image 1', '"prompt" : Image 1', id="quoted key"),
    pytest.param("'Prompt': Image 1", "'prompt': Image 1", id="key in single quotes"),
    pytest.param(
        "prompt: Image 1\nnegativePrompt: no",
        "prompt: Image 1\nnegative_prompt: no",
        id="camel case",
    ),
    pytest.param("prompt: [Image 1]", "prompt: Image 1", id="text in brackets"),
    pytest.param("prompt: 12", 'prompt: "12"', id="number as text"),
    pytest.param(
        "prompt: Image 1\nfirst_frame: true",
        'prompt: Image 1\nfirst_frame: "true"',
        id="yes as text",
    ),
    pytest.param(
        "prompt: Image 1\nduration: 5  # short\nquality: 1080P",
        "prompt: Image 1\nparameters: {duration: 5, resolution: 1080p}  # short",
        id="parameters at the top",
    ),
    pytest.param(
        "prompt: Image 1\nduration: 5\nparameters: # none yet\n",
        "prompt: Image 1\nparameters: {duration: 5} # none yet\n",
        id="parameters at the top, an empty key below",
    ),
    pytest.param(
        "prompt: Image 1\nparameters:\n  seed: 1 # same\nduration: 5 # s",
        "prompt: Image 1\nparameters:\n  seed: 1 # same\n  duration: 5\n# s",
        id="parameters at the top, some below",
    ),
    pytest.param(
        "prompt: A\nparameters: {duration: 5, quality: 720p}\nseconds: 6\nresolution: 1080p",
        "prompt: A\nparameters: {duration: 5, resolution: 720p}\nseconds: 6\nresolution: 1080p",
        id="a parameter twice is for its author",
    ),
    pytest.param(
        "prompt: Image 1\nparameters: {negativePrompt: blurry, seed: 1}",
        "prompt: Image 1\nparameters: {seed: 1}\nnegative_prompt: blurry",
        id="text among parameters",
    ),
    pytest.param(
        "prompt: Image 1\nparameters:\n  duration: '5'",
        "prompt: Image 1\nparameters:\n  duration: 5",
        id="number in quotes",
    ),
    pytest.param(
        "prompt: Image 1\nparameters: {duration: 8 sec, prompt_extend: 'Off'}",
        "prompt: Image 1\nparameters: {duration: 8, prompt_extend: false}",
        id="units and words",
    ),
    pytest.param(
        'prompt: Image 1\nparameters: {resolution: "1080P", aspect_ratio: 1920x1080}',
        'prompt: Image 1\nparameters: {resolution: "1080p", aspect_ratio: "16:9"}',
        id="spelling of values",
    ),
    pytest.param(
        "prompt: Image 1\nparameters: {resolution: 1080, seed: 7}",
        "prompt: Image 1\nparameters: {resolution: 1080p, seed: 7}",
        id="lines without p",
    ),
    pytest.param(
        "prompt: Image 1\nparams:\n  # how\n  watermark: false  # no\n  seconds: 5\n# end",
        "prompt: Image 1\nparameters:\n  # how\n  # no\n  duration: 5\n# end",
        id="unknown parameter",
    ),
    pytest.param(
        "prompt: Image 1\nparameters:\n  - watermark\n",
        "prompt: Image 1\nparameters:\n  - watermark\n",
        id="no mapping",
    ),
    pytest.param(
        "prompt: Image 1\nparameters: {watermark: false}  # all\n",
        "prompt: Image 1\n# all\n",
        id="the only parameter",
    ),
    pytest.param(
        "prompt: Image 1\nfirst_frame: a.png\nparameters:\n  aspect_ratio: 1:1\n  seed: 1\n",
        "prompt: Image 1\nfirst_frame: a.png\nparameters:\n  seed: 1\n",
        id="ignored parameter",
    ),
    pytest.param(
        "prompt: Image 1\nparameters: {watermark: {a: [1, 2]},\n  fps: 24, # video\n  seed: 1}\n",
        "prompt: Image 1\nparameters: { # video\n  seed: 1}\n",
        id="several in brackets",
    ),
    pytest.param(
        "prompt: Image 1\nparameters: {seed: 1, watermark: true}\n",
        "prompt: Image 1\nparameters: {seed: 1}\n",
        id="the last in brackets",
    ),
    pytest.param(
        "prompt: Image 1\nparameters: {\n  seed: 1, # same\n  watermark: true # mark\n}\n",
        "prompt: Image 1\nparameters: {\n  seed: 1 # same\n  # mark\n}\n",
        id="the last in brackets on its line",
    ),
]  # fmt: skip


@pytest.mark.parametrize(("written", "fixed"), SAFE)
def test_fixes_without_a_question(written: str, fixed: str) -> None:
    head = f"# first\ntarget: {EVOLINK}\nreferences: [{{image: hero.jpg}}]\n"

    fixed_job = fix(head + written)

    assert fixed_job.text == head + fixed
    assert all(change.safety in {"safe", "lossy"} for change in fixed_job.changes)
    assert fix(fixed_job.text).text == fixed_job.text
    assert independent(fixed_job.text)


REFERENCES = [
    pytest.param("refs:\n  - img: a.jpg # a", "references:\n  - image: a.jpg # a", id="keys"),
    pytest.param("references: a.jpg", "references: [{image: a.jpg}]", id="a name"),
    pytest.param(
        "references:\n  image: a.jpg # a\n  voice: a.wav",
        "references:\n  - image: a.jpg # a\n    voice: a.wav",
        id="no dash",
    ),
    pytest.param(
        "references: {image: a.jpg}", "references: [{image: a.jpg}]", id="no square brackets"
    ),
    pytest.param(
        "references:\n- a.jpg # a\n- \"b.MOV\"",
        "references:\n- {image: a.jpg} # a\n- {video: \"b.MOV\"}",
        id="names only",
    ),
    pytest.param("references:\n- image: 3", 'references:\n- image: "3"', id="a number"),
    pytest.param("references:\n- what", "references:\n- what", id="neither an image nor a video"),
    pytest.param(
        "refs: [{image: a.jpg}]\nmedia: [{image: b.jpg}]",
        "references: [{image: a.jpg}]\nmedia: [{image: b.jpg}]",
        id="two keys that mean the same",
    ),
]  # fmt: skip


@pytest.mark.parametrize(("written", "fixed"), REFERENCES)
def test_references(written: str, fixed: str) -> None:
    head = f"target: {EVOLINK}\nprompt: She waves.\n"

    fixed_job = fix(head + written)

    assert fixed_job.text == head + fixed
    assert independent(fixed_job.text)


# Questions: the words, and the result of a yes.
ASKED = [
    pytest.param("{duration: 99}", "{duration: 15}", "write 15 instead of 99", id="too long"),
    pytest.param("{duration: 1}", "{duration: 2}", "write 2 instead of 1", id="too short"),
    pytest.param("{duration: 5.5}", "{duration: 5}", "write 5 instead of 5.5", id="a half"),
    pytest.param('{aspect_ratio: "21:9"}', '{aspect_ratio: "16:9"}', "write 16:9", id="shape"),
    pytest.param("{resolution: 4k}", "{resolution: 1080p}", "write 1080p", id="size"),
    pytest.param("{resolution: 480P}", "{resolution: 720p}", "write 720p", id="small size"),
    pytest.param("{seed: 0, duration: 5}", "{duration: 5}", "leave out `seed`", id="seed"),
    pytest.param("{lenght: 5}", "{duration: 5}", "write the key `duration`", id="a likely key"),
    pytest.param("{duration: soon}", "{duration: soon}", "", id="no measure"),
    pytest.param("{duration: true}", "{duration: true}", "", id="no number"),
]


@pytest.mark.parametrize(("written", "fixed", "words"), ASKED)
def test_questions(written: str, fixed: str, words: str) -> None:
    text = f"target: {EVOLINK}\nprompt: Image 1\nreferences: [{{image: a.jpg}}]\nparameters: {{}}"
    text, expected = text.replace("{}", written), text.replace("{}", fixed)

    unasked, asked = fix(text), fix(text, yes=True)

    assert unasked.text == text
    assert [each.words[: len(words)] for each in unasked.questions] == ([words] if words else [])
    assert bool(unasked.not_fixed) is not bool(words)
    assert asked.text == expected
    assert not asked.questions
    assert fix(asked.text, yes=True).text == asked.text


def test_a_clean_job_stays_as_it_is() -> None:
    fixed_job = fix(CLEAN, yes=True)

    assert fixed_job.text == CLEAN
    assert (fixed_job.changes, fixed_job.questions, fixed_job.remaining) == ((), (), ())


def test_each_change_has_its_first_line() -> None:
    fixed_job = fix(
        f"---\ntarget: {EVOLINK}\nwatermark: true\n\nprompt: image1\nrefs: [{{image: a.jpg}}]\n"
        f"---\ntarget: {EVOLINK}\nprompt: image1\nreferences: [{{image: b.jpg}}]\n"
        "parameters:\n  watermark: true\n  seed: 0\n"
    )

    changes = [
        (each.document, each.line, each.before, each.after, each.safety)
        for each in fixed_job.changes
    ]
    assert changes == [
        (1, 6, "refs", "references", "safe"),
        (1, 3, "watermark", "watermark into parameters", "safe"),
        (1, 5, "image1", "Image 1", "safe"),
        (1, 3, "true", "", "lossy"),
        (2, 9, "image1", "Image 1", "safe"),
        (2, 12, "true", "", "lossy"),
    ]
    assert [(each.document, each.line, each.rules) for each in fixed_job.questions] == [
        (2, 13, ("parameter-invalid",))
    ]
    assert fixed_job.text.endswith("parameters:\n  seed: 0\n")


NATIVE = [
    pytest.param(
        OXEN, '{"model": "wan-v2-7-reference-to-video", "prompt": "A", "reference_images": '
        '["https://x.example/a.jpg"], "resolution": "720p"}',
        {"reference_images": [{"url": "https://x.example/a.jpg"}], "resolution": "720P"}, id="Oxen",
    ),
    pytest.param(
        OXEN, '{"prompt": "She waves.", "referenceImages": [{"imageUrl": "https://x.example/a.jpg",'
        '"voice": "https://x.example/a.wav"}]}',
        {"model": "wan-v2-7-reference-to-video", "reference_images": [
            {"url": "https://x.example/a.jpg", "reference_voice": "https://x.example/a.wav"}]},
        id="Oxen, keys of a job",
    ),
    pytest.param(
        EVOLINK, '{"model": "wan2.7", "prompt": "She waves.", "image_url": "https://x.example/a.jpg",'
        '"resolution": "1080P", "first_frame": "https://x.example/b.jpg", "watermark": false}',
        {"model": "wan2.7-reference-video", "image_urls": ["https://x.example/a.jpg"],
         "quality": "1080p", "image_start": "https://x.example/b.jpg", "watermark": None},
        id="EvoLink, keys of a job",
    ),
    pytest.param(
        EVOLINK, '{"model": "wan2.7-reference-video", "prompt": "She waves.", "image_urls": '
        '["https://x.example/a.jpg"], "model_params": {"voice_bindings": {"Image 01": '
        '"https://x.example/a.wav", "image_start": "https://x.example/a.wav"}}}',
        {"model_params": {"voice_bindings": {"image1": "https://x.example/a.wav"}}}, id="bindings",
    ),
    pytest.param(
        EVOLINK, '{"model": "wan2.7-reference-video", "prompt": "They wave.", "image_urls": '
        '["https://x.example/a.jpg"], "video_urls": ["https://x.example/b.mp4"], "audio_urls": '
        '["https://x.example/1.wav", "https://x.example/2.wav"]}',
        {"audio_urls": None, "model_params": {"voice_bindings": {
            "video1": "https://x.example/1.wav", "image1": "https://x.example/2.wav"}}},
        id="voices by place",
    ),
    pytest.param(
        EVOLINK, '{"model": "wan2.7-reference-video", "prompt": "They wave.", "model_params": {}, '
        '"image_urls": ["https://x.example/a.jpg"], "audio_urls": ["https://x.example/1.wav"]}',
        {"audio_urls": None, "model_params": {"voice_bindings": {
            "image1": "https://x.example/1.wav"}}},
        id="voices by place beside an empty group",
    ),
    pytest.param(
        EVOLINK, '{"model": "wan2.7-reference-video", "prompt": "They wave.", "model_params": [], '
        '"image_urls": ["https://x.example/a.jpg"], "audio_urls": ["https://x.example/1.wav"]}',
        {}, id="no group to put voices in",
    ),
    pytest.param(
        WAVESPEED, '{"prompt": "Video 1 waves.", "video": ["https://x.example/b.mp4"],'
        '"prompt_extend": "true", "enable_sync_mode": "no"}',
        {"video": None, "videos": ["https://x.example/b.mp4"], "prompt_extend": None,
         "enable_prompt_expansion": True, "enable_sync_mode": False},
        id="WaveSpeed",
    ),
    pytest.param(
        RUNCOMFY_22, '{"prompt": "She waves.", "img_url": ["https://x.example/a.jpg"],'
        '"resolution": "480p", "duration": "5"}',
        {"img_url": "https://x.example/a.jpg", "resolution": "480P", "duration": 5}, id="RunComfy",
    ),
]  # fmt: skip


@pytest.mark.parametrize(("target", "body", "changed"), NATIVE)
@pytest.mark.parametrize("name", ["job.yaml", "job.json"])
def test_native_bodies(target: str, body: str, changed: dict[str, object], name: str) -> None:
    text = f'{{"target": "{target}", "body": {body}}}'

    fixed_job = fix(text, name=name)

    before, after = independent(text)[0]["body"], independent(fixed_job.text)[0]["body"]
    for key, value in changed.items():
        assert after.get(key) == value
    assert {key for key in after if after[key] != before.get(key)} <= set(changed)
    assert fix(fixed_job.text, name=name).text == fixed_job.text
    assert all(each.safety != "asks" for each in fixed_job.changes)


def test_only_one_image_is_accepted() -> None:
    text = f"target: {RUNCOMFY_22}\nbody:\n  prompt: A\n  img_url: [https://x.example/a.jpg, b]\n"

    assert [each.words for each in fix(text).questions] == [
        "keep only the first of `img_url`, which takes one",
        "leave out Image 2, b: RunComfy takes at most 1",
    ]
    assert "img_url: https://x.example/a.jpg\n" in fix(text, yes=True).text


def test_references_beyond_the_limit() -> None:
    """The last unnamed one is left out first, and those behind it get new numbers."""
    text = (
        f"target: {EVOLINK}\nprompt: Image 1, Image 2, Image 4, Image 5, Image 6, Video 1\n"
        "references:\n"
        + "".join(f"  - image: {n}.jpg # {n}\n" for n in range(1, 8))
        + "  - video: c.mp4\n"
    )

    asked = fix(text)
    fixed_job = fix(text, yes=True)

    assert [each.words for each in asked.questions] == [
        "leave out Image 7, 7.jpg: EvoLink takes at most 5",
        "leave out Image 3, 3.jpg: EvoLink takes at most 5",
    ]
    assert asked.text == text
    assert "prompt: Image 1, Image 2, Image 3, Image 4, Image 5, Video 1\n" in fixed_job.text
    assert "  # 3\n  - image: 4.jpg # 4\n" in fixed_job.text
    assert fixed_job.not_fixed == ("too-many-references",)  # the prompt names all that are left


def test_a_named_reference_is_never_left_out() -> None:
    names = ", ".join(f"Image {n}" for n in range(1, 7))
    references = ", ".join("{image: a.jpg}" for _ in range(6))
    text = f"target: {EVOLINK}\nprompt: {names}\nreferences: [{references}]\n"

    fixed_job = fix(text, yes=True)

    assert fixed_job.text == text
    assert fixed_job.not_fixed == ("too-many-references",)
    assert "Too many references (6)" in fixed_job.remaining[0].message


def test_a_change_that_would_break_something_else_is_not_applied() -> None:
    names = ", ".join(f"Video {n}" for n in range(1, 6))
    text = f"target: {RUNCOMFY}\nprompt: {names}\nreferences:\n- image: a.jpg\n"
    text += "- video: a.mp4\n" * 5

    fixed_job = fix(text, yes=True)

    assert fixed_job.text == text  # without its only image RunComfy would put one of its own there
    assert "too-many-references" in fixed_job.not_fixed


def test_roles_that_a_target_does_not_have() -> None:
    text = (
        f"target: {RUNCOMFY}\nprompt: Image 1 waves.\nreferences:\n  - image: a.jpg\n"
        "    voice: a.wav # hers\nfirst_frame: b.png\n"
    )

    asked, fixed_job = fix(text), fix(text, yes=True)

    assert [each.words for each in asked.questions] == [
        "leave out the voice a.wav: RunComfy has no field for it",
        "leave out the first frame b.png: RunComfy has no field for it",
    ]
    assert asked.not_fixed == ()
    assert fixed_job.text == text.replace(
        "    voice: a.wav # hers\nfirst_frame: b.png", "    # hers"
    )


def test_a_video_where_only_an_image_is_accepted() -> None:
    text = (
        f"target: {RUNCOMFY_22}\nprompt: She waves.\n"
        "references: [{video: a.mp4}, {image: a.jpg}]\n"
    )

    assert fix(text, yes=True).text == text.replace("{video: a.mp4}, ", "")


def test_a_change_suits_all_targets() -> None:
    text = (
        f"target: [{EVOLINK}, {RUNCOMFY}]\nprompt: 图片1 waves.\nreferences: [{{image: a.jpg}}]\n"
        "parameters: {multi_shots: true, watermark: true, duration: 14}\n"
    )

    fixed_job = fix(text, yes=True)

    assert "prompt: 图1 waves." in fixed_job.text
    assert "parameters: {multi_shots: true, duration: 10}\n" in fixed_job.text
    assert fixed_job.not_fixed == ("parameter-unknown",)
    assert "EvoLink and RunComfy do not accept it" in " ".join(
        each.words for each in fixed_job.changes
    )


def test_a_voice_that_one_of_two_targets_takes_stays() -> None:
    text = (
        f"target: [{EVOLINK}, {RUNCOMFY}]\nprompt: Image 1\nreferences: [{{image: a, voice: b}}]\n"
    )

    assert fix(text, yes=True).text == text
    assert fix(text, yes=True).not_fixed == ("voice-unsupported",)


def test_a_style_of_two_targets() -> None:
    text = f"target: [{OXEN}, {RUNCOMFY}]\nprompt: 图1 waves.\nreferences: [{{image: a.jpg}}]\n"

    assert "prompt: Image 1 waves." in fix(text).text


def test_a_style_that_the_provider_documents_is_asked() -> None:
    text = f'target: {OXEN}\nprompt: "@Image1, image1"\nreferences: [{{image: a.jpg}}]\n'

    assert 'prompt: "@Image1, Image 1"' in fix(text).text
    assert 'prompt: "Image 1, Image 1"' in fix(text, yes=True).text


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("prompt: [a\nrefs: x", id="broken"),
        pytest.param("- refs", id="a list"),
        pytest.param("prompt: a\nprompt: b\nrefs: [{image: a.jpg}]", id="a key twice"),
        pytest.param("", id="nothing"),
    ],
)
def test_broken_documents_stay(text: str) -> None:
    fixed_job = fix(text, yes=True)

    assert fixed_job.text == text
    assert fixed_job.changes == ()
    assert [each.rule for each in fixed_job.remaining] == ["job-invalid"] * bool(text)


def test_a_broken_document_beside_others() -> None:
    good = f"target: {EVOLINK}\npromt: Image 1\nreferences: [{{image: a.jpg}}]\n"

    fixed_job = fix(f"{good}---\nprompt: [\n---\n{good}")

    assert fixed_job.text == f"{good}---\nprompt: [\n---\n{good}".replace("promt", "prompt")
    assert [(each.document, each.rule) for each in fixed_job.remaining] == [(2, "job-invalid")]
    assert [each.document for each in fixed_job.changes] == [1, 3]


def test_two_documents_of_one_section() -> None:
    good = f"target: {EVOLINK}\npromt: Image 1\nreferences: [{{image: a.jpg}}]\n"

    fixed_job = fix(f"{good}...\n# between\n{good}")

    assert fixed_job.text.count("prompt: ") == 2
    assert [each.document for each in fixed_job.changes] == [1, 2]
    assert [each.line for each in fixed_job.changes] == [2, 7]


def test_an_anchor_in_use_is_not_changed() -> None:
    text = (
        f"target: {EVOLINK}\nprompt: &same image1 waves\nnegative_prompt: *same\n"
        "references: [{image: a.jpg}]\nparameters: {resolution: &big 1080P, seed: 1}\n"
    )

    fixed_job = fix(text)

    assert fixed_job.text == text.replace("1080P", "1080p")
    assert fixed_job.not_fixed == ("prompt-ref-style",)
    assert fixed_job.remaining[0].message.endswith("or lose a comment.")


def test_an_alias_is_written_out() -> None:
    text = (
        f"target: {EVOLINK}\nnegative_prompt: &same image1\nprompt: *same\nrefs: [{{image: a}}]\n"
    )

    assert 'prompt: "Image 1"\n' in fix(text).text


def test_ignored_rules_are_not_fixed() -> None:
    text = f"target: {EVOLINK}\nprompt: image1\nreferences: [{{image: a.jpg}}]\n"

    fixed_job = fix(text, ignored={"prompt-ref-style"})

    assert (fixed_job.text, fixed_job.not_fixed) == (text, ())


def test_windows_line_ends_stay() -> None:
    text = (
        f"target: {EVOLINK}\r\nprompt: |\r\n  image1\r\n  waves\r\nrefs: [{{image: a.jpg}}]\r\n"
        "duration: '5'\r\nparameters:\r\n  seed: 1\r\n  watermark: true # x"
    )

    fixed_job = fix(text)

    assert fixed_job.text == (
        f"target: {EVOLINK}\r\nprompt: |\r\n  Image 1\r\n  waves\r\n"
        "references: [{image: a.jpg}]\r\nparameters:\r\n  seed: 1\r\n  # x\r\n  duration: 5"
    )


def test_a_job_without_a_known_target_gets_its_keys() -> None:
    text = "target: unknown/nothing\npromt: image1\nbody: {}\n"

    assert "prompt: image1" in fix(text.replace("body: {}\n", "")).text
    assert fix(text).text == text.replace("promt", "prompt")


@pytest.mark.untraced
def test_a_huge_job_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    """A job far beyond what people write must not take minutes."""
    text = f"target: {EVOLINK}\nprompt: Image 1\nreferences: [{{image: a.jpg}}]\nparameters:\n"
    text += "".join(f"  p{n}: {'x' * 1_500}\n" for n in range(20))
    monkeypatch.setattr(fix_job, "MAX_CHARACTERS_READ", 150_000)

    fixed_job = fix(text)

    assert 0 < len(fixed_job.changes) < 20
    assert "parameter-unknown" in fixed_job.not_fixed
    assert job_file(fixed_job.text).jobs
