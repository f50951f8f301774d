"""The gateway's own words: who somebody is, and what they are in a guild."""

from enum import Enum

import msgspec


class Role(Enum):
    """What a person may do in a guild; each role may do all that the ones before it may."""

    MEMBER = "member"
    MODERATOR = "moderator"
    ADMINISTRATOR = "administrator"

    def covers(self, needed: "Role") -> bool:
        """Tell whether this role may do what ``needed`` may."""
        ranks = list(Role)
        return ranks.index(self) >= ranks.index(needed)


class Viewer(msgspec.Struct, frozen=True, kw_only=True):
    """A person who is signed in."""

    user_id: int
    name: str


class Membership(msgspec.Struct, frozen=True, kw_only=True):
    """A guild the viewer is in, and as what."""

    guild_id: int
    name: str
    role: Role
