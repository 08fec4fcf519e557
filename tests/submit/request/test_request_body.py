"""Bodies, field by field, as the services' own documents show them."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import pytest

from wanprep.check.inputs import read_cases
from wanprep.job.model import read_jobs
from wanprep.rules.target import all_targets
from wanprep.submit.request.body import CannotBuild, build_request, is_url, missing_strings

if TYPE_CHECKING:
    from wanprep.check.inputs import Case
    from wanprep.rules.target import Target
    from wanprep.submit.request.body import BuiltRequest

TARGETS: Final = all_targets()
EVOLINK: Final = TARGETS["evolink/wan2.7-reference-video"]
OXEN: Final = TARGETS["oxen/wan-v2-7-reference-to-video"]
RC27: Final = TARGETS["runcomfy/wan-2-7-reference-to-video"]
RC22: Final = TARGETS["runcomfy/wan-2-2-image-to-video"]
WAVESPEED: Final = TARGETS["wavespeed/wan-2.7-reference-to-video"]
GOOD: Final = sorted((Path(__file__).parents[3] / "fixtures/jobs/good").iterdir())
SENDABLE: Final = (EVOLINK, OXEN, RC27, RC22, WAVESPEED)

HERO, GARDEN, DANCE, START, VOICE = (
    f"https://cdn.example.com/{name}"
    for name in ("hero.jpg", "garden.png", "dance.mp4", "start.png", "hero.wav")
)
FULL: Final = {
    "prompt": "Image 1 walks through the garden of Image 2 while Video 1 dances beside her.",
    "negative_prompt": "blurry, low quality",
    "references": [{"image": "hero.jpg", "voice": "hero.wav"}, {"video": DANCE}, {"image": GARDEN}],
    "first_frame": "start.png",
}
HOSTED: Final = {
    "/references/0/image": HERO,
    "/references/0/voice": VOICE,
    "/first_frame": START,
}


def the_case(folder: Path, document: Any, target: Target) -> Case:
    path = folder / "job.json"
    path.write_text(json.dumps(document), encoding="utf-8")
    (case,), wrong = read_cases(read_jobs(str(path)), [target], TARGETS, [])
    assert not wrong
    return case


def built(folder: Path, document: Any, target: Target, **more: Any) -> BuiltRequest:
    urls = more.pop("urls", HOSTED)
    return build_request(the_case(folder, document, target), target, urls, **more)


def without(*keys: str, **parameters: Any) -> dict[str, Any]:
    """Take a full job, without some of it, and with parameters."""
    rest = {key: value for key, value in FULL.items() if key not in keys}
    return rest | {"parameters": parameters}


def test_an_order_has_the_jobs_urls_and_parameters_beside_its_body(tmp_path: Path) -> None:
    order = built(tmp_path, without(resolution="1080P", duration=5), EVOLINK).order
    assert order.parameters == {"resolution": "1080p", "duration": 5}
    assert order.roles["reference_image"] == (HERO, GARDEN)
    assert order.roles["reference_video"] == (DANCE,)
    assert order.roles["voice"] == (VOICE,)
    body = {"prompt": "x", "image": HERO, "videos": [DANCE]}
    native = built(tmp_path, {"target": WAVESPEED.id, "body": body}, WAVESPEED, urls={}).order
    assert native.roles == {"reference_image": (HERO,), "reference_video": (DANCE,)}


def test_an_upload_may_have_a_url_that_only_the_service_can_read(tmp_path: Path) -> None:
    own = HOSTED | {"/first_frame": "oss://dashscope-instant/start.png"}
    order = built(tmp_path, without(duration=5), EVOLINK, urls=own).order
    assert order.body["image_start"] == "oss://dashscope-instant/start.png"
    job = without() | {"first_frame": "oss://x/y.png"}
    rest = {pointer: url for pointer, url in HOSTED.items() if pointer != "/first_frame"}
    with pytest.raises(CannotBuild, match="image_start"):
        built(tmp_path, job, EVOLINK, urls=rest)


def test_evolink(tmp_path: Path) -> None:
    job = without(resolution="1080P", duration=5, seed=42, prompt_extend=False)
    found = built(tmp_path, job, EVOLINK)
    assert found.order.body == {
        "model": "wan2.7-reference-video",
        "prompt": FULL["prompt"],
        "negative_prompt": "blurry, low quality",
        "image_start": START,
        "image_urls": [HERO, GARDEN],
        "video_urls": [DANCE],
        "model_params": {"voice_bindings": {"image1": VOICE}},
        "quality": "1080p",
        "duration": 5,
        "seed": 42,
        "prompt_extend": False,
    }
    assert (found.order.query, found.dropped, found.unconfirmed) == ({}, (), ())
    order = found.order
    assert (order.target, order.model) == (EVOLINK.id, "wan2.7-reference-video")
    assert order.idempotency_key == ""


def test_voices_are_bound_by_name_and_may_skip_references(tmp_path: Path) -> None:
    references = [
        {"image": HERO},
        {"video": DANCE, "voice": VOICE},
        {"image": GARDEN, "voice": f"{VOICE}?2"},
    ]
    found = built(tmp_path, {"prompt": "x", "references": references}, EVOLINK)
    assert found.order.body["model_params"] == {
        "voice_bindings": {"video1": VOICE, "image2": f"{VOICE}?2"}
    }


def test_oxen(tmp_path: Path) -> None:
    job = without(
        resolution="1080p",
        duration=5.0,
        prompt_extend=True,
        watermark=False,
        seed=42,
        num_generations=1,
        aspect_ratio="16:9",
    )
    found = built(tmp_path, job, OXEN)
    assert found.order.body == {
        "model": "wan-v2-7-reference-to-video",
        "prompt": FULL["prompt"],
        "negative_prompt": "blurry, low quality",
        "reference_images": [{"url": HERO, "reference_voice": VOICE}, {"url": GARDEN}],
        "reference_videos": [{"url": DANCE}],
        "input_image": START,
        "resolution": "1080P",
        "duration": 5,
        "prompt_extend": True,
        "watermark": False,
        "seed": 42,
        "num_generations": 1,
        "aspect_ratio": "16:9",
    }
    assert type(found.order.body["duration"]) is int
    assert found.unconfirmed == (
        "reference_images[].url",
        "reference_images[].reference_voice",
        "reference_videos[].url",
    )


def test_keys_that_oxen_does_not_publish_can_be_set(tmp_path: Path) -> None:
    settings = {"item": {"voice": "voice_url"}}
    found = built(tmp_path, without(), OXEN, settings=settings)
    assert found.order.body["reference_images"][0] == {"url": HERO, "voice_url": VOICE}
    assert found.unconfirmed == ("reference_images[].url", "reference_videos[].url")
    both = {"item": {"url": "image", "voice": "voice_url"}}
    assert built(tmp_path, without(), OXEN, settings=both).unconfirmed == ()


def test_runcomfy_27(tmp_path: Path) -> None:
    job = without(
        "first_frame",
        resolution="1080P",
        aspect_ratio="16:9",
        duration=5,
        multi_shots=False,
        seed=42,
    )
    job["references"] = [{"image": HERO}, {"video": DANCE}]
    found = built(tmp_path, job, RC27)
    assert found.order.body == {
        "prompt": FULL["prompt"],
        "reference_image_urls": [HERO],
        "reference_video_urls": [DANCE],
        "negative_prompt": "blurry, low quality",
        "aspect_ratio": "16:9",
        "resolution": "1080p",
        "duration": 5,
        "multi_shots": False,
        "seed": 42,
    }
    assert found.order.model == "wan-ai/wan-2-7/reference-to-video"


def test_a_model_may_go_by_another_id(tmp_path: Path) -> None:
    job = {"prompt": "x", "references": [{"image": HERO}]}
    settings = {"model-ids": {"wan-2-7-reference-to-video": "wan-ai/wan-2.7/reference-to-video"}}
    assert (
        built(tmp_path, job, RC27, settings=settings).order.model
        == "wan-ai/wan-2.7/reference-to-video"
    )
    assert (
        built(tmp_path, job, RC22, settings=settings).order.model == "wan-ai/wan-2-2/image-to-video"
    )


@pytest.mark.parametrize(
    "image", [{"first_frame": "start.png"}, {"references": [{"image": "start.png"}]}]
)
def test_runcomfy_22_takes_its_image_from_either_place(
    tmp_path: Path, image: dict[str, Any]
) -> None:
    parameters = {"resolution": "480p", "template": "Squish", "prompt_extend": True, "seed": -1}
    job = {"prompt": "She bows.", "parameters": parameters} | image
    urls = {"/first_frame": START, "/references/0/image": START}
    found = built(tmp_path, job, RC22, urls=urls)
    assert found.order.body == {
        "prompt": "She bows.",
        "img_url": START,
        "resolution": "480P",
        "template": "squish",
        "prompt_extend": True,
        "seed": -1,
    }


def test_wavespeed(tmp_path: Path) -> None:
    job = without(
        "first_frame",
        resolution="720p",
        aspect_ratio="16:9",
        duration=5,
        prompt_extend=False,
        seed=-1,
        callback_url=" https://Hooks.example.com/w?a=B ",
    )
    job["references"] = [{"video": DANCE}, {"image": GARDEN}, {"video": f"{DANCE}?2"}]
    found = built(tmp_path, job, WAVESPEED)
    assert found.order.body == {
        "prompt": FULL["prompt"],
        "videos": [DANCE, f"{DANCE}?2"],
        "image": GARDEN,
        "negative_prompt": "blurry, low quality",
        "resolution": "720p",
        "aspect_ratio": "16:9",
        "duration": 5,
        "enable_prompt_expansion": False,
        "seed": -1,
    }
    assert found.order.query == {"webhook": "https://Hooks.example.com/w?a=B"}


@pytest.mark.parametrize("target", SENDABLE, ids=lambda target: target.id)
def test_nothing_is_invented(tmp_path: Path, target: Target) -> None:
    references = [{"image": HERO}] if target is not WAVESPEED else [{"video": DANCE}]
    found = built(tmp_path, {"prompt": "x", "references": references}, target)
    constants = target.data["fields"]["constants"]
    assert len(found.order.body) == 2 + len(constants)
    assert constants.items() <= found.order.body.items()


@pytest.mark.parametrize(
    ("target", "job", "dropped"),
    [
        pytest.param(
            RC27,
            without(watermark=True),
            ("the first frame", "the voice of Image 1", "the parameter `watermark`"),
            id="RunComfy 2.7",
        ),
        pytest.param(
            RC22,
            without("first_frame")
            | {"references": [{"image": HERO, "voice": VOICE}, {"video": DANCE, "voice": VOICE}]},
            ("Video 1", "the voice of Image 1", "the voice of Video 1"),
            id="RunComfy 2.2",
        ),
        pytest.param(
            WAVESPEED,
            without() | {"references": [{"video": DANCE}]},
            ("the first frame",),
            id="WaveSpeed",
        ),
    ],
)
def test_nothing_is_dropped_silently(
    tmp_path: Path, target: Target, job: Any, dropped: tuple[str, ...]
) -> None:
    with pytest.raises(CannotBuild, match="has no field for ") as raised:
        built(tmp_path, job, target)
    assert "--drop" in raised.value.command
    assert all(each in str(raised.value) for each in dropped)
    found = built(tmp_path, job, target, drop=True)
    assert found.dropped == dropped
    assert VOICE not in json.dumps(found.order.body)


def test_a_prompt_without_a_field_is_dropped_only_when_asked(tmp_path: Path) -> None:
    fields = {
        key: value for key, value in EVOLINK.data["fields"].items() if key != "negative_prompt"
    }
    target = replace(EVOLINK, data={**EVOLINK.data, "fields": fields})
    case = the_case(tmp_path, FULL, EVOLINK)
    with pytest.raises(CannotBuild, match="no field for the negative prompt"):
        build_request(case, target, HOSTED)
    found = build_request(case, target, HOSTED, drop=True)
    assert found.dropped == ("the negative prompt",)


NATIVE: Final = {
    "model": "wan2.7-reference-video",
    "prompt": "Image 1 sings, Video 1 dances.",
    "image_urls": ["hero.jpg"],
    "video_urls": [DANCE],
    "model_params": {"voice_bindings": {"image1": "hero.wav"}},
    "seed": 7,
}


def test_a_native_body_is_sent_as_it_is_written(tmp_path: Path) -> None:
    urls = {"/body/image_urls/0": HERO, "/body/model_params/voice_bindings/image1": VOICE}
    case = the_case(tmp_path, {"target": EVOLINK.id, "body": NATIVE}, EVOLINK)
    found = build_request(case, EVOLINK, urls)
    assert found.order.body == NATIVE | {
        "image_urls": [HERO],
        "model_params": {"voice_bindings": {"image1": VOICE}},
    }
    assert case.job.body == NATIVE


def test_what_a_native_body_may_not_hold_is_dropped_only_when_asked(tmp_path: Path) -> None:
    body = {"prompt": "Video 1 waves.", "videos": [DANCE], "durations": 10}
    document = {"target": WAVESPEED.id, "body": body}
    with pytest.raises(CannotBuild, match="no field for `durations`"):
        built(tmp_path, document, WAVESPEED)
    found = built(tmp_path, document, WAVESPEED, drop=True)
    assert found.order.body == {"prompt": "Video 1 waves.", "videos": [DANCE]}


def test_a_native_body_goes_only_where_it_belongs(tmp_path: Path) -> None:
    case = the_case(tmp_path, {"target": EVOLINK.id, "body": NATIVE}, EVOLINK)
    with pytest.raises(CannotBuild, match=f"a request to {EVOLINK.id} and can be sent only there"):
        build_request(case, OXEN, {})


def test_what_is_not_an_endpoint_takes_no_job(tmp_path: Path) -> None:
    with pytest.raises(CannotBuild, match=r"wan/2\.7 is not an endpoint that a job can be sent to"):
        built(tmp_path, FULL, TARGETS["wan/2.7"])


def test_a_file_without_a_url_cannot_be_built(tmp_path: Path) -> None:
    with pytest.raises(CannotBuild, match=r"hero\.wav has no URL yet"):
        built(
            tmp_path, FULL, EVOLINK, urls={key: HOSTED[key] for key in HOSTED if "voice" not in key}
        )


def test_a_reference_without_a_file_cannot_be_built(tmp_path: Path) -> None:
    case = the_case(tmp_path, {"prompt": "x", "references": [{"image": HERO}]}, EVOLINK)
    intent = replace(case.intent, references=(replace(case.intent.references[0], pointer="/x"),))
    with pytest.raises(CannotBuild, match="neither an image nor a video"):
        build_request(replace(case, intent=intent), EVOLINK, {})


@pytest.mark.parametrize(
    ("role", "name", "lost"),
    [
        pytest.param("reference_video", "image_urls", HERO, id="videos in the images' field"),
        pytest.param("reference_image", "prompt", FULL["prompt"], id="images over the prompt"),
    ],
)
def test_a_table_that_loses_a_reference_is_caught(
    tmp_path: Path, role: str, name: str, lost: str
) -> None:
    fields = EVOLINK.data["fields"]
    table = {**fields, "roles": {**fields["roles"], role: name}}
    target = replace(EVOLINK, data={**EVOLINK.data, "fields": table})
    with pytest.raises(CannotBuild, match="does not hold all of the job") as raised:
        build_request(the_case(tmp_path, FULL, EVOLINK), target, HOSTED)
    assert lost[:60] in str(raised.value)


def test_of_several_images_for_one_field_none_is_lost_silently(tmp_path: Path) -> None:
    references = [{"image": HERO}, {"image": GARDEN}]
    with pytest.raises(CannotBuild, match=f"{HERO} is missing"):
        built(tmp_path, {"prompt": "x", "references": references}, RC22, drop=True)
    with pytest.raises(CannotBuild, match=f"{HERO} is missing"):
        built(tmp_path, {"prompt": "x", "references": references[:1], "first_frame": START}, RC22)


def test_the_same_image_twice_is_there_twice(tmp_path: Path) -> None:
    job = {"prompt": "x", "references": [{"image": HERO}, {"image": HERO}]}
    assert built(tmp_path, job, EVOLINK).order.body["image_urls"] == [HERO, HERO]
    fields = EVOLINK.data["fields"]
    one = {**fields, "roles": {**fields["roles"], "reference_image": "image_urls"}}
    target = replace(EVOLINK, data={**EVOLINK.data, "fields": one})
    with pytest.raises(CannotBuild, match="is missing"):
        build_request(the_case(tmp_path, job, EVOLINK), target, {})


@pytest.mark.parametrize(
    ("target", "job", "says"),
    [
        pytest.param(
            EVOLINK, without(duration=20), "at /duration: found 20; expected at most 10", id="long"
        ),
        pytest.param(
            EVOLINK, without(seed=0), "at /seed: found 0; expected 1 to 2147483647", id="seed"
        ),
        pytest.param(
            EVOLINK,
            without(duration="five"),
            'at /duration: found "five"; expected a whole number',
            id="type",
        ),
        pytest.param(
            EVOLINK,
            without(resolution="4k"),
            'at /quality: found "4k"; expected "720p" or "1080p"',
            id="choice",
        ),
        pytest.param(
            EVOLINK,
            without("references"),
            "missing `image_urls` or `video_urls`",
            id="no references",
        ),
        pytest.param(EVOLINK, without("prompt"), "missing `prompt`", id="no prompt"),
        pytest.param(
            EVOLINK,
            without("references") | {"references": [{"video": "https://x.example/a b"}]},
            'at /video_urls/0: found "https://x.example/a b"; expected a URL',
            id="not a URL",
        ),
        pytest.param(
            EVOLINK,
            without()
            | {
                "references": [
                    {"image": f"{HERO}?{each}", "voice": f"{VOICE}?{each}"} for each in range(6)
                ]
            },
            "at /image_urls: found 6 items; expected at most 5 items",
            id="too many",
        ),
        pytest.param(
            EVOLINK,
            without(callback_url="http://x.example"),
            'at /callback_url: found "http://x.example"; expected text that',
            id="pattern",
        ),
    ],
)
def test_what_the_service_would_refuse_cannot_be_built(
    tmp_path: Path, target: Target, job: Any, says: str
) -> None:
    with pytest.raises(CannotBuild) as raised:
        built(tmp_path, job, target)
    assert says in str(raised.value)


def test_an_unknown_field_deep_inside_cannot_be_built(tmp_path: Path) -> None:
    body = NATIVE | {"image_urls": [HERO], "model_params": {"voices": {}}}
    with pytest.raises(CannotBuild, match="at /model_params/voices: unknown key; allowed keys: "):
        built(tmp_path, {"target": EVOLINK.id, "body": body}, EVOLINK)


@pytest.mark.parametrize("path", GOOD, ids=lambda path: path.name)
def test_every_good_job_can_be_built_for_its_targets(path: Path) -> None:
    for case in read_cases(read_jobs(str(path)), [], TARGETS, [EVOLINK])[0]:
        files = [asset.pointer for asset in case.intent.assets if asset.kind == "file"]
        urls = {pointer: f"https://x.example{pointer}" for pointer in files}
        for target in case.targets:
            if target.id == "wan/2.7":
                continue
            text = json.dumps(build_request(case, target, urls).order.body)
            assert all(url in text for url in urls.values())
            assert "../media" not in text


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("https://cdn.example.com/a.jpg?sig=x%3D%3D&b=1#t=2", True),
        ("HTTPS://CDN.EXAMPLE.COM/voice.wav", True),
        ("http://127.0.0.1:8000/files/a", True),
        ("https://[2001:db8::1]/a", True),
        ("data:image/jpeg;base64,/9j/4A==", True),
        ("data:image/jpeg,abc", False),
        ("data:image/jpeg;base64,a b", False),
        ("../media/hero.jpg", False),
        ("/home/ann/hero.jpg", False),
        ("C:\\hero.jpg", False),
        ("file:///etc/passwd", False),
        ("https://", False),
        ("https://x.example:port/", False),
        ("https://[x", False),
        ("https://x.example/a b", False),
        ("https://x.example/a\nb", False),
        ("", False),
        (7, True),
    ],
)
def test_urls(value: object, expected: bool) -> None:
    assert is_url(value) is expected


def test_missing_strings_are_counted() -> None:
    body = {"a": ["x", {"b": "y", "c": [1, None]}], "d": "x"}
    assert missing_strings(body, ["x", "x", "y"]) == []
    assert missing_strings(body, ["x", "x", "x", "z"]) == ["x", "z"]
