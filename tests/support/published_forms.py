"""A published request schema, and an OpenAPI document that has it."""

from __future__ import annotations

from typing import Any, Final

URL: Final = {"type": "string", "format": "uri"}
REQUEST: Final[dict[str, Any]] = {
    "type": "object",
    "required": ["model", "prompt", "image_urls"],
    "properties": {
        "model": {"type": "string", "enum": ["acme/Clips-2"]},
        "prompt": {"type": "string", "maxLength": 1500},
        "image_urls": {
            "type": "array", "maxItems": 4, "items": {**URL, "description":
                "Formats: JPG, PNG. Each must not exceed 20MB, 240-5000px per side."},
        },
        "video_urls": {
            "type": "array", "maxItems": 2, "items": URL,
            "description": "Max file size: 200.0MB, Min width: 720px, Max duration: 10.05s",
        },
        "image_url": {**URL, "description": "A picture that serves as the first frame."},
        "audio_url": URL,
        "sound_url": URL,
        "quality": {"type": "string", "enum": ["720P", "1080P"], "default": "720P"},
        "duration": {"type": "integer", "minimum": 3, "maximum": 12, "default": "5"},
        "enhance_prompt": {"type": "boolean"},
        "elements": {"type": "array", "items": {"type": "object", "properties": {}}},
    },
}  # fmt: skip
OPENAPI: Final = {
    "openapi": "3.0.0",
    "servers": [{"url": "https://api.acme.com"}],
    "externalDocs": {"url": "https://docs.acme.com/clips"},
    "components": {"schemas": {"Clips": REQUEST}},
    "paths": {
        "/v1/quote": {"post": {"requestBody": {"content": {"application/json": {"schema": {
            "properties": {"seconds": {"type": "integer"}}}}}}}},
        "/v1/clips": {"post": {
            "requestBody": {"content": {"application/json": {
                "schema": {"allOf": [{"$ref": "#/components/schemas/Clips"}]}}}},
            "responses": {"200": {"content": {"application/json": {"schema": {"properties": {
                "data": {"properties": {"task_id": {"type": "string"}}}}}}}}},
        }},
        "/v1/clips/{task}": {"get": {"responses": {"200": {"content": {"application/json": {
            "schema": {"properties": {
                "state": {"enum": ["pending", "generating", "success", "fail", "failed"]},
                "video": {"properties": {"url": URL}}}}}}}}}},
    },
}  # fmt: skip
