"""A profile that is added to config.toml: what is there already stays as it is, byte for byte."""

from __future__ import annotations

from codecs import BOM_UTF8
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import msgspec
from msgspec import Struct

from core.decoding.typed_json import convert_value
from core.error_words import why_failed
from core.errors import UsageError
from core.push.plan import System
from data.book.disk import RealDisk, replace
from data.configuration.definition import Profile, SystemSettings, is_profile_name
from data.configuration.keys import toml_key, toml_value
from data.configuration.shape import SECRET_NAME, ShapeCheck
from data.operator_files.toml_text import BadToml, parse_toml
from data.settings import Settings, parse_config, read_text
from data.vendors.glance import greet
from data.vendors.http.client import HttpClient, SystemAddress, check_url
from data.vendors.http.tokens import Token
from data.vendors.total_expert.client import TokenFile


def config_file(home: Path) -> Path:
    """Give the file of a home's profiles."""
    return home / "config.toml"


def check_name(home: Path, name: str) -> None:
    """Raise `UsageError` where a new profile can't be called so."""
    file = config_file(home)
    if not is_profile_name(name):
        raise UsageError(
            "bad-config", f"A profile can't be called “{name}”.", when="a profile can't have that name"
        )
    if name in parse_config(file, read_text(file)).profiles:
        raise UsageError(
            "profile-exists", f"There is a profile “{name}” in {file} already, and it is not changed."
        )


def check_address(system: System, url: str) -> None:
    """Raise `UsageError` for an address that is neither https nor on this machine."""
    check_url(url, system)


def read_answers(text: str) -> dict[str, Any]:
    """Read a profile's keys as TOML, without its own heading. Raises `UsageError`."""
    try:
        return parse_toml(text)
    except BadToml as error:
        raise UsageError(
            "bad-config", f"The answers are not TOML: {error}.", when="the text is not TOML"
        ) from None


def typed(home: Path, name: str, values: Mapping[str, Any]) -> dict[str, Any]:
    """Give a profile's values as their kinds: "7" is a number where one belongs. Raises `UsageError` by key."""
    for path in _paths(values):
        if SECRET_NAME.search(path[-1]):
            raise UsageError(
                "secret-in-settings",
                f"{'.'.join(path)}: secrets don't belong in the settings, and others can read a command's options.",
            )
    try:
        whole = msgspec.to_builtins(convert_value(values, Profile, strict=False))
    except msgspec.ValidationError:
        check = ShapeCheck(config_file(home), {}, is_typed=True)
        raise next(check.problems(values, Profile, ("profiles", name))).error from None
    return _like(values, whole)


def _paths(values: Mapping[str, Any], above: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    for key, value in values.items():
        yield (*above, key)
        if isinstance(value, Mapping) and key not in ("keys", "owners"):
            yield from _paths(value, (*above, key))


def _like(given: Mapping[str, Any], whole: Mapping[str, Any]) -> dict[str, Any]:
    """Give of `whole` what is in `given`: defaults stay unwritten."""
    return {
        key: _like(value, whole[key]) if isinstance(value, Mapping) else whole[key]
        for key, value in given.items()
    }


def section(name: str, values: Mapping[str, Any]) -> str:
    """Write a profile as TOML: its own keys first, then a table for each system."""
    return "\n".join(_table(("profiles", name), values)) + "\n"


def _table(path: tuple[str, ...], values: Mapping[str, Any]) -> Iterator[str]:
    yield f"[{'.'.join(toml_key(part) for part in path)}]"
    for key, value in values.items():
        if not isinstance(value, Mapping):
            yield f"{toml_key(key)} = {toml_value(value)}"
    for key, value in values.items():
        if isinstance(value, Mapping):
            yield from _table((*path, key), value)


def add_profile(home: Path, name: str, values: Mapping[str, Any]) -> tuple[Settings, bool]:
    """Add a profile at the end of config.toml (0600), in one step; gives it, and whether it is the one used unnamed.

    It is that where the file names no other. Raises `UsageError` where the file can't be read or written, or would
    not be read as it was with the new profile in it: then nothing is changed.
    """
    file = config_file(home)
    check_name(home, name)
    before = parse_config(file, read_text(file))
    try:
        held = file.read_bytes().removeprefix(BOM_UTF8) if file.exists() else b""
        first = "profile" not in parse_toml(held.decode())
        head = f"profile = {toml_value(name)}\n".encode() if first else b""
        gap = b"" if not held else b"\n" if held.endswith(b"\n") else b"\n\n"
        text = head + held + gap + section(name, values).encode()
        after = parse_config(file, text.decode().replace("\r\n", "\n"))
        if {**after.profiles, name: None} != {**before.profiles, name: None}:
            raise AssertionError("adding a profile changed another one")
        disk = RealDisk()
        if not home.exists():
            disk.make_folder(home)
        replace(disk, file.resolve(), text)
    except (OSError, UnicodeEncodeError) as error:
        raise UsageError(
            "bad-config",
            f"{file} can't be written: {why_failed(error)}.",
            when="the file can't be written",
            home=home,
        ) from None
    return Settings(home, name, after.profiles[name]), first or after.profile == name


# -- trying a connection -------------------------------------------------------------------------------------


class Tried(Struct, frozen=True):
    """A connection that was tried. `token` is what Total Expert gave: it gives two an hour, so it is kept for later."""

    address: SystemAddress
    token: Token | None

    async def keep_token(self, settings: Settings) -> None:
        """Keep the token where the next command looks for it."""
        if self.token is not None:
            file = TokenFile(settings.folder, self.address)
            if await file.take():
                try:
                    await file.save(self.token)
                finally:
                    await file.release()


class _Held:
    """A token in memory alone. What an earlier credential was given is not used: it is this one that is tried."""

    token: Token | None = None

    async def take(self) -> bool:
        """Nobody else is there."""
        return True

    async def release(self) -> None:
        """Nobody waits."""

    async def load(self) -> Token | None:
        """Give none, so that one is asked for."""
        return None

    async def save(self, token: Token) -> None:
        """Remember it."""
        self.token = token


async def try_system(system: System, said: SystemSettings, secret: str) -> Tried:
    """Sign in to a system and read a little. Raises `Unreachable`, `UsageError` saying what is wrong."""
    address = SystemAddress(system, said.url, said.client_id, secret, rate=said.rate, deadline=said.deadline)
    held = _Held() if system is System.TOTAL_EXPERT else None
    wire = HttpClient(address, keep=held)
    try:
        await greet(wire)
    finally:
        await wire.close()
    return Tried(address, held.token if held else None)
