"""config.toml: every documented key is taken, anything else is refused by name; where home and secrets come from."""

from __future__ import annotations

from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import keyring
import pytest
from keyring.errors import KeyringLocked

from core.contacts.match.roles import AgentRule
from core.contacts.payloads import NewContactOptions
from core.errors import UsageError
from core.local_forms import Country
from core.push.plan import System
from data.configuration.definition import EMBEDDED, Profile
from data.connections import connect
from data.settings import (
    Settings,
    check_live,
    find_home,
    find_secret,
    load_settings,
    login_name,
    read_agents,
    read_desk_time,
    read_new_contacts,
    read_one_way,
    read_send_hours,
    read_ties,
    secret_variable,
)
from data.vendors.http.client import SystemAddress

# The listing of the design page, whole.
LISTING = """
profile = "live"
[profiles.live]
live = true
workspace = "harbour-loans"
book = "tinydb"
operator = "m.hale"
same_email_other_name = "hold"
writer = "vendor"
one_way = "none"
auto_push = false
undo_days = 7
map = "my-map.toml"
milestones = "my-milestones.toml"
[profiles.live.owners]
"jo@desk.example" = "dana@desk.example"
[profiles.live.brokerengine]
url = "https://be.example"
client_id = "desk"
settle = 60
rate = 500
deadline = 30
[profiles.live.flex]
url = "https://flex.example"
client_id = "desk"
settle = 0
rate = 500
deadline = 30
[profiles.live.simplenexus]
url = "https://sn.example"
client_id = "desk"
[profiles.live.total_expert]
url = "https://te.example"
client_id = "desk"
source = "brokerdesk"
[profiles.live.listen]
port = 8765
"""


def _load(home: Path, text: str, profile: str | None = None) -> Settings:
    home.mkdir(exist_ok=True)
    (home / "config.toml").write_text(text, "utf-8")
    return load_settings(home, profile)


def _refused(home: Path, text: str, profile: str | None = None) -> UsageError:
    with pytest.raises(UsageError) as caught:
        _load(home, text, profile)
    assert caught.value.exit_code == 2
    assert str(home / "config.toml") in caught.value.message
    return caught.value


def test_every_key_of_the_listing_is_taken(tmp_path: Path) -> None:
    settings = _load(tmp_path, LISTING)
    profile = settings.profile
    assert (settings.name, profile.live, settings.operator, settings.embedded) == (
        "live",
        True,
        "m.hale",
        False,
    )
    assert (profile.workspace, profile.book, profile.undo_days) == ("harbour-loans", "tinydb", 7)
    assert (profile.same_email_other_name, profile.writer, profile.one_way) == ("hold", "vendor", "none")
    assert (profile.map, profile.milestones, profile.auto_push) == (
        "my-map.toml",
        "my-milestones.toml",
        False,
    )
    assert read_ties(settings) == {"jo@desk.example": "dana@desk.example"}
    assert settings.folder == tmp_path / "live"
    assert profile.listen.port == 8765
    for system in System:
        chosen = profile.system(system)
        assert chosen is not None
        assert chosen.client_id == "desk"
    flex = profile.system(System.FLEX)
    assert flex is not None
    assert (flex.url, flex.settle, flex.rate, flex.deadline) == ("https://flex.example", 0.0, 500.0, 30.0)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('same_email_other_name = "hold"', 'same_email_other_name = "link"'),
        ('writer = "vendor"', 'writer = "desk"'),
        ('book = "tinydb"', 'book = "postgresql://desk@127.0.0.1/book"'),
        ('one_way = "none"', 'one_way = "officers.txt"'),
        ('url = "https://be.example"', 'folder = "exports/"'),
        ("undo_days = 7", "undo_days = 0"),
        ("settle = 60", "settle = 0.5"),
    ],
)
def test_the_other_documented_values_are_taken(tmp_path: Path, old: str, new: str) -> None:
    _load(tmp_path, LISTING.replace(old, new))


