from __future__ import annotations

import json
import os
import time
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wanprep.job.recognise import is_job, looks_like_job

if TYPE_CHECKING:
    from pathlib import Path

PROVIDERS = frozenset({"evolink", "oxen", "runcomfy", "wan", "wavespeed"})

JOBS = {
    "the README's": """\
target: evolink/wan2.7-reference-video
prompt: Image 1 waves.
references:
  - image: refs/hero.jpg
""",
    "schema line": "# yaml-language-server: $schema=https://wanprep.dev/schemas/job.schema.json\n",
    "schema line in a folder": "#yaml-language-server: $schema=../wanprep/job.schema.json\nx: 1\n",
    "schema key": '{"$schema": "https://wanprep.dev/schemas/job.schema.json", "body": {}}',
    "target alone": "target: wavespeed/wan-2.7-reference-to-video\n",
    "a provider's name": "target: oxen\nprompt: a\n",
    "quoted target": "target: 'wan/2.7' # all\npromt: a\n",
    "list of targets": "target: [other/x, oxen/wan-v2-7]\n",
    "list of targets in lines": "target:\n  - other/x\n  - oxen/wan-v2-7\n",
    "references alone": "references:\n- image: a.png\n",
    "voice first": "references:\n  - voice: a.wav\n    image: a.png\n",
    "references in brackets": "references: [{video: a.mp4}, {image: b.png}]\n",
    "references in braces in lines": "references:\n  - { image: b.png }\n",
    "JSON references": '{"references": [\n  {\n "image": "a.png"}]}',
    "minified JSON": '{"a":{"b":[1,{"c":"}"}]},"references":[{"image":"a.png"}]}',
    "YAML in braces": "# x\n{prompt: it is, references: [{image: a.png}]}\n",
    "forgot what they are": "prompt: a\nreferences:\n  - a.png\n  - b.MP4\n",
    "forgot the dash": "prompt: a\nreferences:\n  image: a.png\n",
    "first frame": "prompt: >\n  The door opens:\n  light.\nfirst_frame: a.png\n",
    "parameters": "prompt: a\nparameters:\n  seed: 3\n  aspect_ratio: 16:9\n",
    "parameters in braces": "prompt: a\nparameters: {resolution: 720p}\n",
    "another provider's body": "target: acme/video-1\nbody:\n  prompt: a\n  clips: [b]\n",
    "JSON body": '{"target": "acme/video-1", "body": {"prompt": "a"}}',
    "second document": "# notes\nname: x\n---\ntarget: wan/2.7\n",
    "Windows lines": "target: wan/2.7\r\nprompt: a\r\n",
    "indented as a whole": "  target: wan/2.7\n  prompt: a\n",
    "byte order mark": "\ufefftarget: wan/2.7\n",
    "broken YAML": "target: wan/2.7\nprompt: Scene: a: b\nreferences: [\n",
    "broken by tabs": "target: wan/2.7\nreferences:\n\t- image: a.png\n",
    "broken JSON": '{"target": "wan/2.7", "prompt": "a",, "references": [{"image": "a.png"',
    "cut off JSON": '{"prompt": "a", "first_frame": "a.png',
}

OTHERS = {
    "another target": "target: wan\ntimeout: 3\n",
    "docker-compose": """\
services:
  web:
    build: {context: ., target: runtime/web}
    image: nginx:1.27
    ports: ["80:80"]
volumes: {data: {}}
""",
    "GitHub workflow": """\
name: CI
on: [push]
jobs:
  test:
    runs-on: ubuntu-latest
    steps:
      - uses: actions/checkout@v4
      - run: echo "target: wan/2.7"
""",
    "Kubernetes": """\
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata: {name: video}
spec:
  scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: video}
---
apiVersion: v1
kind: Pod
spec:
  containers:
    - image: registry/video:1
""",
    "package.json": '{"name": "prompt", "version": "1.0.0", "scripts": {"target": "wan/2.7"}}',
    "tsconfig.json": """\
{
  "compilerOptions": {"target": "ES2022", "module": "esnext"},
  "references": [{"path": "./packages/image"}, {"path": "./video"}]
}""",
    "OpenAPI": """\
openapi: 3.1.0
info: {title: Video, version: "1"}
paths:
  /videos:
    post:
      requestBody:
        content:
          application/json:
            schema:
              properties:
                prompt: {type: string}
                parameters: {type: object, properties: {duration: {type: integer}}}
      parameters:
        - {name: target, in: query}
""",
    "JSON Schema": """\
{"$schema": "https://json-schema.org/draft/2020-12/schema", "properties":
 {"prompt": {"type": "string"}, "references": {"items": {"properties": {"image": {}}}}}}""",
    "mkdocs": """\
site_name: wanprep's manual
theme: {name: material}
nav:
  - Prompt: prompt.md
  - References: references.md
""",
    "ComfyUI workflow": """\
{"last_node_id": 9, "nodes": [{"id": 3, "type": "KSampler", "widgets_values": ["prompt: a"]}],
 "links": [], "version": 0.4}""",
    "ComfyUI request": """\
{"prompt": {"3": {"class_type": "LoadImage", "inputs": {"image": "a.png"}}}, "client_id": "x",
 "parameters": {"duration": 5}}""",
    "chat prompts": """\
name: Summarise
prompt: |
  You are an editor.
  references:
  - image: a.png
parameters:
  temperature: 0.7
  max_tokens: 500
""",
    "prompt collection": """\
- prompt: a cat, cinematic
  negative_prompt: blurry
  parameters: {aspect_ratio: "16:9"}
- prompt: a dog
""",
    "tool for a model": """\
{"name": "make_video", "prompt": "Use me.", "parameters":
 {"type": "object", "properties": {"duration": {"type": "integer"}}}}""",
    "evaluation set": '{"prompt": "Who?", "references": ["Ada.", "See p. 3"], "target": "Ada"}',
    "image generation": """\
prompt: a castle
negative_prompt: blurry
parameters: {steps: 30, cfg: 7, seed: 1, width: 512}
""",
    "prompt of several roles": "prompt:\n  system: x\n  user: y\nfirst_frame: a\n",
    "prompt of several messages": "prompt:\n- role: user\nfirst_frame: a\n",
    "citation file": """\
cff-version: 1.2.0
title: Video
references:
  - type: software
    title: image
    repository-code: https://example.com/video
""",
    "container list": "references:\n  - name: web\n    image: nginx\n",
    "build target": "target: build/app\nparameters: {duration: 5}\n",
    "HTTP test": "target: api/users\nbody: {name: Ada}\n",
    "Home Assistant": "action: light.turn_on\ntarget:\n  entity_id: light/kitchen\n",
    "translations": "target: fr/FR\nprompt: Bonjour\n",
    "docker bake": '{"target": {"app": {"context": ".", "tags": ["evolink/app:1"]}}}',
    "another schema": '{"$schema": "https://example.com/job.schema.json", "prompt": "a"}',
    "commented job": "# target: wan/2.7\n# prompt: a\nname: x\n",
    "a key of that name": "targets: wan/2.7\nprompts: a\nreferences_of: x\n",
    "prose": "This is about target: wan/2.7 and prompt: a\n",
    "list": '["target: wan/2.7"]',
    "nothing": "",
    "a lone bracket": '{"prompt": "a"',
    "no prompt": "prompt:\nfirst_frame: a.png\n",
}


