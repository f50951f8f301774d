"""What one life of the system under test is to be like, told to the process that lives it."""

from typing import Literal

import msgspec

# The application that members ask in whose Discord outlives the system.
APPLICATION = 4711
APPLICATION_SEED = bytes(range(1, 33))
Moment = Literal["before", "after"]


class Boundary(msgspec.Struct, frozen=True, kw_only=True):
    """The ``nth`` commit that a named caller reaches, and which side of it."""

    caller: str
    moment: Moment
    nth: int = 1


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """How the system runs; seconds where nothing else is said.

    ``record`` names a file for the boundaries that were reached. ``drop`` is the share of events
    that is lost, but for those of the sweep. ``copies`` delivers every event so
    often, shuffled, eight at once, every fifth from another source. ``moderator`` has a file added
    in Discord once the system is up. ``slowness`` is added to each batch that is embedded; what is
    ``healed`` embeds every word. ``discord_url`` and ``ollama_host`` are a Discord and a model
    outside of the process.
    """

    database_url: str
    port: int
    manifests: str
    log: str
    embedder: Literal["twin", "real"] = "twin"
    boundary: Boundary | None = None
    record: str | None = None
    lease: float = 30.0
    renewal: float = 10.0
    drop: float = 0.0
    copies: int = 1
    moderator: bool = False
    slowness: float = 0.0
    healed: bool = False
    discord_url: str | None = None
    ollama_host: str | None = None
    seed: int = 0
