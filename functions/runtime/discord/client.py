"""Discord's API as far as we speak it: edit and follow up an answer, fetch files, set commands."""

import asyncio
import logging
from datetime import datetime, timedelta
from enum import Enum
from typing import Any

import httpx
import msgspec

from functions.runtime.discord.attachments import is_attachment_url
from functions.runtime.discord.patience import (
    REAL_CLOCK,
    Answer,
    Clock,
    Patience,
    Sending,
)
from functions.runtime.discord.replies import Payload, WithFile
from functions.runtime.discord.snowflakes import TOKEN_LIFE
from functions.runtime.errors import (
    InvalidRequestError,
    LorekeeperError,
    NotFoundError,
    TooLargeError,
    UnavailableError,
)
from functions.runtime.settings import Simulator

log = logging.getLogger(__name__)
REQUEST_SECONDS = 10.0
ATTACHMENT_SECONDS = 60.0
# A call that leaves now must arrive before the token dies, by Discord's clock and not by ours.
EXPIRY_MARGIN = timedelta(seconds=30)


class Delivery(Enum):
    """What became of a message; ``UNAVAILABLE`` alone is worth another try later."""

    DELIVERED = "delivered"
    EXPIRED = "expired"
    GONE = "gone"
    REFUSED = "refused"
    UNCERTAIN = "uncertain"
    UNAVAILABLE = "unavailable"


class DiscordRefusedError(LorekeeperError):
    """Discord refused the request."""

    code = "discord_refused"


class ForeignUrlError(InvalidRequestError):
    """That file is not an upload to Discord. Attach the file itself."""

    code = "foreign_url"


class AttachmentGoneError(NotFoundError):
    """Discord no longer holds this file. Attach it again."""

    code = "attachment_gone"


