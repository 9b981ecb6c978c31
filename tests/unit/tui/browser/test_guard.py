"""Nobody but the browser that opened the link is served anything: every status, over real HTTP."""

from __future__ import annotations

import logging
import re
from typing import Any

import aiohttp
import pytest

from core.errors import DeskError, UsageError
from tests.unit.tui.browser.conftest import Served, serving
from tui.browser.guard import BrowserAddress, local_addresses, public_address
from tui.browser.server import bind, read_page_files

PAGES = ["", "alive", "page/aaaaaaaa", "desk.js", "textual.js", "nothing", "../", "%2e%2e/"]


@pytest.mark.parametrize("path", PAGES)
async def test_without_the_cookie_nothing_is_served(served: Served, path: str) -> None:
    answer = await served.get(served.place + path)
    assert answer.status == 401
    assert "press Enter" in await answer.text()
    assert "Set-Cookie" not in answer.headers


@pytest.mark.parametrize("path", ["/", "/favicon.ico", "/ws", "/static/js/textual.js", "/download/x"])
async def test_outside_its_own_place_nothing_is_served(served: Served, path: str) -> None:
    assert (await served.get(path)).status == 401
    await served.open_link()
    answer = await served.get(path)
    assert answer.status == 404


async def test_a_link_works_once(served: Served) -> None:
    link = served.server.guard.new_link().removeprefix(served.origin)
    first = await served.get(link)
    assert (first.status, "Set-Cookie" in first.headers) == (200, True)
    again = await served.get(link)
    assert (again.status, "Set-Cookie" in again.headers) == (401, False)


async def test_a_new_link_replaces_the_one_before(served: Served) -> None:
    first, second = (served.server.guard.new_link().removeprefix(served.origin) for _ in range(2))
    assert (await served.get(first)).status == 401
    assert (await served.get(second)).status == 200


@pytest.mark.parametrize("key", ["", "wrong", "%C3%A9", "%00"])
async def test_a_wrong_key_opens_nothing_and_spoils_nothing(served: Served, key: str) -> None:
    link = served.server.guard.new_link().removeprefix(served.origin)
    assert (await served.get(f"{served.place}?key={key}")).status == 401
    assert (await served.get(link)).status == 200


async def test_the_cookie_is_out_of_reach_of_scripts_other_sites_and_other_ports(served: Served) -> None:
    answer = await served.open_link()
    parts = answer.headers["Set-Cookie"].split("; ")
    assert set(parts[1:]) == {"HttpOnly", f"Path={served.place}", "SameSite=Strict"}
    assert len(served.place) > 20
    assert "Max-Age" not in answer.headers["Set-Cookie"]  # it ends with the browser


async def test_the_key_leaves_the_address_and_nothing_is_told_to_others(served: Served) -> None:
    answer = await served.open_link()
    assert 'http-equiv="refresh" content="0; url=./"' in await answer.text()
    assert answer.headers["Referrer-Policy"] == "no-referrer"
    assert answer.headers["Cache-Control"] == "no-store"
    page = await served.get(served.place)
    assert (page.status, page.headers["Referrer-Policy"]) == (200, "no-referrer")


async def test_a_browser_that_opens_its_old_link_again_finds_the_desk(served: Served) -> None:
    link = served.server.guard.new_link().removeprefix(served.origin)
    served.cookie = (await served.get(link)).headers["Set-Cookie"].split(";")[0]
    again = await served.get(link)
    assert (again.status, "Set-Cookie" in again.headers) == (200, False)
    assert 'content="0; url=./"' in await again.text()  # without the key


@pytest.mark.parametrize(
    "host",
    ["evil.example", "127.0.0.1", "localhost:1", "evil.example:{port}", "127.0.0.1:{port}.evil.example", ""],
)
async def test_a_foreign_host_gets_421(served: Served, host: str) -> None:
    await served.open_link()
    answer = await served.get(served.place, Host=host.format(port=served.port))
    assert answer.status == 421
    link = served.server.guard.new_link().removeprefix(served.origin)
    assert (await served.get(link, Host=host.format(port=served.port))).status == 421
    assert (await served.get(link)).status == 200  # the key was not used up


async def test_this_machine_has_two_names(served: Served) -> None:
    await served.open_link()
    assert (await served.get(served.place, Host=f"LOCALHOST:{served.port}")).status == 200


