"""Multipart forms."""

from __future__ import annotations

from dataclasses import dataclass
from email.parser import BytesParser
from email.policy import HTTP
from typing import TYPE_CHECKING

from wanprep.emulator.exchange import Wrong

if TYPE_CHECKING:
    from wanprep.emulator.exchange import Received


@dataclass(frozen=True, slots=True)
class FormFile:
    """A file in a form."""

    name: str
    content_type: str
    content: bytes


@dataclass(frozen=True, slots=True)
class Form:
    """The fields of a form: texts, and files."""

    texts: dict[str, str]
    files: dict[str, FormFile]

    def file(self, *names: str) -> FormFile:
        """Return the file of the first of these fields that there is."""
        for name in names:
            if name in self.files:
                return self.files[name]
        raise Wrong(400, f"the form has no file in the field '{names[0]}'")


def read_form(received: Received) -> Form:
    """Take a form apart."""
    kind = received.headers.get("content-type", "")
    if not kind.lower().startswith("multipart/form-data"):
        raise Wrong(400, "the body must be multipart/form-data")
    message = BytesParser(policy=HTTP).parsebytes(
        b"Content-Type: " + kind.encode() + b"\r\n\r\n" + received.body
    )
    form = Form({}, {})
    for part in message.iter_parts():
        field = part.get_param("name", header="content-disposition")
        content = part.get_payload(decode=True)
        if not isinstance(field, str) or not isinstance(content, bytes):
            continue
        if (name := part.get_filename()) is not None:
            form.files[field] = FormFile(name, part.get_content_type(), content)
        else:
            form.texts[field] = content.decode(errors="replace")
    return form
