"""Recognise jobs among the other YAML and JSON files of a folder.

A file that is named on the command line is a job. In a folder, a `.yaml`, `.yml` or `.json` file
is one when one of its documents is a mapping that does at least one of these things:

- it names its schema, by `# yaml-language-server: $schema=...wanprep...job.schema.json` or by a
  key `$schema`;
- its `target` names a provider that wanprep knows: `evolink/...`;
- its `references` are entries that begin with `image`, `video` or another key of a reference;
  beside a `prompt` also names of image and video files, which is a job with a mistake;
- it has a `prompt` and a `first_frame` or another file with a key of its own;
- it has a `prompt`, and a video's `parameters`: `resolution`, `aspect_ratio`, `duration`,
  `multi_shots`, `prompt_extend`, `watermark` or `callback_url`;
- its `target` looks like provider/model, and its `body` has a `prompt`.

What wanprep wrote itself, such as the record of a run, is never a job.

The first 64 KB decide, by patterns and without parsing. So thousands of other files cost little,
and a broken job is still recognised.
"""

from __future__ import annotations

import codecs
import errno
import os
import re
import stat
from functools import cache
from typing import TYPE_CHECKING, Final

from wanprep.files.outputs import written_kind
from wanprep.job.roles import common_roles

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

SUFFIXES: Final = (".json", ".yaml", ".yml")

_HEAD: Final = 64 * 1024
# Patterns that begin with plain letters are the fastest to search for.
_KEYS_OF_JOBS: Final = tuple(
    re.compile(rf"{word}[\"']?[ 	]*:") for word in ("target", "prompt", "references")
)
_SCHEMA_LINE: Final = re.compile(r"^#[^\n]*\$schema=\S*wanprep\S*job\.schema\.json", re.MULTILINE)
_SCHEMA: Final = re.compile(r"wanprep\S*job\.schema\.json")
_DOCUMENT: Final = re.compile(r"^---(?=\s|\Z)", re.MULTILINE)
_COMMENT: Final = re.compile(r"^[ \t]*#[^\n]*$", re.MULTILINE)

_TARGET: Final = re.compile(r"(?:^|[\s\"'\[,])([a-z0-9][\w.-]*)/[\w.-]+(?=[\s\"',\]]|$)")
_DASH: Final = r"^[ \t]*-[ \t]+"
_MEDIA: Final = re.compile(
    rf"(?:{_DASH}|[\[,:]\s*)[\"']?[^\s\"'{{}}\[\],]{{1,255}}\.(?:png|jpe?g|webp|bmp|mp4|mov)\b",
    re.IGNORECASE | re.MULTILINE,
)
_PARAMETERS: Final = frozenset(
    {"aspect_ratio", "callback_url", "duration", "multi_shots", "prompt_extend", "resolution",
     "watermark"}
)  # fmt: skip

# A key of a mapping in block style, without its indent; and the tokens between brackets.
_KEY: Final = r"(?:\"([^\"\n]+)\"|'([^'\n]+)'|([\w$][^\n:#\"'{}\[\],]{0,80}?))[ \t]*:(?=\s|\Z)"
_BRACKETED: Final = re.compile(r"\"(?:[^\"\\]|\\.)*(?:\"|\Z)|'[^'\n]*'|[{}\[\],:]", re.DOTALL)


def is_job(path: str, providers: Collection[str]) -> bool:
    """Whether a file of a folder is a job, perhaps a broken one; OSError: it cannot be opened."""
    if not path.lower().endswith(SUFFIXES):
        return False
    head = _read_head(path)
    return written_kind(head) is None and looks_like_job(head, providers)


def looks_like_job(text: str, providers: Collection[str]) -> bool:
    """Whether a text looks like a job; `providers` are those whose targets are installed."""
    named = _SCHEMA.search(text)
    if named and _SCHEMA_LINE.search(text):
        return True
    if not named and not any(pattern.search(text) for pattern in _KEYS_OF_JOBS):
        return False
    text = _COMMENT.sub("", text)
    begins = [0, *(found.end() for found in _DOCUMENT.finditer(text))]
    ends = [*(found.start() for found in _DOCUMENT.finditer(text)), len(text)]
    return any(
        _is_job_document(_members(text[begin:end]), providers)
        for begin, end in zip(begins, ends, strict=True)
    )


def _is_job_document(members: Mapping[str, str], providers: Collection[str]) -> bool:
    target = _TARGET.findall(members.get("target", ""))
    references = members.get("references", "")
    prompt = _is_string(members.get("prompt", ""))
    return (
        bool(_SCHEMA.search(members.get("$schema", "")))
        or any(provider in providers for provider in target)
        or (prompt and members.get("target", "").strip(" \t\r\n\"'") in providers)
        or bool(_entry().search(references))
        or (prompt and bool(_MEDIA.search(references)))
        or (prompt and any(_is_string(members.get(key, "")) for key in _media_keys()))
        or (prompt and not _PARAMETERS.isdisjoint(_members(members.get("parameters", ""))))
        or (bool(target) and "prompt" in _members(members.get("body", "")))
    )


@cache
def _entry() -> re.Pattern[str]:
    """Match the beginning of a reference: one of its keys."""
    keys = "|".join(role.key for role in common_roles().values() if role.in_references)
    return re.compile(
        rf"(?:{_DASH}|[\[,]\s*\{{|{_DASH}\{{)\s*[\"']?(?:{keys})[\"']?[ \t]*:", re.MULTILINE
    )


@cache
def _media_keys() -> list[str]:
    return [role.key for role in common_roles().others()]


def _is_string(value: str) -> bool:
    begins = value.lstrip()[:2]
    return bool(begins) and begins[0] not in "{[" and begins != "- " and not _members(value)


def _members(text: str) -> dict[str, str]:
    """Split a mapping into its keys and the text of their values."""
    start = len(text) - len(text.lstrip())
    if text[start : start + 1] == "{":
        return _between_brackets(text[start:])
    line = text[text.rfind("\n", 0, start) + 1 : start]
    keys = list(re.compile(rf"^{line}{_KEY}", re.MULTILINE).finditer(text))
    ends = [*(key.start() for key in keys[1:]), len(text)]
    return {
        next(filter(None, key.groups())): text[key.end() : end]
        for key, end in zip(keys, ends, strict=False)
    }


def _between_brackets(text: str) -> dict[str, str]:
    members: dict[str, str] = {}
    depth = 0
    key, begin = "", 1
    for found in _BRACKETED.finditer(text):
        match found[0]:
            case "{" | "[":
                depth += 1
            case ":" if depth == 1 and not key:
                key, begin = text[begin : found.start()].strip(" \t\r\n\"'"), found.end()
            case "," | "}" | "]" as end:
                if depth == 1:
                    members[key] = text[begin : found.start()]
                    key, begin = "", found.end()
                depth -= end != ","
        if not depth:
            break
    if key:
        members[key] = text[begin:]
    return members


def _read_head(path: str) -> str:
    """Read the beginning of a file as text, in the encoding of its byte order mark."""
    if not stat.S_ISREG(os.stat(path).st_mode):
        raise OSError(errno.EINVAL, "Not a regular file")  # opening a pipe would wait for a writer
    with open(path, "rb") as file:
        head = file.read(_HEAD)
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return head.decode("utf-16", "replace")
    return head.removeprefix(codecs.BOM_UTF8).decode("utf-8", "replace")