def test_jobs_and_other_files() -> None:
    texts = JOBS | OTHERS

    found = {name: looks_like_job(texts[name].removeprefix("\ufeff"), PROVIDERS) for name in texts}

    assert found == dict.fromkeys(JOBS, True) | dict.fromkeys(OTHERS, False)


@pytest.mark.parametrize(
    ("name", "data", "expected"),
    [
        pytest.param("a.yaml", b"target: wan/2.7", True, id="yaml"),
        pytest.param("A.YML", b"target: wan/2.7", True, id="yml"),
        pytest.param("a.json", b'{"target": "wan/2.7"}', True, id="json"),
        pytest.param("a.toml", b"target: wan/2.7", False, id="another suffix"),
        pytest.param("a.yaml", b"\xef\xbb\xbftarget: wan/2.7", True, id="byte order mark"),
        pytest.param("a.yaml", "target: wan/2.7\n".encode("utf-16"), True, id="UTF-16"),
        pytest.param("a.yaml", "target: wan/2.7\nprompt: é".encode("latin-1"), True, id="Latin-1"),
        pytest.param("a.yaml", b"\0target: wan/2.7", False, id="binary"),
        pytest.param("a.yaml", b"target: wan/2.7\n#" + b"x" * 2_000_000, True, id="large"),
        pytest.param("a.yaml", b"#" * 70_000 + b"\ntarget: wan/2.7", False, id="too far down"),
    ],
)
def test_files(tmp_path: Path, name: str, data: bytes, expected: bool) -> None:
    (tmp_path / name).write_bytes(data)
    assert is_job(str(tmp_path / name), PROVIDERS) is expected


@pytest.mark.parametrize("name", ["missing.yaml", "folder.yaml", "circle.yaml", "pipe.yaml"])
def test_what_cannot_be_opened_may_be_a_job(tmp_path: Path, name: str) -> None:
    (tmp_path / "folder.yaml").mkdir()
    (tmp_path / "circle.yaml").symlink_to("circle.yaml")
    os.mkfifo(tmp_path / "pipe.yaml")
    with pytest.raises(OSError, match=r"\[Errno"):
        is_job(f"{tmp_path}/{name}", PROVIDERS)


@given(
    st.text(st.sampled_from("targetprompt references:/-{}[],'\"\n\t#imagevido.png"), max_size=200)
    | st.sampled_from([json.dumps(JOBS), *JOBS.values()])
)
def test_any_text_has_an_answer(text: str) -> None:
    assert looks_like_job(text, PROVIDERS) in {True, False}


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("target: a" + " " * 65_000, id="spaces"),
        pytest.param("target:" + "\n" * 65_000, id="lines"),
        pytest.param("prompt: x\nreferences: " + ":" * 65_000, id="colons"),
        pytest.param("prompt: x\nreferences:\n" + "- \n" * 20_000, id="dashes"),
        pytest.param("target: " + '"' * 65_000, id="quotes"),
        pytest.param('{"target": "' + '\\"' * 32_000, id="escapes"),
        pytest.param('{"target": ' + "[" * 65_000, id="brackets"),
        pytest.param(" " * 65_000 + "target: x", id="indent"),
        pytest.param("---\ntarget:\n" * 5_000, id="documents"),
    ],
)
@pytest.mark.untraced
def test_time_grows_with_the_length_only(text: str) -> None:
    start = time.process_time()
    looks_like_job(text, PROVIDERS)
    assert time.process_time() - start < 5
