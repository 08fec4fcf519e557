"""Start the emulator, talk to it as the providers' documents show, and inspect what it returns."""

from __future__ import annotations

import ssl
import subprocess
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, TypeVar

import httpx
from imageio_ffmpeg import get_ffmpeg_exe
from PIL import Image

from wanprep.emulator import KEY, Emulator
from wanprep.plugins.loading import load_emulators

T = TypeVar("T")
FPS = 12
_TLS = ssl.create_default_context()  # never used here, and slow to make for every client
_IMAGE: Final = "https://example.com/a.png"


def emulate(**options: Any) -> Emulator:
    """Start an emulator of all the providers that the installed plugins emulate."""
    return Emulator(load_emulators(), **options)


def client(emulator: Emulator, site: str = "", *, key: str = KEY) -> httpx.Client:
    """Open a client below a site; without a key for the public places."""
    headers = {"Authorization": f"Bearer {key}"} if key else {}
    return httpx.Client(
        base_url=f"{emulator.url}/{site}", headers=headers, timeout=30, verify=_TLS, trust_env=False
    )


def until(ask: Callable[[], T], done: Callable[[T], bool]) -> T:
    """Ask again and again, until it is done."""
    deadline = time.monotonic() + 30
    while not done(answer := ask()):
        assert time.monotonic() < deadline, f"still {answer}"
        time.sleep(0.02)
    return answer


def frames(path: Path) -> int:
    """Count the frames of a video by decoding them all."""
    command = [get_ffmpeg_exe(), "-v", "error", "-i", str(path), "-map", "0:v", "-f", "framecrc"]
    done = subprocess.run([*command, "-"], check=True, capture_output=True, text=True)
    return sum(not line.startswith("#") for line in done.stdout.splitlines())


def color_at(path: Path, second: float) -> tuple[int, ...]:
    """Return the color in the middle of the frame at a time."""
    shot = path.with_suffix(".png")
    command = [get_ffmpeg_exe(), "-v", "error", "-y", "-ss", str(second), "-i", str(path)]
    subprocess.run([*command, "-frames:v", "1", str(shot)], check=True)
    with Image.open(shot) as image:
        pixel: Any = image.convert("RGB").getpixel((image.width // 2, image.height // 2))
        return tuple(pixel)


def is_near(color: tuple[int, ...], expected: tuple[int, ...]) -> bool:
    """Answer whether two colors are the same but for what a codec does to them."""
    return all(abs(one - other) < 40 for one, other in zip(color, expected, strict=True))


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """The requests that submit and poll, and what their answers hold."""

    submit: str
    body: Mapping[str, Any]
    poll: str
    name: Callable[[Any], str]  # the job's id in the answer to submit
    word: Callable[[Any], str]  # its state in the answer to poll
    link: Callable[[Any], str]  # its video there
    message: Callable[[Any], str]  # the text of an error
    done: str = "completed"


SERVICES: Final[Mapping[str, Service]] = {
    "evolink": Service(
        submit="/v1/videos/generations",
        body={"model": "wan2.7-reference-video", "prompt": "x", "image_urls": [_IMAGE]},
        poll="/v1/tasks/{}",
        name=lambda answer: str(answer["id"]),
        word=lambda answer: str(answer["status"]),
        link=lambda answer: str(answer["results"][0]),
        message=lambda answer: str(answer["error"]["message"]),
    ),
    "oxen": Service(
        submit="/api/ai/queue",
        body={
            "model": "wan-v2-7-reference-to-video",
            "prompt": "x",
            "reference_images": [{"url": _IMAGE}],
        },
        poll="/api/ai/queue/{}",
        name=lambda answer: str(answer["generations"][0]["generation_id"]),
        word=lambda answer: str(answer["status"]),
        link=lambda answer: str(answer["result_url"]),
        message=lambda answer: str(answer["error"]["detail"]),
        done="succeeded",
    ),
    "runcomfy": Service(
        submit="/v1/models/wan-ai/wan-2-7/reference-to-video",
        body={"prompt": "x", "reference_image_urls": [_IMAGE]},
        poll="/v1/requests/{}/result",
        name=lambda answer: str(answer["request_id"]),
        word=lambda answer: str(answer["status"]),
        link=lambda answer: str(answer["output"]["video"]),
        message=lambda answer: str(answer["error_message"]),
    ),
    "wavespeed": Service(
        submit="/api/v3/alibaba/wan-2.7/reference-to-video",
        body={"prompt": "x", "videos": ["https://example.com/a.mp4"]},
        poll="/api/v3/predictions/{}/result",
        name=lambda answer: str(answer["data"]["id"]),
        word=lambda answer: str(answer["data"]["status"]),
        link=lambda answer: str(answer["data"]["outputs"][0]),
        message=lambda answer: str(answer["message"]),
    ),
}


def submit(service: Service, site: httpx.Client) -> httpx.Response:
    """Order five seconds of video."""
    return site.post(service.submit, json=service.body)
