"""Whether a request is Discord's: an Ed25519 signature over the timestamp and the raw bytes."""

import re
from collections.abc import Mapping
from typing import Any

import discord_interactions
import msgspec

from functions.runtime.errors import UnauthenticatedError
from functions.runtime.settings import Settings

SIGNATURE = re.compile(r"[0-9a-fA-F]{128}")
TIMESTAMP = re.compile(r"[0-9]{1,12}")
MAXIMUM_AGE_SECONDS = 300


def _say_nothing(*_: Any) -> None:
    """Take the place of ``print`` in the package, which prints why each signature is wrong.

    Discord sends wrong ones on purpose and anyone may send more: stdout is not theirs to write.
    """


vars(discord_interactions)["print"] = _say_nothing


class SignatureError(UnauthenticatedError):
    """The request is not signed by Discord."""

    code = "signature"


class Application(msgspec.Struct, frozen=True):
    """A Discord application and the key its interactions are signed with, in hex."""

    application_id: int
    public_key: str


class Signature(msgspec.Struct, frozen=True):
    """The two headers that Discord signs a request with."""

    value: str
    timestamp: str


def applications(settings: Settings) -> tuple[Application, ...]:
    """Return whom this function answers; the simulator counts in development alone."""
    known = []
    if settings.discord_application_id and settings.discord_public_key:
        known.append(Application(settings.discord_application_id, settings.discord_public_key))
    if settings.in_development and (simulator := settings.simulator):
        known.append(Application(simulator.application_id, simulator.public_key))
    return tuple(known)


def read_signature(headers: Mapping[str, str], *, now: float) -> Signature:
    """Return the signature of a request that may be Discord's; refuse one that cannot be.

    Nothing of the body is needed for that. An old request may be one that was overheard.
    """
    signature = headers.get("x-signature-ed25519", "")
    timestamp = headers.get("x-signature-timestamp", "")
    if not SIGNATURE.fullmatch(signature) or not TIMESTAMP.fullmatch(timestamp):
        raise SignatureError
    if abs(now - int(timestamp)) > MAXIMUM_AGE_SECONDS:
        raise SignatureError
    return Signature(signature, timestamp)


def signer(raw: bytes, signature: Signature, *, known: tuple[Application, ...]) -> Application:
    """Return the application whose key signed these very bytes, or refuse the request."""
    for application in known:
        if discord_interactions.verify_key(
            raw, signature.value, signature.timestamp, application.public_key
        ):
            return application
    raise SignatureError