FOREIGN_ORIGINS = [
    "https://evil.example",
    "null",
    "",
    "http://127.0.0.1:1",
    "https://127.0.0.1:{port}",
    "http://localhost:{port}",  # ours, but not the one of this request
    "http://127.0.0.1:{port}.evil.example",
    "http://127.0.0.1:{port}/",
]


@pytest.mark.parametrize("origin", FOREIGN_ORIGINS)
async def test_another_origin_gets_403_with_the_cookie_too(served: Served, origin: str) -> None:
    await served.open_link()
    for path in ("", "alive", "desk.js", "page/aaaaaaaa"):
        answer = await served.get(served.place + path, Origin=origin.format(port=served.port))
        assert answer.status == 403


@pytest.mark.parametrize("origin", [*FOREIGN_ORIGINS, None])
async def test_a_socket_of_another_origin_or_of_none_is_refused(served: Served, origin: str | None) -> None:
    await served.open_link()
    headers = {"Cookie": served.cookie}
    if origin is not None:
        headers["Origin"] = origin.format(port=served.port)
    with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
        await served.session.ws_connect(f"{served.origin}{served.place}page/aaaaaaaa", headers=headers)
    assert refused.value.status == 403
    assert served.server.apps.running == ()


async def test_a_socket_without_the_cookie_is_refused(served: Served) -> None:
    with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
        async with served.page():
            pass
    assert refused.value.status == 401
    assert served.server.apps.running == ()


async def test_a_socket_for_a_foreign_host_is_refused(served: Served) -> None:
    await served.open_link()
    with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
        await served.session.ws_connect(
            f"{served.origin}{served.place}page/aaaaaaaa",
            headers={"Cookie": served.cookie, "Origin": "http://evil.example", "Host": "evil.example"},
        )
    assert refused.value.status == 421


@pytest.mark.parametrize(
    ("site", "mode", "dest", "status"),
    [
        ("cross-site", "no-cors", "script", 403),
        ("same-site", "no-cors", "script", 403),  # a page of this machine on another port
        ("same-site", "navigate", "iframe", 403),
        ("cross-site", "navigate", "document", 200),  # a person follows a link
        ("same-origin", "no-cors", "script", 200),
        ("none", "navigate", "document", 200),
    ],
)
async def test_what_a_page_of_another_site_loads_is_refused(
    served: Served, site: str, mode: str, dest: str, status: int
) -> None:
    await served.open_link()
    headers = {"Sec_Fetch_Site": site, "Sec_Fetch_Mode": mode, "Sec_Fetch_Dest": dest}
    assert (await served.get(served.place, **headers)).status == status


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "OPTIONS", "HEAD", "TRACE"])
async def test_nothing_but_get_is_answered(served: Served, method: str) -> None:
    await served.open_link()
    assert (await served.get(served.place, method)).status == 405


async def test_the_page_may_load_from_its_own_server_alone(served: Served) -> None:
    await served.open_link()
    page = await served.get(served.place)
    policy = dict(part.split(" ", 1) for part in page.headers["Content-Security-Policy"].split("; "))
    assert policy["default-src"] == "'none'"
    assert policy["script-src"] == policy["font-src"] == "'self'"
    assert policy["connect-src"] == f"'self' ws://127.0.0.1:{served.port}"
    assert policy["frame-ancestors"] == policy["base-uri"] == policy["form-action"] == "'none'"
    text = await page.text()
    loaded = re.findall(r'(?:src|href)="([^"]*)"', text)
    assert loaded == ["data:,", "xterm.css", "desk.css", "desk.js"]
    assert "{" not in text  # every place has its words
    for name in (*read_page_files(), "RobotoMono.ttf"):
        answer = await served.get(served.place + name)
        assert answer.status == 200
        assert answer.headers["X-Content-Type-Options"] == "nosniff"


async def test_no_path_leads_to_another_file(served: Served) -> None:
    await served.open_link()
    for path in (
        "../server.py",
        "..%2fserver.py",
        "%2e%2e%2fserver.py",
        "page/../../etc/passwd",
        "index.html",
    ):
        assert (await served.get(served.place + path)).status in (401, 404)


