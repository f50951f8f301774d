import asyncio
import base64
import json
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from functions.discord.main import REQUIRED, build
from functions.runtime import lambda_adapter
from functions.runtime.discord.signing import Signer

APPLICATION = 1_335_912_667_546_658_610
PING = json.dumps({"type": 1, "application_id": str(APPLICATION)}).encode()


@pytest.fixture
def handler(monkeypatch: pytest.MonkeyPatch, signer: Signer) -> Iterator[Any]:
    """The handler as Lambda runs it: settings from the environment, in a thread of its own."""
    for name, value in {
        "LORE_DATABASE_URL": "postgresql://nobody@127.0.0.1:1/none",
        "LORE_SECRET_KEY": base64.b64encode(bytes(range(32))).decode(),
        "K_SINK": "http://127.0.0.1:1",
        "DISCORD_APPLICATION_ID": str(APPLICATION),
        "DISCORD_PUBLIC_KEY": signer.public_key,
    }.items():
        monkeypatch.setenv(name, value)
    # The logs of this process are the test runner's.
    monkeypatch.setattr(lambda_adapter, "configure_logs", lambda _: None)
    handle = lambda_adapter.lambda_handler("discord", build, required=REQUIRED)
    with ThreadPoolExecutor(1) as thread:
        yield lambda event: thread.submit(handle, event, None).result()
        thread.submit(lambda: asyncio.get_event_loop().close()).result()


def event(raw: bytes, headers: dict[str, str], *, encoded: bool = False) -> dict[str, Any]:
    """Return a call as an HTTP API of API Gateway passes it on, payload format 2.0."""
    return {
        "version": "2.0",
        "routeKey": "POST /interactions",
        "rawPath": "/interactions",
        "rawQueryString": "",
        "headers": {**headers, "host": "abc.execute-api.eu-central-1.amazonaws.com"},
        "requestContext": {
            "accountId": "123456789012",
            "apiId": "abc",
            "domainName": "abc.execute-api.eu-central-1.amazonaws.com",
            "http": {
                "method": "POST",
                "path": "/interactions",
                "protocol": "HTTP/1.1",
                "sourceIp": "35.196.132.85",
                "userAgent": headers.get("user-agent", ""),
            },
            "requestId": "JKJaXmPLvHcESHA=",
            "routeKey": "POST /interactions",
            "stage": "$default",
            "time": "20/Aug/2026:13:00:00 +0000",
            "timeEpoch": 1787234400000,
        },
        "body": base64.b64encode(raw).decode() if encoded else raw.decode(),
        "isBase64Encoded": encoded,
    }


@pytest.mark.parametrize("encoded", [False, True])
def test_a_call_of_api_gateway_is_verified_over_its_very_bytes(
    handler: Any, signer: Signer, *, encoded: bool
) -> None:
    headers = signer.sign(PING, timestamp=int(time.time()))

    answer = handler(event(PING, headers, encoded=encoded))

    assert (answer["statusCode"], json.loads(answer["body"])) == (200, {"type": 1})
    assert answer["headers"]["content-type"] == "application/json"


def test_a_call_that_is_not_discords_is_401(handler: Any, signer: Signer) -> None:
    headers = signer.sign(PING, timestamp=int(time.time()))

    assert handler(event(PING + b" ", headers))["statusCode"] == 401
