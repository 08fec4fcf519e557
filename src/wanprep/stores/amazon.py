"""Where the credentials, region and endpoint of S3 come from: as in the AWS command line."""

from __future__ import annotations

import os
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

from wanprep.stores.store import NotAllowed, StoreError
from wanprep.stores.stores import split_url

if TYPE_CHECKING:
    from collections.abc import Mapping

    from botocore.session import Session

# Credentials that expire are asked for again before they do.
_FRESH: Final = timedelta(minutes=10)
_ENDPOINTS: Final = ("AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL", "AWS_ENDPOINT")
_REGIONS: Final = ("AWS_REGION", "AWS_DEFAULT_REGION")
_NO_CREDENTIALS: Final = (
    "no credentials were found: run `aws configure`, set AWS_PROFILE or AWS_ACCESS_KEY_ID, or for a"
    " public bucket `anonymous = true` in [hosts]"
)


def s3_options(settings: Mapping[str, Any]) -> dict[str, Any]:
    """Return the options of a store; its settings come before the environment and the profile."""
    endpoint, region = settings.get("endpoint") or _variable(_ENDPOINTS), settings.get("region")
    options: dict[str, Any] = {}
    if settings.get("anonymous"):
        options["skip_signature"] = True
    elif settings.get("profile") or "AWS_ACCESS_KEY_ID" not in os.environ:
        session = _session(settings)
        endpoint = endpoint or session.get_config_variable("endpoint_url")
        region = region or session.get_config_variable("region")
        options["credential_provider"] = _provider(session)
    region = region or _variable(_REGIONS) or "us-east-1"
    # A store of one's own has one name, and the bucket in the path.
    return options | {"region": region} | ({"endpoint": endpoint} if endpoint else {})


def _variable(names: tuple[str, ...]) -> str | None:
    return next((os.environ[name] for name in names if os.environ.get(name)), None)


def _session(settings: Mapping[str, Any]) -> Session:
    """Read the profile, as late as possible: it takes longer than most checks."""
    from botocore.exceptions import BotoCoreError
    from botocore.session import Session

    try:
        session = Session(profile=settings.get("profile"))
        session.get_scoped_config()
    except BotoCoreError as error:  # there is no such profile
        raise StoreError(f"{error}. Name another in [hosts] or AWS_PROFILE") from error
    return session


def _provider(session: Session) -> Any:  # noqa: ANN401 - one of obstore's own types
    from botocore.exceptions import BotoCoreError

    try:
        found = session.get_credentials()
    except BotoCoreError as error:
        raise NotAllowed(f"the credentials cannot be read: {error}") from error
    if found is None:
        raise NotAllowed(_NO_CREDENTIALS)

    def provide() -> dict[str, Any]:
        frozen = found.get_frozen_credentials()
        return {
            "access_key_id": frozen.access_key,
            "secret_access_key": frozen.secret_key,
            "token": frozen.token,
            "expires_at": datetime.now(UTC) + _FRESH,
        }

    return provide


def sign_as_before(root: str, key: str, lifetime: timedelta, settings: Mapping[str, Any]) -> str:
    """Sign with version 2 of the signature, which some older stores require."""
    from botocore.config import Config

    options = s3_options(settings)
    client = _session(settings).create_client(
        "s3", region_name=options["region"], endpoint_url=options.get("endpoint"),
        config=Config(signature_version="s3"),
    )  # fmt: skip
    place = {"Bucket": split_url(f"{root}/")[0].partition("://")[2], "Key": key}
    seconds = int(lifetime.total_seconds())
    url: str = client.generate_presigned_url("get_object", Params=place, ExpiresIn=seconds)
    return url