async def test_a_session_that_nobody_touches_ends(served: Served) -> None:
    await served.open_link()
    served.clock.now += 599.0
    assert (await served.get(served.place)).status == 200
    served.clock.now += 1.0  # a page that asks by itself is no touch
    assert (await served.get(served.place)).status == 401
    served.clock.now -= 300.0
    assert (await served.get(served.place)).status == 401


# -- behind a server with TLS ------------------------------------------------------------------------------


async def test_behind_a_server_in_front_the_public_address_counts() -> None:
    async with serving(is_public=True) as served:
        link = served.server.guard.new_link()
        assert link.startswith(f"https://desk.example.com/office{served.place}?key=")
        path = link.removeprefix("https://desk.example.com/office")
        answer = await served.get(path, Host="desk.example.com")
        cookie = answer.headers["Set-Cookie"]
        assert {"Secure", "HttpOnly", f"Path=/office{served.place}", "SameSite=Strict"} == set(
            cookie.split("; ")[1:]
        )
        served.cookie = cookie.split(";")[0]
        page = await served.get(served.place, Host="desk.example.com")
        assert (page.status, "wss://desk.example.com" in page.headers["Content-Security-Policy"]) == (
            200,
            True,
        )
        alive = served.place + "alive"
        ours = await served.get(alive, Host="desk.example.com", Origin="https://desk.example.com")
        plain = await served.get(alive, Host="desk.example.com", Origin="http://desk.example.com")
        assert (ours.status, plain.status) == (204, 403)


async def test_no_header_of_a_server_in_front_is_believed(served: Served) -> None:
    await served.open_link()
    forwarded = {
        "X_Forwarded_Host": f"127.0.0.1:{served.port}",
        "Forwarded": f"host=127.0.0.1:{served.port};proto=https",
        "X_Forwarded_For": "127.0.0.1",
    }
    assert (await served.get(served.place, Host="evil.example", **forwarded)).status == 421
    answer = await served.get(served.place, X_Forwarded_Host="evil.example", X_Forwarded_Proto="https")
    assert (answer.status, "wss:" in answer.headers["Content-Security-Policy"]) == (200, False)


@pytest.mark.parametrize(
    ("url", "origin", "path"),
    [
        ("https://desk.example.com", "https://desk.example.com", "/"),
        ("https://Desk.Example.com:443/", "https://desk.example.com", "/"),
        ("https://desk.example.com:8443/a/b", "https://desk.example.com:8443", "/a/b/"),
        ("https://[fd00::1]/", "https://[fd00::1]", "/"),
    ],
)
def test_a_public_address_is_kept_as_a_browser_writes_it(url: str, origin: str, path: str) -> None:
    assert public_address(url) == BrowserAddress(origin, path)


@pytest.mark.parametrize(
    "url",
    [
        "http://desk.example.com",
        "desk.example.com",
        "https://",
        "https://jo@desk.example.com",
        "https://desk.example.com/?a=1",
        "https://desk.example.com/#a",
        "https://desk.example.com:x/",
        "https://[",
        "",
    ],
)
def test_any_other_public_address_is_refused(url: str) -> None:
    with pytest.raises(UsageError) as refused:
        public_address(url)
    assert refused.value.code == "bad-public-url"


def test_the_port_80_is_not_part_of_an_address() -> None:
    assert [address.host for address in local_addresses(("127.0.0.1", "::1"), 80)] == ["127.0.0.1", "[::1]"]


def test_a_port_that_is_taken_is_named() -> None:
    with bind("127.0.0.1", 0) as taken, pytest.raises(DeskError) as refused:
        bind("127.0.0.1", taken.getsockname()[1])
    assert refused.value.code == "port-in-use"


async def test_the_log_holds_no_key_no_cookie_and_nothing_that_was_sent(
    served: Served, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.DEBUG):
        answer: Any = await served.open_link()
        await served.get(served.place, Host="evil.example")
        await served.get(served.place, Origin="https://evil.example")
        async with served.page() as page:
            await page.send("stdin", "a client's name")
            await page.draws("a client's name")
    said = "\n".join(f"{record.getMessage()} {record.exc_text}" for record in caplog.records)
    assert "refused (421)" in said
    assert "refused (403)" in said
    for secret in (answer.url.query["key"], served.cookie.split("=")[1], served.place, "client", "evil"):
        assert secret not in said
