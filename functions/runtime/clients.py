"""The composition root: each client is built here, once, when somebody first needs it."""

from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, cast

from functions.runtime.bounded_cache import BoundedCache
from functions.runtime.errors import LorekeeperError
from functions.runtime.settings import Settings

if TYPE_CHECKING:
    import asyncpg
    import httpx

    from db.session import Database
    from functions.runtime.discord.client import DiscordClient
    from functions.runtime.embedder.embedder import Embedder
    from functions.runtime.embedder.protocol import EmbeddingModel
    from functions.runtime.embedder.registry import RegisteredModel
    from functions.runtime.events import EventPublisher
    from functions.runtime.ollama.client import OllamaClient
    from functions.runtime.reranker import Reranker
    from functions.runtime.web.client import WebClient
    from functions.runtime.web.robots import Robots

# BM25 over a million passages takes 28 ms at p95 with half of it, 21 with this.
SEGMENT_CACHE_BYTES = 128 * 1024 * 1024


class Clients:
    """What a function reaches the outside by; drivers are imported when first used (cold start).

    The laptop hands in its own ``http`` (routes cluster names to this process), ``database`` and
    ``embedder``, which all functions then share.
    """

    def __init__(
        self,
        settings: Settings,
        *,
        name: str,
        http: "httpx.AsyncClient | None" = None,
        database: "Database | None" = None,
        embedder: "EmbeddingModel | None" = None,
    ) -> None:
        self.settings = settings
        self.name = name
        # The model each guild was last asked with.
        self.known_models: dict[int, RegisteredModel] = {}
        # Segments never change, so search keeps what it has read of them.
        self.segments = BoundedCache(most_bytes=SEGMENT_CACHE_BYTES)
        self._embedders: dict[int, EmbeddingModel] = {}
        self._shared = {"http": http, "database": database, "embedder": embedder}
        self.__dict__.update({key: value for key, value in self._shared.items() if value})

    @cached_property
    def http(self) -> "httpx.AsyncClient":
        """A client for every outgoing request; it follows no redirect."""
        import httpx  # noqa: PLC0415 - cold start

        return httpx.AsyncClient(timeout=httpx.Timeout(30, connect=5), follow_redirects=False)

    @cached_property
    def database(self) -> "Database":
        """Transactions through SQLAlchemy."""
        from db.session import Database  # noqa: PLC0415 - cold start: 300 ms

        return Database(self._database_url, pool_size=self.settings.database_pool)

    async def pool(self) -> "asyncpg.Pool":
        """Return the bare asyncpg pool, for the function that must start in a blink."""
        if "_pool" not in self.__dict__:
            import asyncpg  # noqa: PLC0415 - cold start

            self._pool = await asyncpg.create_pool(
                self._database_url,
                min_size=0,
                max_size=self.settings.database_pool,
                command_timeout=2,
                timeout=2,
            )
        return self._pool

    @cached_property
    def events(self) -> "EventPublisher":
        """The way to the broker."""
        from functions.runtime.events import EventPublisher  # noqa: PLC0415 - cold start

        if self.settings.event_sink is None:
            raise LorekeeperError("K_SINK is not set: there is no broker to send events to.")
        source = f"/lorekeeper/{self.name}"
        return EventPublisher(self.http, sink=self.settings.event_sink, source=source)

    @cached_property
    def embedder(self) -> "EmbeddingModel":
        """The embedded embedding model; loading it takes a second."""
        from functions.runtime.embedder.embedder import Embedder  # noqa: PLC0415 - cold start

        return Embedder.open(Path(self.settings.models_path) / "multilingual-e5-small")

    def embedder_of(self, model: "RegisteredModel") -> "EmbeddingModel":
        """Return the embedding model that a guild's row names; opened when first needed."""
        if model.engine == "embedded" and self.settings.embedder == "embedded":
            return self.embedder
        if model.id not in self._embedders:
            self._embedders[model.id] = self._embedder_on_server(model)
        return self._embedders[model.id]

    def _embedder_on_server(self, model: "RegisteredModel") -> "EmbeddingModel":
        from functions.runtime.ollama.embedding import OllamaEmbedder  # noqa: PLC0415

        host = self.settings.ollama_host
        if host is None:
            raise LorekeeperError(
                f"OLLAMA_HOST is not set: the embedding model {model.name} cannot be reached."
            )
        if model.engine == "ollama":
            return OllamaEmbedder(self.http, host=host, model=model)
        from functions.runtime.ollama.carried import CarriedEmbedder  # noqa: PLC0415

        here = cast("Embedder", self.embedder)
        there = OllamaEmbedder(self.http, host=host, model=model, fold=here.fold)
        return CarriedEmbedder(here, there=there)

    @cached_property
    def reranker(self) -> "Reranker | None":
        """The cross-encoder, or None where no folder is named."""
        if self.settings.reranker_path is None:
            return None
        from functions.runtime.reranker import Reranker  # noqa: PLC0415 - cold start

        return Reranker.open(Path(self.settings.reranker_path))

    @cached_property
    def discord(self) -> "DiscordClient":
        """Discord's API, or the simulator's where an interaction is the simulator's."""
        from functions.runtime.discord.client import DiscordClient  # noqa: PLC0415 - cold start

        return DiscordClient(
            self.http,
            api_url=self.settings.discord_api_url,
            simulator=self.settings.simulator,
            bot_token=self.settings.discord_bot_token,
            public_url=self.settings.public_url,
        )

    @cached_property
    def ollama(self) -> "OllamaClient | None":
        """The language model, or None where no server is named."""
        from functions.runtime.ollama.client import OllamaClient  # noqa: PLC0415 - cold start

        if self.settings.ollama_host is None:
            return None
        return OllamaClient(
            self.http,
            host=self.settings.ollama_host,
            model=self.settings.chat_model,
            context_tokens=self.settings.context_tokens,
        )

    @cached_property
    def web(self) -> "WebClient":
        """Public web pages, by connections that lead to no inner address."""
        from functions.runtime.web.client import WebClient  # noqa: PLC0415 - cold start

        settings = self.settings
        return WebClient(public_url=settings.public_url, allowed=settings.web_allowed)

    @cached_property
    def robots(self) -> "Robots":
        """What the sites of these pages ask of programs."""
        from functions.runtime.web.robots import Robots  # noqa: PLC0415 - cold start

        return Robots(self.web, allowed=self.settings.web_allowed)

    @property
    def _database_url(self) -> str:
        if self.settings.database_url is None:
            raise LorekeeperError("LORE_DATABASE_URL is not set: there is no database to reach.")
        return self.settings.database_url

    async def close(self) -> None:
        """Close what was opened here; what was handed in belongs to whoever did."""
        opened = {key: value for key, value in self.__dict__.items() if not self._shared.get(key)}
        if "_pool" in opened:
            await self._pool.close()
        if "database" in opened:
            await self.database.close()
        if "web" in opened:
            await self.web.close()
        if self.__dict__.get("ollama"):
            await self.__dict__["ollama"].close()
        if "http" in opened:
            await self.http.aclose()
        if "embedder" in opened:
            self.embedder.close()
        if opened.get("reranker"):
            opened["reranker"].close()