class DiscordClient:
    """Calls Discord, or the simulator for what belongs to the simulator's application."""

    def __init__(
        self,
        http: httpx.AsyncClient,
        *,
        api_url: str,
        simulator: Simulator | None = None,
        bot_token: str | None = None,
        public_url: str = "http://localhost:8080",
        clock: Clock = REAL_CLOCK,
    ) -> None:
        self._http = http
        self._api_url = api_url.rstrip("/")
        self._simulator = simulator
        self._bot_token = bot_token
        # Discord's firewall turns away whoever does not introduce itself in this form.
        self._headers = {"user-agent": f"DiscordBot ({public_url}, 0.1)"}
        self._clock = clock
        self._resting_until = clock.now()

    def rest_seconds(self) -> float:
        """Return how long Discord still wants to hear nothing, of waits that nobody sat out."""
        return max(0.0, (self._resting_until - self._clock.now()).total_seconds())

    async def edit_original(
        self,
        application_id: int,
        token: str,
        payload: Payload | WithFile,
        *,
        expires_at: datetime,
        insist: bool = True,
    ) -> Delivery:
        """Replace the first answer to an interaction; repeating it does no harm.

        Who does not ``insist`` makes one attempt, and returns after the wait that Discord wants.
        """
        url = f"{self._webhook(application_id, token)}/messages/@original"
        return await self._deliver("PATCH", url, payload, expires_at=expires_at, insist=insist)

    async def followup(
        self, application_id: int, token: str, payload: Payload, *, expires_at: datetime
    ) -> Delivery:
        """Send another message; ``UNCERTAIN`` where it may or may not have arrived."""
        url = self._webhook(application_id, token)
        return await self._deliver("POST", url, payload, expires_at=expires_at)

    async def send_message(
        self, application_id: int, channel_id: int, payload: Payload, *, nonce: str
    ) -> Delivery:
        """Write into a channel as the bot; Discord shows what comes twice with a nonce once.

        A nonce has at most 25 characters, and is remembered for some minutes.
        """
        if self._bot_token is None:
            return Delivery.REFUSED
        url = f"{self._base(application_id)}/channels/{channel_id}/messages"
        headers = {**self._headers, "authorization": f"Bot {self._bot_token}"}
        body = {**payload, "nonce": nonce, "enforce_nonce": True}
        patience = Patience(age=TOKEN_LIFE, repeatable=True)
        while True:
            answer = await self._send("POST", url, body, headers=headers)
            if answer.succeeded:
                return Delivery.DELIVERED
            pause = patience.pause(answer)
            if pause is None:
                return self._verdict(answer, repeatable=True)
            await self._clock.sleep(pause)

    @property
    def is_bot(self) -> bool:
        """Whether channels can be written to."""
        return self._bot_token is not None

    async def get_commands(self, application_id: int) -> list[Payload]:
        """Return the commands that are registered for every server."""
        answer = await self._as_bot("GET", application_id, None)
        return msgspec.json.decode(answer.body, type=list[Payload])

    async def put_commands(self, application_id: int, commands: list[Payload]) -> list[Payload]:
        """Replace all of the commands, and return them as Discord keeps them."""
        answer = await self._as_bot("PUT", application_id, commands)
        return msgspec.json.decode(answer.body, type=list[Payload])

    async def fetch_attachment(self, url: str, *, maximum: int) -> bytes:
        """Return a file of at most ``maximum`` bytes that somebody uploaded to Discord.

        Raises ForeignUrlError, AttachmentGoneError, TooLargeError; UnavailableError is transient.
        """
        if not is_attachment_url(url, simulator=self._simulator):
            raise ForeignUrlError
        try:
            async with asyncio.timeout(ATTACHMENT_SECONDS):
                return await self._fetch(url, maximum=maximum)
        except (httpx.TransportError, httpx.DecodingError, TimeoutError) as error:
            raise UnavailableError("Discord did not hand over the file in time.") from error

    async def _fetch(self, url: str, *, maximum: int) -> bytes:
        content = bytearray()
        # Unpacked bytes are counted all the same, should Discord pack them against this wish.
        headers = {**self._headers, "accept-encoding": "identity"}
        async with self._http.stream(
            "GET", url, headers=headers, follow_redirects=False
        ) as response:
            if response.status_code in {403, 404, 410}:
                raise AttachmentGoneError
            if response.status_code in {429, *range(500, 600)}:
                raise UnavailableError("Discord cannot hand over the file right now.")
            if response.status_code != httpx.codes.OK:
                raise ForeignUrlError
            async for piece in response.aiter_bytes():
                content += piece
                if len(content) > maximum:
                    raise TooLargeError(f"The file is larger than {maximum // 2**20} MiB.")
        return bytes(content)

    def _base(self, application_id: int) -> str:
        simulator = self._simulator
        if simulator and application_id == simulator.application_id:
            return simulator.api_url.rstrip("/")
        return self._api_url

    def _webhook(self, application_id: int, token: str) -> str:
        return f"{self._base(application_id)}/webhooks/{application_id}/{token}"

    async def _deliver(
        self,
        method: str,
        url: str,
        payload: Payload | WithFile,
        *,
        expires_at: datetime,
        insist: bool = True,
    ) -> Delivery:
        age = self._clock.now() - (expires_at - TOKEN_LIFE)
        patience = Patience(age=age, repeatable=method == "PATCH")
        # A dead token answers 401, and too many of those get the whole address banned.
        while self._clock.now() < expires_at - EXPIRY_MARGIN:
            answer = await self._send(method, url, payload, headers=self._headers)
            if answer.succeeded:
                return Delivery.DELIVERED
            pause = patience.pause(answer)
            if pause is None:
                return self._verdict(answer, repeatable=method == "PATCH")
            await self._clock.sleep(pause)
            if not insist:
                return Delivery.UNAVAILABLE
        return Delivery.EXPIRED

    async def _as_bot(self, method: str, application_id: int, body: Any) -> Answer:
        if self._bot_token is None:
            raise LorekeeperError(
                "DISCORD_BOT_TOKEN is not set: Discord lets only the bot do this."
            )
        url = f"{self._base(application_id)}/applications/{application_id}/commands"
        headers = {**self._headers, "authorization": f"Bot {self._bot_token}"}
        patience = Patience(age=TOKEN_LIFE, repeatable=True)
        while True:
            answer = await self._send(method, url, body, headers=headers)
            if answer.succeeded:
                return answer
            pause = patience.pause(answer)
            if pause is not None:
                await self._clock.sleep(pause)
            elif answer.is_transient:
                raise UnavailableError("Discord does not take commands right now.")
            else:
                raise DiscordRefusedError(_explained(answer))

    async def _send(self, method: str, url: str, body: Any, *, headers: dict[str, str]) -> Answer:
        encoded: dict[str, Any] = {}
        if isinstance(body, WithFile):
            encoded = {"files": body.parts()}
        elif body is not None:
            encoded = {"content": msgspec.json.encode(body)}
            headers = {**headers, "content-type": "application/json"}
        try:
            response = await self._http.request(
                method, url, headers=headers, timeout=REQUEST_SECONDS, **encoded
            )
        except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout):
            return Answer(sending=Sending.NEVER_LEFT)
        except httpx.TransportError:
            return Answer(sending=Sending.LOST)
        return Answer(
            status=response.status_code, body=response.content, headers=dict(response.headers)
        )

    def _verdict(self, answer: Answer, *, repeatable: bool) -> Delivery:
        """Name what a message came to that no further attempt is made for."""
        if answer.status == httpx.codes.UNAUTHORIZED:
            return Delivery.EXPIRED
        if answer.status == httpx.codes.NOT_FOUND:
            return Delivery.GONE
        log.warning("message not delivered", extra={"status": answer.status, "code": answer.code})
        if not answer.is_transient:
            return Delivery.REFUSED
        if answer.status == httpx.codes.TOO_MANY_REQUESTS:
            until = self._clock.now() + timedelta(seconds=answer.retry_after)
            self._resting_until = max(self._resting_until, until)
        return Delivery.UNAVAILABLE if repeatable or answer.was_not_done else Delivery.UNCERTAIN


def _explained(answer: Answer) -> str:
    if answer.status == httpx.codes.UNAUTHORIZED:
        return "Discord does not accept DISCORD_BOT_TOKEN. Copy it again from the developer portal."
    return f"Discord refused the commands: {answer.message} (code {answer.code})."
