import pytest

from functions.runtime.web.client import TryLaterError, WebClient
from functions.runtime.web.robots import Robots
from tests.unit.runtime.web.conftest import Site, answer, redirect

RULES = b"""User-agent: *
Disallow: /

User-agent: lorekeeper
Disallow: /private
Allow: /private/open
Crawl-delay: 2
"""


@pytest.fixture
def robots(site: Site, web: WebClient) -> Robots:
    return Robots(web, allowed=frozenset({site.authority}))


async def test_the_rules_for_us_count_and_are_asked_for_once(site: Site, robots: Robots) -> None:
    site.pages["/robots.txt"] = answer(RULES)
    for path, allowed in (("/a", True), ("/private/a", False), ("/private/open", True)):
        rules = await robots.rules(site.url(path))
        assert rules.allows(site.url(path)) is allowed
        assert rules.delay == 2
    assert site.paths == ["/robots.txt"]


@pytest.mark.parametrize(
    ("page", "remark"),
    [
        (answer(status="404 Not Found"), "absent"),
        (answer(status="403 Forbidden"), "closed"),
        (redirect("https://elsewhere.example/robots.txt"), "elsewhere"),
        (answer(b"<html>not found</html>"), "a page instead"),
        (answer(b"\xff\xfe\x00" * 99), "no text"),
    ],
)
async def test_a_site_without_rules_allows_everything(
    site: Site, robots: Robots, page: bytes, remark: str
) -> None:
    site.pages["/robots.txt"] = page
    assert (await robots.rules(site.url("/a"))).allows(site.url("/a")), remark


async def test_a_site_in_trouble_is_left_alone_and_asked_again(site: Site, robots: Robots) -> None:
    site.pages["/robots.txt"] = answer(status="503 Busy")
    with pytest.raises(TryLaterError):
        await robots.rules(site.url("/a"))
    site.pages["/robots.txt"] = answer(RULES)
    assert not (await robots.rules(site.url("/a"))).allows(site.url("/private"))


async def test_a_site_that_wants_a_day_between_pages_gets_half_a_minute(
    site: Site, robots: Robots
) -> None:
    site.pages["/robots.txt"] = answer(b"User-agent: *\nCrawl-delay: 86400\n")
    assert (await robots.rules(site.url("/a"))).delay == 30