def test_what_is_not_said_has_the_documented_default(tmp_path: Path) -> None:
    text = '[profiles.p]\n[profiles.p.flex]\nurl = "http://127.0.0.1:9"\n[profiles.p.total_expert]\n'
    profile = _load(tmp_path, text, "p").profile
    flex = profile.system(System.FLEX)
    assert flex is not None
    assert (flex.settle, flex.rate, flex.deadline) == (60.0, 500.0, 30.0)
    assert profile.total_expert is not None
    assert profile.total_expert.source == "brokerdesk"
    assert (profile.workspace, profile.label) == ("default", "")
    assert (profile.live, profile.auto_push, profile.undo_days, profile.writer) == (False, False, 7, None)
    assert profile.at_most == 200
    assert profile.system(System.SIMPLENEXUS) is None


# -- live, or not -------------------------------------------------------------------------------------------


def _not_connected(home: Path, text: str, profile: str) -> UsageError:
    settings = _load(home, text, profile)
    with pytest.raises(UsageError) as caught:
        check_live(settings)
    assert str(home / "config.toml") in caught.value.message
    return caught.value


async def test_nothing_is_connected_before_the_check(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BROKERDESK_FLEX_SECRET", "x")
    settings = _load(tmp_path, '[profiles.p.flex]\nurl = "https://flex.example"', "p")
    async with AsyncExitStack() as stack:
        with pytest.raises(UsageError, match="live = true"):
            await connect(settings, [System.FLEX], stack)


@pytest.mark.parametrize(
    "url",
    [
        "https://be.example",
        "http://be.example",
        "https://10.0.0.7/flex",
        "https://[2001:db8::1]/flex",
        "https://127.0.0.1.example",
        "https://localhost.example",
        "nonsense",
        "https://[",
    ],
)
@pytest.mark.parametrize("system", ["brokerengine", "flex", "simplenexus", "total_expert"])
def test_another_machine_needs_live(tmp_path: Path, system: str, url: str) -> None:
    profile = f'[profiles.p.{system}]\nurl = "{url}"'
    error = _not_connected(tmp_path, f"[profiles.p]\n{profile}", "p")
    assert error.code == "not-live"
    assert "live = true in [profiles.p]" in error.fix
    check_live(_load(tmp_path, f'[profiles.p]\nlive = true\nworkspace = "harbour"\n{profile}', "p"))


@pytest.mark.parametrize("url", ["http://127.0.0.1:8000/flex", "http://localhost/flex", "https://[::1]:9/x"])
def test_this_machine_does_not(tmp_path: Path, url: str) -> None:
    check_live(_load(tmp_path, f'[profiles.p.flex]\nurl = "{url}"', "p"))


def test_another_profile_of_the_file_does_not_matter(tmp_path: Path) -> None:
    text = '[profiles.q.flex]\nurl = "https://flex.example"\n[profiles.p.flex]\nurl = "http://127.0.0.1"'
    check_live(_load(tmp_path, text, "p"))


def test_a_live_profile_names_its_workspace(tmp_path: Path) -> None:
    error = _not_connected(tmp_path, "[profiles.p]\nlive = true", "p")
    assert error.code == "no-workspace"
    assert "default" not in error.fix


def test_a_live_profile_that_pushed_without_a_workspace_is_told_the_name_that_it_pushed_under(
    tmp_path: Path,
) -> None:
    (tmp_path / "p").mkdir(parents=True)
    (tmp_path / "p" / "book.log").write_bytes(b"")
    error = _not_connected(tmp_path, "[profiles.p]\nlive = true", "p")
    assert error.code == "no-workspace"
    assert 'workspace = "default"' in error.fix
    assert (
        _load(tmp_path, '[profiles.p]\nlive = true\nworkspace = "default"', "p").profile.workspace
        == "default"
    )


@pytest.mark.parametrize(
    ("system", "key"),
    [
        ("flex", 'folder = "exports"'),
        ("simplenexus", 'folder = "exports"'),
        ("total_expert", 'folder = "exports"'),
        ("flex", 'source = "desk"'),
        ("brokerengine", 'source = "desk"'),
        ("simplenexus", 'source = "desk"'),
    ],
)
def test_a_key_that_a_system_has_no_use_for_is_refused(tmp_path: Path, system: str, key: str) -> None:
    error = _refused(tmp_path, f"[profiles.p.{system}]\n{key}", "p")
    assert (error.code, key.split(maxsplit=1)[0] in error.message) == ("unknown-key", True)


# -- wrong keys and values ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "key", "suggestion"),
    [
        ('profil = "live"', "profil", "profile"),
        ("[profiles.a]\nopperator = 'x'", "opperator", "operator"),
        ("[profiles.a]\nundo_day = 1", "undo_day", "undo_days"),
        ("[profiles.a]\nowner = {}", "owner", "owners"),
        ("[profiles.a.flex]\nclientid = 'x'", "clientid", "client_id"),
        ("[profiles.a.total-expert]\nurl = 'x'", "total-expert", "total_expert"),
        ("[profiles.a.listen]\nprt = 1", "prt", "port"),
        ("[profiles.a.flex]\nsecret = 'hunter2'", "secret", None),
        ("[profiles.a]\nzzzz = 1", "zzzz", None),
    ],
)
def test_an_unknown_key_is_named_with_a_suggestion_at_every_level(
    tmp_path: Path, text: str, key: str, suggestion: str | None
) -> None:
    error = _refused(tmp_path, text)
    assert error.code == "unknown-key"
    assert f"“{key}”" in error.message
    assert "hunter2" not in error.message
    assert (f"“{suggestion}”" in error.fix) if suggestion else ("Remove" in error.fix)


