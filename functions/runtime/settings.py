"""The one settings object, read from the environment; a bad value stops the start."""

import base64
import binascii
from collections.abc import Mapping
from typing import Annotated, Any, Literal

import msgspec

from functions.runtime.errors import LorekeeperError
from functions.runtime.ollama_address import base_url

SECRET_BYTES = 32
# Whoever signs in on the machine itself, in development; no Discord user has such a small id.
LOCAL_OPERATOR = 1
# The laptop's own library, where no Discord server is needed.
LOCAL_GUILD = 1
Text = Annotated[str, msgspec.Meta(min_length=1)]
Url = Annotated[str, msgspec.Meta(pattern=r"^https?://[^\s/]+")]
DatabaseUrl = Annotated[str, msgspec.Meta(pattern=r"^postgresql://")]
PublicKey = Annotated[str, msgspec.Meta(pattern=r"^[0-9a-fA-F]{64}$")]
Snowflake = Annotated[int, msgspec.Meta(gt=0)]
Count = Annotated[int, msgspec.Meta(ge=1)]
ContextTokens = Annotated[int, msgspec.Meta(ge=1024, le=131_072)]
Saturation = Annotated[float, msgspec.Meta(ge=0, le=10)]
Share = Annotated[float, msgspec.Meta(ge=0, le=1)]
HostsAndPorts = Annotated[str, msgspec.Meta(pattern=r"^[^\s,/@]+:[0-9]+(,[^\s,/@]+:[0-9]+)*$")]


class SettingsError(LorekeeperError):
    """The settings are not usable. Correct the listed values and start again."""

    code = "settings"

    def __init__(self, problems: list[str]) -> None:
        super().__init__("\n".join(["The settings are not usable:", *problems]))
        self.problems = problems


def _variable(name: str, default: Any = msgspec.NODEFAULT) -> Any:
    return msgspec.field(name=name, default=default)


class Simulator(msgspec.Struct, frozen=True, kw_only=True):
    """The stand-in for Discord that ``lore simulate`` plays in development."""

    application_id: int
    public_key: str
    api_url: str


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """Everything an operator can set; the name of each variable stands beside its field."""

    environment: Literal["development", "production"] = _variable("LORE_ENV", "production")
    database_url: DatabaseUrl | None = _variable("LORE_DATABASE_URL", None)
    database_pool: Count = _variable("LORE_DATABASE_POOL", 5)
    secret_key: Text | None = _variable("LORE_SECRET_KEY", None)
    public_url: Url = _variable("LORE_PUBLIC_URL", "http://localhost:8080")
    event_sink: Url | None = _variable("K_SINK", None)
    search_url: Url = _variable("LORE_SEARCH_URL", "http://search.lorekeeper.svc.cluster.local")
    models_path: Text = _variable("LORE_MODELS", ".lore/models")
    # BM25: how soon a word said again stops counting, and how much long passages are held back.
    bm25_k1: Saturation = _variable("LORE_BM25_K1", 1.2)
    bm25_b: Share = _variable("LORE_BM25_B", 0.75)
    discord_application_id: Snowflake | None = _variable("DISCORD_APPLICATION_ID", None)
    discord_public_key: PublicKey | None = _variable("DISCORD_PUBLIC_KEY", None)
    discord_bot_token: Text | None = _variable("DISCORD_BOT_TOKEN", None)
    discord_api_url: Url = _variable("DISCORD_API_URL", "https://discord.com/api/v10")
    ollama_host: Text | None = _variable("OLLAMA_HOST", None)
    chat_model: Text = _variable("LORE_CHAT_MODEL", "llama3.2")
    # One size for every call: another one makes the server load the model again.
    context_tokens: ContextTokens = _variable("LORE_CONTEXT_TOKENS", 4096)
    # How many answers the server writes at once: its OLLAMA_NUM_PARALLEL.
    model_slots: Count = _variable("LORE_MODEL_SLOTS", 1)
    # Who embeds passages; questions are embedded in the process where it carries the model.
    embedder: Literal["embedded", "ollama"] = _variable("LORE_EMBEDDER", "embedded")
    # A folder with a cross-encoder that orders the best passages anew; none is shipped.
    reranker_path: Text | None = _variable("LORE_RERANKER", None)
    # In development: `host:port` pairs that web pages are read from although they are not public.
    web_allow: HostsAndPorts | None = _variable("LORE_WEB_ALLOW", None)
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = _variable("LORE_LOG_LEVEL", "INFO")
    # Set by the laptop's composition alone; no variable of the environment reaches it.
    simulator: Simulator | None = None

    @property
    def in_development(self) -> bool:
        """Tell whether conveniences that would be holes elsewhere are allowed."""
        return self.environment == "development"

    @property
    def operator_id(self) -> int | None:
        """Return who administers every server this installation serves: in development only."""
        return LOCAL_OPERATOR if self.in_development else None

    @property
    def web_allowed(self) -> frozenset[str]:
        """Return the `host:port` pairs that need not be public."""
        named = self.web_allow if self.in_development else None
        return frozenset(named.split(",")) if named else frozenset()

    def secret(self) -> bytes:
        """Return the 32 bytes that interaction tokens are encrypted with."""
        return base64.b64decode(self.secret_key or "", validate=True)


def _problem_with_secret(value: str) -> str | None:
    try:
        secret = base64.b64decode(value, validate=True)
    except binascii.Error:
        return "LORE_SECRET_KEY is not base64. Make one with: openssl rand -base64 32"
    if len(secret) != SECRET_BYTES:
        return "LORE_SECRET_KEY does not hold 32 bytes. Make one with: openssl rand -base64 32"
    # A placeholder repeats itself; 32 random bytes have fewer than 16 distinct ones never.
    if len(set(secret)) < SECRET_BYTES // 2:
        return "LORE_SECRET_KEY is a placeholder. Make one with: openssl rand -base64 32"
    return None


def _problem_with_ollama(host: str) -> str | None:
    try:
        base_url(host)
    except ValueError:
        return "OLLAMA_HOST is no address: write HOST, HOST:PORT or a URL."
    return None


def _problems_of(settings: Settings) -> list[str]:
    problems = []
    if settings.secret_key and (problem := _problem_with_secret(settings.secret_key)):
        problems.append(problem)
    if settings.ollama_host and (problem := _problem_with_ollama(settings.ollama_host)):
        problems.append(problem)
    if settings.web_allow and not settings.in_development:
        problems.append("LORE_WEB_ALLOW opens inner addresses: it is for development only.")
    if settings.embedder == "ollama" and settings.ollama_host is None:
        problems.append("LORE_EMBEDDER is ollama, so OLLAMA_HOST must say where Ollama answers.")
    return problems


def load_settings(environ: Mapping[str, str], *, required: tuple[str, ...] = ()) -> Settings:
    """Read the settings; name the fields that this program cannot do without in ``required``.

    An empty variable counts as unset. Raises :class:`SettingsError` with every problem at once.
    """
    values: dict[str, Any] = {}
    problems: list[str] = []
    for field in msgspec.structs.fields(Settings):
        raw = environ.get(field.encode_name, "").strip()
        if field.name == "simulator":
            continue
        if not raw:
            if field.name in required:
                problems.append(f"{field.encode_name} is not set.")
            continue
        try:
            values[field.name] = msgspec.convert(raw, field.type, strict=False)
        except msgspec.ValidationError:
            # The value may be a secret: name the variable, never what it holds.
            problems.append(f"{field.encode_name} is not of the expected form.")
    settings = Settings(**values)
    problems += _problems_of(settings)
    if problems:
        raise SettingsError(problems)
    return settings
