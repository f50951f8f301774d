import base64
import secrets

import pytest

from functions.runtime.settings import SettingsError, load_settings

GOOD_SECRET = base64.b64encode(secrets.token_bytes(32)).decode()


def test_nothing_set_gives_the_careful_defaults() -> None:
    settings = load_settings({})
    assert settings.environment == "production"
    assert not settings.in_development
    assert settings.simulator is None


def test_good_values_are_read_by_type() -> None:
    settings = load_settings(
        {
            "LORE_SECRET_KEY": GOOD_SECRET,
            "DISCORD_APPLICATION_ID": "1234567890",
            "LORE_DATABASE_POOL": "7",
        }
    )
    assert settings.secret() == base64.b64decode(GOOD_SECRET)
    assert (settings.discord_application_id, settings.database_pool) == (1234567890, 7)


def test_every_bad_value_is_listed_at_once_without_its_content() -> None:
    with pytest.raises(SettingsError) as caught:
        load_settings(
            {
                "LORE_ENV": "staging",
                "LORE_DATABASE_URL": "mysql://user:hunter2@host/db",
                "DISCORD_PUBLIC_KEY": "abc",
                "LORE_SECRET_KEY": "hunter2",
            },
            required=("event_sink",),
        )
    assert len(caught.value.problems) == 5
    for name in (
        "LORE_ENV", "LORE_DATABASE_URL", "DISCORD_PUBLIC_KEY", "LORE_SECRET_KEY", "K_SINK",
    ):  # fmt: skip
        assert name in caught.value.message
    assert "hunter2" not in caught.value.message


@pytest.mark.parametrize(
    ("secret", "remark"),
    [
        ("not base64!", "no base64"),
        (base64.b64encode(b"short").decode(), "too short"),
        (base64.b64encode(b"x" * 32).decode(), "one byte repeated"),
        (base64.b64encode(b"changeme" * 4).decode(), "a word repeated"),
    ],
)
def test_a_placeholder_secret_is_refused(secret: str, remark: str) -> None:
    with pytest.raises(SettingsError, match="openssl rand"):
        pytest.fail(f"{remark}: {load_settings({'LORE_SECRET_KEY': secret})}")


def test_an_empty_variable_counts_as_unset() -> None:
    assert load_settings({"OLLAMA_HOST": "  "}).ollama_host is None


def test_no_variable_reaches_the_simulator() -> None:
    assert load_settings({"simulator": "{}", "SIMULATOR": "{}"}).simulator is None


def test_embedding_on_a_server_needs_a_server() -> None:
    with pytest.raises(SettingsError, match="OLLAMA_HOST must say where Ollama answers"):
        load_settings({"LORE_EMBEDDER": "ollama"})
    named = {"LORE_EMBEDDER": "ollama", "OLLAMA_HOST": "127.0.0.1"}
    assert load_settings(named).embedder == "ollama"


def test_inner_addresses_are_opened_in_development_only() -> None:
    allowed = {"LORE_WEB_ALLOW": "127.0.0.1:8001,localhost:80"}
    settings = load_settings({**allowed, "LORE_ENV": "development"})
    assert settings.web_allowed == {"127.0.0.1:8001", "localhost:80"}
    with pytest.raises(SettingsError, match="development only"):
        load_settings(allowed)


@pytest.mark.parametrize("host", ["localhost:99999", "localhost:abc", "http://[::1"])
def test_an_ollama_nowhere_is_refused_before_anybody_asks(host: str) -> None:
    with pytest.raises(SettingsError, match="OLLAMA_HOST is no address"):
        load_settings({"OLLAMA_HOST": host})