@pytest.mark.parametrize(
    ("text", "where"),
    [
        ("profile = 7", "profile"),
        ("[profiles.a]\nlive = 'yes'", "live"),
        ("[profiles.a]\nworkspace = ''", "workspace"),
        ("[profiles.a]\nwriter = 'both'", "writer"),
        ("[profiles.a]\nsame_email_other_name = 'ask'", "same_email_other_name"),
        ("[profiles.a]\nundo_days = -1", "undo_days"),
        ("[profiles.a]\nundo_days = 1.5", "undo_days"),
        ("[profiles.a]\nat_most = 0", "at_most"),
        ('[profiles.a]\nat_most = "200"', "at_most"),
        ("[profiles.a]\nflex = 'https://x'", "flex"),
        ("[profiles.a.flex]\nsettle = -1", "settle"),
        ("[profiles.a.flex]\nrate = 0", "rate"),
        ("[profiles.a.flex]\ndeadline = 0", "deadline"),
        ("[profiles.a.flex]\ndeadline = nan", "deadline"),
        ("[profiles.a.flex]\nsettle = inf", "settle"),
        ("[profiles.a.flex]\nurl = 7", "url"),
        ("[profiles.a.listen]\nport = 70000", "port"),
        ("[profiles.sandbox]\nlive = true", "sandbox"),
        ("[profiles.'../x']\nlive = true", "../x"),
        ("[profiles.'']\nlive = true", "“”"),
    ],
)
def test_a_wrong_value_is_named_by_its_key(tmp_path: Path, text: str, where: str) -> None:
    error = _refused(tmp_path, text)
    assert error.code == "bad-config"
    assert where in error.message.removeprefix(str(tmp_path))


def test_what_is_not_toml_names_the_line(tmp_path: Path) -> None:
    error = _refused(tmp_path, "profile = live\n")
    assert error.code == "bad-config"
    assert "line 1" in error.message


def test_a_config_that_cant_be_read_says_so_without_a_traceback(tmp_path: Path) -> None:
    (tmp_path / "config.toml").mkdir()
    with pytest.raises(UsageError, match="can't be read"):
        load_settings(tmp_path, None)
    (tmp_path / "config.toml").rmdir()
    (tmp_path / "config.toml").write_bytes(b"profile = '\xff'")
    with pytest.raises(UsageError, match="can't be read"):
        load_settings(tmp_path, None)


# -- the contact desk's terms ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("said", "writes"),
    [
        ("live = true", "vendor"),
        ("live = false", "desk"),
        ("", "desk"),
        ("live = true\nwriter = 'desk'", "desk"),
        ("writer = 'vendor'", "vendor"),
    ],
)
def test_a_live_profile_leaves_the_sync_to_the_vendor_unless_told(
    tmp_path: Path, said: str, writes: str
) -> None:
    assert _load(tmp_path, f"[profiles.a]\n{said}", "a").profile.writes == writes


def _one_way(home: Path, content: bytes) -> frozenset[str]:
    home.mkdir(exist_ok=True)
    (home / "officers.txt").write_bytes(content)
    return read_one_way(_load(home, "[profiles.a]\none_way = 'officers.txt'", "a"))


