"""Where the desk keeps secrets: the system's keyring, else a file that its owner alone can read. Knows no system.

A secret is named by profile and system (`live:flex`). It is never an argument of a command, and in no other file.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, Final, NamedTuple

import msgspec

from core.decoding.typed_json import decode_json
from core.error_words import why_failed
from core.errors import UsageError
from data.book.disk import RealDisk, replace

SERVICE: Final = "brokerdesk"
"""Under which name the keyring holds them."""


def secrets_file(home: Path) -> Path:
    """Give the file in which secrets are kept where there is no keyring."""
    return home / "secrets.json"


def find_kept(home: Path, name: str) -> str | None:
    """Give a secret that was stored; None where none is. Raises `UsageError` where the file can't be read.

    The file comes first: what is stored in the keyring is taken out of it, so what it holds is never the older one.
    """
    return _read(secrets_file(home)).get(name) or _ask_keyring(name).secret


def place_of(home: Path, name: str) -> str:
    """Return where a secret is stored: "secrets.json", "keyring", or "" if it isn't. Raises `UsageError`."""
    if _read(secrets_file(home)).get(name):
        return secrets_file(home).name
    return "keyring" if _ask_keyring(name).secret else ""


def keep_secret(home: Path, name: str, secret: str) -> Path | None:
    """Store a secret in the keyring; where that does not hold it, in the file, which is given then.

    Raises `UsageError` where neither takes it.
    """
    if _to_keyring(name, secret):
        _write(home, name, None)
        return None
    _write(home, name, secret)
    return secrets_file(home)


def why_no_keyring(name: str) -> str:
    """Return why the keyring can't be asked for a secret, as a clause; "" if it can, or if the machine has none."""
    return _ask_keyring(name).trouble


@contextmanager
def kept_together(home: Path, is_made: Callable[[], bool]) -> Iterator[Callable[[str, str], Path | None]]:
    """Yield a function that stores a secret as `keep_secret` does, for a profile that the block makes.

    If the block fails and `is_made` returns False then, each secret is as it was before, and so is the folder.
    """
    before: dict[str, str | None] = {}
    had_home = home.exists()

    def keep(name: str, secret: str) -> Path | None:
        before.setdefault(name, find_kept(home, name))
        return keep_secret(home, name, secret)

    try:
        yield keep
    except BaseException:
        if not is_made():
            for name, secret in before.items():
                with suppress(UsageError):
                    _put_back(home, name, secret)
            if not had_home:
                with suppress(OSError):
                    home.rmdir()
        raise


def _put_back(home: Path, name: str, secret: str | None) -> None:
    if secret is not None:
        keep_secret(home, name, secret)
        return
    _write(home, name, None)
    import keyring  # noqa: PLC0415 - slow to load

    with suppress(Exception):  # a backend is foreign code, and may raise anything
        keyring.delete_password(SERVICE, name)


class _KeyringAnswer(NamedTuple):
    secret: str | None
    trouble: str


def _ask_keyring(name: str) -> _KeyringAnswer:
    """Ask the keyring for a secret. A backend is foreign code: whatever it raises, other sources of secrets go on."""
    try:
        import keyring  # noqa: PLC0415 - slow to load, and often not needed
        from keyring.errors import KeyringLocked, NoKeyringError  # noqa: PLC0415 - as above
    except Exception:
        return _KeyringAnswer(None, "the program's own keyring library does not load")
    try:
        stored: Any = keyring.get_password(SERVICE, name)
    except NoKeyringError:
        return _KeyringAnswer(None, "")
    except KeyringLocked:
        return _KeyringAnswer(None, "the keyring is locked")
    except (ImportError, AttributeError):
        named = os.environ.get("PYTHON_KEYRING_BACKEND", "")
        return _KeyringAnswer(None, f"the keyring {named} is not installed".replace("  ", " "))
    except Exception:
        return _KeyringAnswer(None, "the keyring does not answer")
    return _KeyringAnswer(str(stored) if stored else None, "")


def _to_keyring(name: str, secret: str) -> bool:
    """Store a secret and read it back: a keyring may take what it does not keep."""
    try:
        import keyring  # noqa: PLC0415 - slow to load

        keyring.set_password(SERVICE, name, secret)
    except Exception:  # a backend is foreign code, and may raise anything
        return False
    return _ask_keyring(name).secret == secret


def _read(file: Path) -> dict[str, str]:
    try:
        return decode_json(file.read_bytes(), dict[str, str])
    except FileNotFoundError:
        return {}
    except (OSError, msgspec.DecodeError, UnicodeDecodeError) as error:
        raise UsageError("bad-secrets", f"{file} can't be read: {why_failed(error)}.") from None


def _write(home: Path, name: str, secret: str | None) -> None:
    """Put a secret into the file, or take it out; a file that holds none is removed."""
    file, disk = secrets_file(home), RealDisk()
    held = _read(file)
    wanted = {key: value for key, value in held.items() if key != name}
    if secret is not None:
        wanted[name] = secret
    if wanted == held:
        return
    try:
        if wanted:
            if not home.exists():
                disk.make_folder(home)
            replace(disk, file, msgspec.json.format(msgspec.json.encode(wanted)))
        else:
            disk.unlink(file)
    except OSError as error:
        raise UsageError(
            "bad-secrets",
            f"{file} can't be written: {why_failed(error)}.",
            when="the file can't be written",
            home=home,
        ) from None
