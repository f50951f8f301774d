import secrets

import pytest

from functions.runtime.tokens import TokenError, decrypt_token, encrypt_token

KEY = secrets.token_bytes(32)


def test_a_token_opens_with_its_key_and_interaction_only() -> None:
    sealed = encrypt_token("aW50ZXJhY3Rpb24", key=KEY, interaction_id=7)
    assert decrypt_token(sealed, key=KEY, interaction_id=7) == "aW50ZXJhY3Rpb24"
    with pytest.raises(TokenError):
        decrypt_token(sealed, key=KEY, interaction_id=8)
    with pytest.raises(TokenError):
        decrypt_token(sealed, key=secrets.token_bytes(32), interaction_id=7)


def test_the_same_token_never_looks_the_same() -> None:
    first = encrypt_token("token", key=KEY, interaction_id=7)
    assert b"token" not in first
    assert first != encrypt_token("token", key=KEY, interaction_id=7)