def test_nobody_is_on_the_one_way_integration_unless_a_file_says_who(tmp_path: Path) -> None:
    assert read_one_way(_load(tmp_path, "[profiles.a]", "a")) == frozenset()
    text = "\ufeff# who is carried\r\nDana@Desk.example \r\n\r\n  # more\n\tANN@x.example\n"
    assert _one_way(tmp_path, text.encode()) == {"dana@desk.example", "ann@x.example"}


def test_a_one_way_file_may_be_anywhere(tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere.txt"
    elsewhere.write_text("ann@x.example")
    settings = _load(tmp_path / "home", f"[profiles.a]\none_way = '{elsewhere}'", "a")
    assert read_one_way(settings) == {"ann@x.example"}


@pytest.mark.parametrize("line", ["Ann Lee", "ann@", "@x.example", "ann@x.example, bea@x.example", "a@b@c"])
def test_a_line_that_is_no_email_is_named_by_its_number_and_not_quoted(tmp_path: Path, line: str) -> None:
    with pytest.raises(UsageError) as caught:
        _one_way(tmp_path, f"# first\ndana@desk.example\n{line}\n".encode())
    assert caught.value.code == "bad-one-way"
    assert "line 3 " in caught.value.message
    assert line not in caught.value.message


@pytest.mark.parametrize("content", [None, b"\xff\xfea"])
def test_a_one_way_file_that_cant_be_read_is_named(tmp_path: Path, content: bytes | None) -> None:
    if content is not None:
        (tmp_path / "officers.txt").write_bytes(content)
    settings = _load(tmp_path, "[profiles.a]\none_way = 'officers.txt'", "a")
    with pytest.raises(UsageError, match=r"officers\.txt can't be read") as caught:
        read_one_way(settings)
    assert (caught.value.code, caught.value.exit_code) == ("bad-one-way", 2)


@pytest.mark.parametrize("pair", ["jo = 'dana@desk.example'", "'jo@desk.example' = ''"])
def test_a_tie_that_is_no_email_is_named(tmp_path: Path, pair: str) -> None:
    with pytest.raises(UsageError, match="owners") as caught:
        read_ties(_load(tmp_path, f"[profiles.a.owners]\n{pair}", "a"))
    assert caught.value.code == "bad-config"


NEW = "[profiles.a.total_expert]\n"


def test_groups_and_defaults_of_new_contacts_are_read(tmp_path: Path) -> None:
    more = 'source = "us"\ngroups = ["Clients", "All"]\n[profiles.a.total_expert.defaults]\nreferred_by = "the app"'
    read = read_new_contacts(_load(tmp_path, NEW + more, "a"))
    assert read == NewContactOptions("us", ("Clients", "All"), {"referred_by": "the app"})
    assert read_new_contacts(_load(tmp_path, "[profiles.a]", "a")) == NewContactOptions("brokerdesk")


def test_what_an_agent_is_known_by_is_read(tmp_path: Path) -> None:
    named = 'agents.group = "Realtor"\nagents.relations = ["buyer_agent"]'
    more = f'{named}\nagents.license = false\nagents.title_field = "job"'
    read = read_agents(_load(tmp_path, NEW + more, "a"))
    assert read == AgentRule("Realtor", (), ("buyer_agent",), license=False, title_field="job")
    assert read_agents(_load(tmp_path, "[profiles.a]", "a")) == AgentRule()
    assert read_agents(_load(tmp_path, "", None)).group, "the built-in sandbox has a group of agents"
    with pytest.raises(UsageError, match="licence") as caught:
        _load(tmp_path, f"{NEW}agents.licence = true", "a")
    assert (caught.value.code, caught.value.values["near"]) == ("unknown-key", "license")


@pytest.mark.parametrize(
    "field", ["email", "first_name", "title", "external_id", "ok_to_email", "owner", "colour"]
)
def test_a_default_of_a_field_that_says_who_somebody_is_or_wants_is_refused(
    tmp_path: Path, field: str
) -> None:
    with pytest.raises(UsageError, match=field) as caught:
        read_new_contacts(_load(tmp_path, f'{NEW}[profiles.a.total_expert.defaults]\n{field} = "x"', "a"))
    assert caught.value.code == "bad-config"
    assert "referred_by" in caught.value.message


@pytest.mark.parametrize("wrong", ['groups = "Clients"', 'groups = [""]', 'defaults = {referred_by = ""}'])
def test_groups_are_a_list_and_nothing_of_them_is_blank(tmp_path: Path, wrong: str) -> None:
    with pytest.raises(UsageError):
        _load(tmp_path, NEW + wrong, "a")


# -- which profile, which home ------------------------------------------------------------------------------


def test_without_a_config_it_is_the_embedded_sandbox(tmp_path: Path) -> None:
    settings = load_settings(tmp_path, None)
    assert (settings.name, settings.embedded, settings.profile.live) == (EMBEDDED, True, False)
    assert settings.profile.writer == "desk"


def test_the_profile_named_wins_over_the_files_own_choice(tmp_path: Path) -> None:
    text = 'profile = "a"\n[profiles.a]\n[profiles.b]\nworkspace = "bee"'
    assert _load(tmp_path, text).name == "a"
    assert _load(tmp_path, text, "b").profile.workspace == "bee"
    assert _load(tmp_path, text, EMBEDDED).embedded
    assert _load(tmp_path, "[profiles.a]").embedded


@pytest.mark.parametrize(("named", "hint"), [("lve", "Did you mean “live”?"), ("zzz", "sandbox, live")])
def test_an_unknown_profile_is_named_with_those_there_are(tmp_path: Path, named: str, hint: str) -> None:
    error = _refused(tmp_path, LISTING, named)
    assert error.code == "unknown-profile"
    assert f"“{named}”" in error.message
    assert hint in error.fix
    assert _refused(tmp_path, f'profile = "{named}"\n[profiles.live]').code == "unknown-profile"


def test_home_is_the_flag_then_the_environment_then_the_platforms(tmp_path: Path) -> None:
    environment = {"BROKERDESK_HOME": str(tmp_path / "env")}
    assert find_home(str(tmp_path / "flag"), environment) == tmp_path / "flag"
    assert find_home(None, environment) == tmp_path / "env"
    assert find_home("", environment) == tmp_path / "env"
    assert find_home(None, {}).name == "brokerdesk"


def test_a_home_is_absolute_and_knows_the_tilde(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    assert find_home("~/desk", {}) == tmp_path / "desk"
    assert find_home("desk", {}) == tmp_path / "desk"


def test_a_login_name_with_a_byte_that_is_no_utf_8_can_be_written(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("getpass.getuser", lambda: "m.hal\udce9")
    assert login_name() == "m.hal\ufffd"


def test_without_an_operator_it_is_the_login_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LOGNAME", "j.park")
    assert _load(tmp_path, "[profiles.a]", "a").operator == "j.park"


# -- secrets ------------------------------------------------------------------------------------------------


class FakeKeyring(keyring.backend.KeyringBackend):
    """Holds one secret, or is locked."""

    priority = 1

    def __init__(self, held: dict[tuple[str, str], str], *, locked: bool = False) -> None:
        self.held, self.locked = held, locked

    def get_password(self, service: str, username: str) -> str | None:
        if self.locked:
            raise KeyringLocked
        return self.held.get((service, username))

    def set_password(self, service: str, username: str, password: str) -> None:
        raise AssertionError("the desk only reads")

    def delete_password(self, service: str, username: str) -> None:
        raise AssertionError("the desk only reads")


@pytest.fixture
def ring() -> Any:
    before = keyring.get_keyring()
    yield keyring.set_keyring
    keyring.set_keyring(before)


def test_the_variables_are_named_as_documented() -> None:
    assert [secret_variable(system) for system in System] == [
        "BROKERDESK_BROKERENGINE_SECRET",
        "BROKERDESK_FLEX_SECRET",
        "BROKERDESK_SIMPLENEXUS_SECRET",
        "BROKERDESK_TOTAL_EXPERT_SECRET",
    ]


def test_a_secret_comes_from_the_environment_before_the_keyring(tmp_path: Path, ring: Any) -> None:
    ring(FakeKeyring({("brokerdesk", "live:flex"): "from-the-ring"}))
    settings = _load(tmp_path, LISTING)
    assert find_secret(settings, System.FLEX, {"BROKERDESK_FLEX_SECRET": "from-the-env"}) == "from-the-env"
    assert find_secret(settings, System.FLEX, {"BROKERDESK_FLEX_SECRET": ""}) == "from-the-ring"


@pytest.mark.parametrize("locked", [False, True])
def test_a_missing_secret_says_where_to_put_it(tmp_path: Path, ring: Any, locked: bool) -> None:
    ring(FakeKeyring({("brokerdesk", "other:flex"): "s"}, locked=locked))
    with pytest.raises(UsageError) as caught:
        find_secret(_load(tmp_path, LISTING), System.FLEX, {})
    assert caught.value.code == "no-secret"
    assert "“live”" in caught.value.message
    assert "BROKERDESK_FLEX_SECRET" in caught.value.fix
    assert "live:flex" in caught.value.fix


def test_settings_have_no_place_for_a_secret_and_an_address_does_not_show_its_own(tmp_path: Path) -> None:
    settings = _load(tmp_path, LISTING)
    assert "secret" not in repr(settings)
    address = SystemAddress(System.FLEX, "https://flex.example", "desk", "hunter2")
    assert "hunter2" not in f"{address!r} {address}"


@pytest.mark.parametrize(
    ("live", "setting", "careful"),
    [(True, True, True), (True, False, False), (False, True, False), (False, False, False)],
)
def test_only_a_live_profile_starts_carefully_unless_it_says_otherwise(
    live: bool, setting: bool, careful: bool
) -> None:
    assert Profile(live=live, careful_start=setting).is_careful is careful
    assert Profile(live=True).is_careful


def test_the_hours_of_a_profile_are_read_with_its_own_time(tmp_path: Path) -> None:
    hours = read_send_hours(
        _load(tmp_path, '[profiles.a]\nsend_hours = "8-20"\nzone = "America/Chicago"', "a")
    )
    assert hours is not None
    assert (hours.first, hours.last, hours.own(0.0).hour) == (8, 20, 18)
    assert read_send_hours(_load(tmp_path, "[profiles.a]", "a")) is None


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ('send_hours = "20-8"', "profiles.a.send_hours: “20-8” ends before it begins"),
        ('send_hours = "8 to 20"', "profiles.a.send_hours: “8 to 20” is not two hours"),
        ('zone = "Mars/Phobos"', "profiles.a.zone: this machine knows no time zone “Mars/Phobos”"),
    ],
)
def test_hours_that_can_not_be_used_are_named(tmp_path: Path, text: str, named: str) -> None:
    with pytest.raises(UsageError) as caught:
        read_send_hours(_load(tmp_path, f"[profiles.a]\n{text}", "a"))
    assert caught.value.code == "bad-config"
    assert named in caught.value.message
    assert "README" not in caught.value.fix


def test_the_country_is_that_of_the_systems_unless_the_profile_says(tmp_path: Path) -> None:
    flex = '[profiles.a.flex]\nurl = "http://127.0.0.1:1"'
    contacts = '[profiles.a.total_expert]\nurl = "http://127.0.0.1:1"'

    def country(text: str) -> Country:
        return _load(tmp_path, text, "a").country

    assert country("[profiles.a]") is Country.AU
    assert country(flex) is Country.AU
    assert country(contacts) is Country.US
    assert country(f"{flex}\n{contacts}") is Country.AU
    assert country(f'[profiles.a]\ncountry = "US"\n{flex}') is Country.US
    assert country(f'[profiles.a]\ncountry = "AU"\n{contacts}') is Country.AU


def test_a_country_that_nobody_knows_is_named(tmp_path: Path) -> None:
    with pytest.raises(UsageError) as caught:
        _load(tmp_path, '[profiles.a]\ncountry = "NZ"', "a")
    assert (caught.value.code, "country: “NZ”" in caught.value.message) == ("bad-config", True)


def test_the_desks_time_has_the_zone_and_the_country_of_the_profile(tmp_path: Path) -> None:
    zone = 'zone = "America/Chicago"\n[profiles.a.total_expert]\nurl = "http://127.0.0.1:1"'
    local = read_desk_time(_load(tmp_path, f"[profiles.a]\n{zone}", "a"))
    assert local.moment(0.0) == "Dec 31, 1969, 18:00"
    with pytest.raises(UsageError, match="knows no time zone"):
        read_desk_time(_load(tmp_path, '[profiles.a]\nzone = "Mars/Phobos"', "a"))
