"""Who is asking: opaque tokens, kept as hashes, sent as a cookie or a bearer."""

import re
import secrets
from hashlib import sha256
from typing import Annotated
from urllib.parse import urlsplit

import msgspec
from fastapi import APIRouter, Depends, Request
from fastapi.responses import JSONResponse, Response

from db.session import Database
from functions.runtime.app import read_body
from functions.runtime.clients import Clients
from functions.runtime.errors import (
    ForbiddenError,
    InvalidRequestError,
    UnauthenticatedError,
)
from functions.runtime.settings import Settings
from gateway import development, queries, rate_limits
from gateway.words import Membership, Viewer

COOKIE = "lore_session"
HEADER = "x-lorekeeper"
FOREIGN = frozenset({"cross-site", "same-site"})
TOKEN_BYTES = 32
LONGEST_NAME = 80
TOKEN = re.compile(r"[A-Za-z0-9_-]{43}")

router = APIRouter()


class Credentials(msgspec.Struct, frozen=True, kw_only=True):
    """A token as it was sent; one in a cookie may have been sent by a foreign page."""

    token: str
    from_cookie: bool


class SignIn(msgspec.Struct, frozen=True, kw_only=True):
    """What a person may say when signing in on their own machine."""

    name: str = development.USER_NAME


def clients_of(request: Request) -> Clients:
    """Return what this gateway reaches the outside by."""
    clients: Clients = request.app.state.clients
    return clients


Connected = Annotated[Clients, Depends(clients_of)]


def new_token() -> str:
    """Return 256 random bits, fit for a header and a cookie."""
    return secrets.token_urlsafe(TOKEN_BYTES)


def token_hash(token: str) -> str:
    """Return what is stored of a token, in hexadecimal."""
    return sha256(token.encode()).hexdigest()


def credentials(request: Request) -> Credentials | None:
    """Return the token that came with a request; a bearer goes before the cookie."""
    scheme, _, bearer = request.headers.get("authorization", "").partition(" ")
    from_cookie = scheme.lower() != "bearer"
    token = request.cookies.get(COOKIE, "") if from_cookie else bearer.strip()
    if not TOKEN.fullmatch(token):
        return None
    return Credentials(token=token, from_cookie=from_cookie)


async def identify(request: Request, database: Database) -> Viewer | None:
    """Return who sent a request; None where the token is missing, unknown or expired."""
    sent = credentials(request)
    if sent is None:
        return None
    hashed = token_hash(sent.token)
    # Row level security shows a session to the transaction that names its hash, and to no other.
    async with database.transaction(session=hashed) as session:
        return await queries.viewer_of_session(session, bytes.fromhex(hashed))


async def signed_in(request: Request, clients: Connected) -> Viewer:
    """Return who sent a request, or refuse it; a cookie counts only from our own pages."""
    viewer = await identify(request, clients.database)
    if viewer is None:
        raise UnauthenticatedError
    if (sent := credentials(request)) and sent.from_cookie:
        refuse_foreign_pages(request, clients.settings)
    return viewer


SignedIn = Annotated[Viewer, Depends(signed_in)]


async def visiting(request: Request, clients: Connected) -> Viewer:
    """Return who followed a link to a download, or refuse it; a link cannot send a header.

    A foreign page could not read the answer, but it could have it sent; browsers say so.
    """
    viewer = await identify(request, clients.database)
    if viewer is None:
        raise UnauthenticatedError
    sent = credentials(request)
    if sent and sent.from_cookie and request.headers.get("sec-fetch-site") in FOREIGN:
        raise ForbiddenError("This request came from another site's page, so it was refused.")
    return viewer


Visiting = Annotated[Viewer, Depends(visiting)]


def refuse_foreign_pages(request: Request, settings: Settings) -> None:
    """Raise ForbiddenError unless the request could only come from our own pages or programs.

    A foreign page cannot add a header without asking first, and is never answered yes.
    """
    if not request.headers.get(HEADER):
        raise ForbiddenError("The X-Lorekeeper header is missing. Send it with the value 1.")
    refuse_foreign_origin(request, settings)


def refuse_foreign_origin(request: Request, settings: Settings) -> None:
    """Raise ForbiddenError where a browser names another site's page as the sender."""
    origin = request.headers.get("origin")
    if origin is None:
        return
    sender = urlsplit(origin)
    own = {urlsplit(settings.public_url).netloc, request.headers.get("host", "")}
    # The dashboard's development server runs at another port of the same machine.
    nearby = settings.in_development and sender.hostname in development.LOOPBACK
    if not sender.netloc or (sender.netloc not in own and not nearby):
        raise ForbiddenError("This request came from another site's page, so it was refused.")


async def _sign_in_body(request: Request) -> SignIn:
    body = await read_body(request, maximum=1024)
    try:
        words = msgspec.json.decode(body or b"{}", type=SignIn)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise InvalidRequestError('The body is not of the form {"name": "..."}.') from error
    printable = "".join(filter(str.isprintable, words.name)).strip()
    return SignIn(name=printable[:LONGEST_NAME] or development.USER_NAME)


def _with_cookie(response: Response, settings: Settings, *, token: str) -> Response:
    response.set_cookie(
        COOKIE,
        token,
        max_age=queries.SESSION_DAYS * 24 * 3600 if token else 0,
        httponly=True,
        samesite="lax",
        secure=settings.public_url.startswith("https://"),
    )
    return response


def membership_words(membership: Membership) -> dict[str, str]:
    """Return a membership as the sign-in answers it, in the words of the GraphQL schema."""
    return {
        "id": str(membership.guild_id),
        "name": membership.name,
        "role": membership.role.name,
    }


@router.get("/auth/methods")
async def methods(clients: Connected) -> Response:
    """Say which ways to sign in there are."""
    return JSONResponse({"methods": ["development"] if clients.settings.in_development else []})


@router.post("/auth/development")
async def sign_in_for_development(request: Request, clients: Connected) -> Response:
    """Sign in as the person who runs this on their own machine."""
    development.refuse_elsewhere(request, clients.settings)
    refuse_foreign_origin(request, clients.settings)
    words = await _sign_in_body(request)
    await rate_limits.charge(
        clients.database, rate_limits.LOCAL_SIGN_INS, principal=rate_limits.principal(request, None)
    )
    token = new_token()
    looked_after = await development.sign_in(
        clients.database, token_hash=token_hash(token), name=words.name
    )
    viewer = {
        "id": str(development.USER_ID),
        "name": words.name,
        "guilds": [membership_words(membership) for membership in looked_after],
    }
    return _with_cookie(
        JSONResponse({"token": token, "viewer": viewer}), clients.settings, token=token
    )


@router.post("/auth/sign-out")
async def sign_out(request: Request, clients: Connected) -> Response:
    """Forget the session; its token is worth nothing from here on."""
    if sent := credentials(request):
        if sent.from_cookie:
            refuse_foreign_pages(request, clients.settings)
        hashed = token_hash(sent.token)
        async with clients.database.transaction(session=hashed) as session:
            await queries.forget_session(session, bytes.fromhex(hashed))
    return _with_cookie(Response(status_code=204), clients.settings, token="")
