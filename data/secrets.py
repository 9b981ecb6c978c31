"""Where the desk keeps secrets: the system's keyring, else a file that its owner alone can read. Knows no system.

A secret is named by profile and system (`live:flex`). It is never an argument of a command, and in no other file.
"""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from typing import Any, Final

import msgspec

from core.errors import UsageError
from core.typed_json import decode_json
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
    return _read(secrets_file(home)).get(name) or _from_keyring(name)


def keep_secret(home: Path, name: str, secret: str) -> Path | None:
    """Store a secret in the keyring; where that does not hold it, in the file, which is given then.

    Raises `UsageError` where neither takes it.
    """
    if _to_keyring(name, secret):
        _write(home, name, None)
        return None
    _write(home, name, secret)
    return secrets_file(home)


def _from_keyring(name: str) -> str | None:
    import keyring  # noqa: PLC0415 - slow to load, and often not needed
    from keyring.errors import KeyringError  # noqa: PLC0415

    with suppress(KeyringError, OSError, RuntimeError):  # a backend that is there, and is not running
        stored: Any = keyring.get_password(SERVICE, name)
        return str(stored) if stored else None
    return None


def _to_keyring(name: str, secret: str) -> bool:
    """Store a secret and read it back: a keyring may take what it does not keep."""
    import keyring  # noqa: PLC0415
    from keyring.errors import KeyringError  # noqa: PLC0415

    try:
        keyring.set_password(SERVICE, name, secret)
    except (KeyringError, OSError, RuntimeError):
        return False
    return _from_keyring(name) == secret


def _read(file: Path) -> dict[str, str]:
    try:
        return decode_json(file.read_bytes(), dict[str, str])
    except FileNotFoundError:
        return {}
    except (OSError, msgspec.DecodeError, UnicodeDecodeError) as error:
        raise UsageError("bad-secrets", f"{file} can't be read: {type(error).__name__}.") from None


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
            f"{file} can't be written: {error.strerror or type(error).__name__}.",
            when="the file can't be written",
            home=home,
        ) from None
