"""Which addresses a team's book takes: TLS that checks the server to every other machine, and no password."""

import pytest
from psycopg.conninfo import conninfo_to_dict

from core.errors import UsageError
from data.team_book.address import parse_address


@pytest.mark.parametrize(
    "address",
    [
        "postgresql://desk@localhost/book",
        "postgresql://127.0.0.1:6000/book",
        "postgresql://[::1]/book",
        "postgresql:///book?host=/var/run/postgresql",
    ],
)
def test_this_machine_needs_no_tls(address: str) -> None:
    assert "sslmode" not in conninfo_to_dict(parse_address(address).conninfo)


@pytest.mark.parametrize(
    "address",
    [
        "postgresql://db.example.com/book",
        "postgresql://localhost,db.example.com/book",
        "postgresql://localhost/book?hostaddr=192.0.2.1",
    ],
)
def test_another_machine_is_reached_with_tls_that_checks_its_name(address: str) -> None:
    parts = conninfo_to_dict(parse_address(address).conninfo)
    assert (parts["sslmode"], parts["sslrootcert"]) == ("verify-full", "system")


@pytest.mark.parametrize("mode", ["disable", "allow", "prefer", "require", "verify-ca"])
def test_weaker_tls_is_refused_beyond_this_machine(mode: str) -> None:
    with pytest.raises(UsageError, match=f"sslmode={mode}"):
        parse_address(f"postgresql://db.example.com/book?sslmode={mode}")


def test_an_authority_of_ones_own_stays_named() -> None:
    address = "postgresql://db.example.com/book?sslmode=verify-full&sslrootcert=/etc/ours.pem"
    assert conninfo_to_dict(parse_address(address).conninfo)["sslrootcert"] == "/etc/ours.pem"


def test_the_primary_of_several_hosts_is_asked_for() -> None:
    parts = conninfo_to_dict(parse_address("postgresql://a.example.com,b.example.com/book").conninfo)
    assert parts["target_session_attrs"] == "primary"


def test_an_address_without_a_host_means_this_machine_whatever_the_environment_says() -> None:
    assert conninfo_to_dict(parse_address("postgresql:///book").conninfo)["host"] == "localhost"


@pytest.mark.parametrize(
    "address", ["postgresql://desk:" + "hunter2@localhost/book", "postgresql:///b?password=hunter2"]
)
def test_a_password_is_refused_and_not_shown(address: str) -> None:
    with pytest.raises(UsageError) as caught:
        parse_address(address)
    assert "hunter2" not in caught.value.message
    assert ".pgpass" in caught.value.fix


@pytest.mark.parametrize("address", ["postgresql://[", "postgresql://h/b?no_such=1"])
def test_what_is_no_address_is_said(address: str) -> None:
    with pytest.raises(UsageError, match="can't be read"):
        parse_address(address)


def test_what_is_shown_names_user_hosts_ports_and_database() -> None:
    shown = parse_address("postgresql://desk@a.example.com:6000,b.example.com:6001/book").shown
    assert shown == "postgresql://desk@a.example.com:6000,b.example.com:6001/book"
    assert parse_address("postgresql:///book?host=/run/pg").shown == "postgresql:///book?host=/run/pg"
