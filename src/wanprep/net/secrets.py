"""Redact secrets in everything that is shown, stored or raised."""

from __future__ import annotations

import json
import re
from functools import cache
from typing import Any, Final
from urllib.parse import quote

HIDDEN: Final = "***"

# Shorter than any service's key: to redact it everywhere would garble other text.
_SHORTEST: Final = 8
_secrets: set[str] = set()

_NOT_TOKENS: Final = "auth|authentication|authorization|error|key|keys|realm|scheme|token|tokens"
# Names of secrets in a query: X-Tos-Credential, wsSecret, auth_key, sig, sv.
_QUERY: Final = (
    r"[\w.-]{0,40}(?:signature|credential|secret|token|passw(?:or)?d|api[-_]?key|"
    r"access[-_]?(?:key|id))[\w.-]{0,40}|(?:[\w.-]{0,40}[-_])?(?:auth|hmac|jwt|key|policy|pwd|sig|"
    r"sign)|key-pair-id|hdn(?:ea|tl|ts)|hm|md5|q-ak|session(?:_?id)?|s[eprv]|sk[eov]id|verify"
)
_FIELDS: Final = (
    r"(?:x-)?api[-_]?key|access[-_]?token|auth[-_]?token|api[-_]?token|client[-_]?secret|"
    r"secret[-_]?key|password|x-amz-security-token"
)
# Authorization: anything, in a header, a dict or JSON
_AUTHORIZATION: Final = (
    r"(\b(?i:(?:proxy-)?authorization)\\?[\"']?\s*[:=]\s*\\?[\"']?"
    r"(?i:(?:basic|bearer|digest|key|token)\s+)?)"
    r"[^\s\"',;}\\][^\"'\r\n,;}\\]*"
)
# ?X-Amz-Signature=..., also in a URL that is itself part of a query
_IN_QUERY: Final = (
    rf"((?i:(?:[?&]|\\u0026|%3f|%26|&amp;)(?:{_QUERY})(?:=|%3d)))(?:(?!%26)[^\s&\"'<>#\\])+"
    r"(?!(?<=[:.,;])(?:\s|\Z))"  # a sentence may go on after a URL
)
# ?v=0123456789abcdef0123456789abcdef, whatever it is called
_LONG_IN_QUERY: Final = r"([?&][\w.-]{1,40}=)[0-9A-Fa-f]{32,}(?=[\s&\"'<>#\\]|\Z)"
# Text without any of these has no secret that a pattern finds.
_MARKS: Final = (
    *("://", "=", "%3d", "authorization", "bearer", "key", "password", "secret", "token"),
    *("sk-", "sk_", "pk-", "pk_", "rk-", "rk_", "whsec", "hf_", "r8_", "gho_", "ghp_", "ghr_"),
    *("ghs_", "ghu_", "github_pat_", "xox", "akia", "asia", "aiza", "eyj"),
)
_PATTERNS: Final = (
    # https://user:password@host
    (r"(\b(?i:[a-z][a-z0-9+.-]{0,20})://)[^/\s?#\"'<>]+@", rf"\1{HIDDEN}@"),
    (_AUTHORIZATION, rf"\1{HIDDEN}"),
    (rf"(\b(?i:bearer)\s+)(?!(?i:{_NOT_TOKENS})\b)[^\s\"'<>,;\\]+", rf"\1{HIDDEN}"),
    (_IN_QUERY, rf"\1{HIDDEN}"),
    (_LONG_IN_QUERY, rf"\1{HIDDEN}"),
    (rf"((?i:{_FIELDS})\\?[\"']?\s*[:=]\s*\\?[\"']?)[^\s\"'&,;}}\\]+", rf"\1{HIDDEN}"),
    # Tokens with the well-known prefix of their issuer.
    (r"\b(?:sk|pk|rk|whsec)[-_][\w-]{12,}", HIDDEN),
    (r"\b(?:hf|r8|gh[opsur])_\w{16,}|\bgithub_pat_\w{16,}", HIDDEN),
    (r"\bxox[abeprs]-[\w-]{10,}", HIDDEN),
    (r"\b(?:AKIA|ASIA)[A-Z0-9]{16}\b|\bAIza[\w-]{35}", HIDDEN),
    (r"\beyJ[\w-]{8,}\.[\w-]{8,}(?:\.[\w-]*)?", HIDDEN),
)
_SECRET_NAMES: Final = rf"(?i:{_FIELDS}|(?:proxy-)?authorization|cookie|set-cookie|secret|token)\Z"


def remember(secret: str) -> None:
    """Redact a key from now on, wherever it occurs."""
    if len(secret) >= _SHORTEST:
        _secrets.update({secret, quote(secret), quote(secret, safe=""), json.dumps(secret)[1:-1]})


def redact(text: str) -> str:
    """Replace keys, signatures and logins in a string."""
    if _secrets:
        # The longest first: a key may begin like another.
        keys = sorted(_secrets.copy(), key=len, reverse=True)
        text = re.sub("|".join(re.escape(key) for key in keys), HIDDEN, text)
    lowered = text.lower()
    if not any(mark in lowered for mark in _MARKS):
        return text
    for pattern, replacement in _compiled_patterns():
        text = pattern.sub(replacement, text)
    return text


def redact_url(path: str) -> str:
    """Hide the secrets in a URL; a file keeps the name that it has."""
    return redact(path) if "://" in path else path


@cache
def _compiled_patterns() -> tuple[tuple[re.Pattern[str], str], ...]:
    """Compile the patterns when a text first needs them, which takes longer than most checks."""
    return tuple((re.compile(pattern), replacement) for pattern, replacement in _PATTERNS)


def redact_line(line: str, start: int, stop: int) -> tuple[str, int, int]:
    """Redact a line of a file, and move the part from start to stop that is marked in it."""
    return redact(line), len(redact(line[:start])), len(redact(line[:stop]))


def redact_json(value: Any) -> Any:  # noqa: ANN401 - whatever JSON holds
    """Redact every string in JSON data, names included."""
    match value:
        case str():
            return redact(value)
        case dict():
            return {redact(str(name)): _field(str(name), each) for name, each in value.items()}
        case list() | tuple():
            return [redact_json(each) for each in value]
        case _:
            return value


def _field(name: str, value: Any) -> Any:  # noqa: ANN401 - whatever JSON holds
    if isinstance(value, str) and value and re.match(_SECRET_NAMES, name):
        scheme = re.match(r"(?:basic|bearer)\s+", value, re.IGNORECASE)
        return f"{scheme[0] if scheme else ''}{HIDDEN}"
    return redact_json(value)
