"""The four services, each as three things that a client does: submit, ask, fetch."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

import httpx

_PICTURE: Final = "https://example.com/a.png"


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """How one service is spoken to."""

    submit: str
    body: Mapping[str, Any]
    poll: str
    name: Callable[[Any], str]  # the job's id in the answer to submit
    word: Callable[[Any], str]  # its state in the answer to poll
    link: Callable[[Any], str]  # its video there
    says: Callable[[Any], str]  # what an error is in words
    done: str = "completed"


SERVICES: Final[Mapping[str, Service]] = {
    "evolink": Service(
        submit="/v1/videos/generations",
        body={"model": "wan2.7-reference-video", "prompt": "x", "image_urls": [_PICTURE]},
        poll="/v1/tasks/{}",
        name=lambda told: str(told["id"]),
        word=lambda told: str(told["status"]),
        link=lambda told: str(told["results"][0]),
        says=lambda told: str(told["error"]["message"]),
    ),
    "oxen": Service(
        submit="/api/ai/queue",
        body={
            "model": "wan-v2-7-reference-to-video",
            "prompt": "x",
            "reference_images": [{"url": _PICTURE}],
        },
        poll="/api/ai/queue/{}",
        name=lambda told: str(told["generations"][0]["generation_id"]),
        word=lambda told: str(told["status"]),
        link=lambda told: str(told["result_url"]),
        says=lambda told: str(told["error"]["detail"]),
        done="succeeded",
    ),
    "runcomfy": Service(
        submit="/v1/models/wan-ai/wan-2-7/reference-to-video",
        body={"prompt": "x", "reference_image_urls": [_PICTURE]},
        poll="/v1/requests/{}/result",
        name=lambda told: str(told["request_id"]),
        word=lambda told: str(told["status"]),
        link=lambda told: str(told["output"]["video"]),
        says=lambda told: str(told["error_message"]),
    ),
    "wavespeed": Service(
        submit="/api/v3/alibaba/wan-2.7/reference-to-video",
        body={"prompt": "x", "videos": ["https://example.com/a.mp4"]},
        poll="/api/v3/predictions/{}/result",
        name=lambda told: str(told["data"]["id"]),
        word=lambda told: str(told["data"]["status"]),
        link=lambda told: str(told["data"]["outputs"][0]),
        says=lambda told: str(told["message"]),
    ),
}


def submit(service: Service, site: httpx.Client) -> httpx.Response:
    """Order five seconds of video."""
    return site.post(service.submit, json=service.body)
