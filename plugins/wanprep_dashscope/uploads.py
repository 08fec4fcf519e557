"""Alibaba Model Studio: upload a local file to the temporary storage, for 48 hours."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from wanprep.plugins import FileContent, HostedUrl, Request, Unclear, answers
from wanprep_dashscope.flows import refused

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from wanprep.plugins import Flow, LocalFile, Order

_FIELDS: Final = {  # of the form, and of the permit
    "OSSAccessKeyId": "oss_access_key_id",
    "Signature": "signature",
    "policy": "policy",
    "x-oss-object-acl": "x_oss_object_acl",
    "x-oss-forbid-overwrite": "x_oss_forbid_overwrite",
}
_MESSAGE: Final = re.compile(r"<Message>([^<]{1,300})</Message>")


def upload(file: LocalFile, order: Order) -> Flow[HostedUrl]:
    """Get a permit for the model of the order, and store the file under the hash of its content."""
    query = {"action": "getPolicy", "model": order.model}
    response = yield Request(method="GET", url="/api/v1/uploads", query=query)
    if not response.ok:
        raise refused(response)
    permit = answers.value_at(response.json(), "data") or answers.value_at(
        response.json(), "output"
    )
    host, folder = (answers.text_at(permit, name) for name in ("upload_host", "upload_dir"))
    if not (host.startswith(("https://", "http://")) and folder):
        raise Unclear("Alibaba's permit for the upload names no place")
    extension = file.name.rpartition(".")[2]
    key = f"{folder}/{file.sha256[:32]}.{extension}"
    response = yield Request(
        method="POST", url=f"{host}/", key=False, file=_form(file, key, permit)
    )
    if not response.ok:
        message = _MESSAGE.search(response.body[:4000].decode(errors="replace"))
        raise answers.refusal(
            "Alibaba's storage", response, message=answers.as_text(message[1] if message else "")
        )
    return HostedUrl(f"oss://{key}")


def _form(file: LocalFile, key: str, permit: Mapping[str, Any]) -> FileContent:
    form = {name: str(permit.get(theirs, "")) for name, theirs in _FIELDS.items()}
    return FileContent(
        path=file.path,
        name=file.name,
        content_type=file.content_type,
        form_field="file",
        form={**form, "key": key, "success_action_status": "200"},
    )
