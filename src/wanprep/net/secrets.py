"""Redact secrets in everything that is shown, stored or raised."""

from __future__ import annotations

import json
import re
from typing import Any, Final
from urllib.parse import quote

HIDDEN: Final = "***"

# Shorter than any service's key: to redact it everywhere would garble other text.
_SHORTEST: Final = 8
_secrets: set[str] = set()

_NOT_TOKENS: Final = "auth|authentication|authorization|error|key|keys|realm|scheme|token|tokens"
_QUERY: Final = (
    r"(?:x-(?:amz|goog|oss)-)?(?:signature|credential|security-token)|access_?token|auth|"
    r"(?:api[-_]?)?key|awsaccesskeyid|googleaccessid|ossaccesskeyid|key-pair-id|password|policy|"
    r"secret|s[eprv]|sig|sk[eov]id|token"
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
)
_PATTERNS: Final = tuple(
    (re.compile(pattern), replacement)
    for pattern, replacement in (
        # https://user:password@host
        (r"(\b(?i:[a-z][a-z0-9+.-]{0,20})://)[^/\s?#\"'<>]+@", rf"\1{HIDDEN}@"),
        (_AUTHORIZATION, rf"\1{HIDDEN}"),
        (rf"(\b(?i:bearer)\s+)(?!(?i:{_NOT_TOKENS})\b)[^\s\"'<>,;\\]+", rf"\1{HIDDEN}"),
        (_IN_QUERY, rf"\1{HIDDEN}"),
        (rf"((?i:{_FIELDS})\\?[\"']?\s*[:=]\s*\\?[\"']?)[^\s\"'&,;}}\\]+", rf"\1{HIDDEN}"),
        # Tokens with the well-known prefix of their issuer.
        (r"\b(?:sk|pk|rk|whsec)[-_][\w-]{12,}", HIDDEN),
        (r"\b(?:hf|r8|gh[opsur])_\w{16,}|\bgithub_pat_\w{16,}", HIDDEN),
        (r"\bxox[abeprs]-[\w-]{10,}", HIDDEN),
        (r"\b(?:AKIA|ASIA)[A-Z0-9]{16}\b|\bAIza[\w-]{35}", HIDDEN),
        (r"\beyJ[\w-]{8,}\.[\w-]{8,}(?:\.[\w-]*)?", HIDDEN),
    )
)
_SECRET_NAMES: Final = re.compile(
    rf"(?:{_FIELDS}|(?:proxy-)?authorization|cookie|set-cookie|secret|token)\Z", re.IGNORECASE
)


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
    for pattern, replacement in _PATTERNS:
        text = pattern.sub(replacement, text)
    return text


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
    if isinstance(value, str) and value and _SECRET_NAMES.match(name):
        scheme = re.match(r"(?:basic|bearer)\s+", value, re.IGNORECASE)
        return f"{scheme[0] if scheme else ''}{HIDDEN}"
    return redact_json(value)
