import httpx
import pytest
from starlette.responses import PlainTextResponse

from functions.local.system import FrontDoor


@pytest.mark.parametrize(
    ("path", "headers", "part", "remark"),
    [
        ("/interactions", {}, "discord", "Discord comes through a tunnel or not"),
        ("/interactions", {"x-forwarded-for": "203.0.113.9"}, "discord", "as through a tunnel"),
        ("/simulator/interactions", {}, "twin", "the command line"),
        ("/simulator/interactions", {"host": "tunnel.example"}, "gateway", "a tunnel's own name"),
        ("/simulator/x", {"x-forwarded-for": "203.0.113.9"}, "gateway", "a tunnel to localhost"),
        ("/documents", {}, "gateway", "a page"),
    ],
)
async def test_a_tunnel_leads_to_the_webhook_but_never_to_the_simulator(
    path: str, headers: dict[str, str], part: str, remark: str
) -> None:
    door = FrontDoor(
        discord=PlainTextResponse("discord"),
        twin=PlainTextResponse("twin"),
        gateway=PlainTextResponse("gateway"),
    )
    transport = httpx.ASGITransport(door)
    async with httpx.AsyncClient(transport=transport, base_url="http://localhost:8080") as http:
        answer = await http.get(path, headers=headers)
    assert answer.text == part, remark
