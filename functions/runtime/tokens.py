"""Interaction tokens at rest: anyone who reads one may speak as us for 15 minutes."""

from nacl.exceptions import CryptoError
from nacl.secret import Aead

from functions.runtime.errors import LorekeeperError


class TokenError(LorekeeperError):
    """A stored token cannot be read: LORE_SECRET_KEY is not the one it was written with."""

    code = "token"


def encrypt_token(token: str, *, key: bytes, interaction_id: int) -> bytes:
    """Encrypt a token so that it opens for its own interaction only."""
    return bytes(Aead(key).encrypt(token.encode(), aad=str(interaction_id).encode()))


def decrypt_token(sealed: bytes, *, key: bytes, interaction_id: int) -> str:
    """Return the token, or raise :class:`TokenError` for another key or another interaction."""
    try:
        return Aead(key).decrypt(bytes(sealed), aad=str(interaction_id).encode()).decode()
    except CryptoError as error:
        raise TokenError from error
