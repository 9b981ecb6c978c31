"""Homes for the app and the commands that are measured: on a sandbox, on a folder of many cards, with many pushes."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Final

DESK: Final = (sys.executable, "-m", "tui.cli")
STAGES: Final = ("Lead", "AIP issued", "Formal approval", "Ready to settle")
NAMES: Final = ("Nguyen", "Tran", "Whitfield", "Okafor", "Marchetti", "Delaney", "Haddad", "Kowalski")


def environment(home: Path, **more: str) -> dict[str, str]:
    """Return the whole environment of a program that is measured: nothing of the caller's but PATH."""
    secrets = {f"BROKERDESK_{name}_SECRET": "sandbox" for name in ("BROKERENGINE", "FLEX", "TOTAL_EXPERT")}
    return {
        "PATH": os.environ.get("PATH", os.defpath),
        "HOME": str(home),
        "LANG": "C.UTF-8",
        "BROKERDESK_HOME": str(home),
        "BROKERDESK_SIMPLENEXUS_SECRET": "sandbox",
        "PYTHON_KEYRING_BACKEND": "keyring.backends.fail.Keyring",
        **secrets,
        **more,
    }


def card(number: int) -> Mapping[str, object]:
    """Return a card of the contract with one person, as a file of cards holds it."""
    last = NAMES[number % len(NAMES)]
    person = {
        "id": f"P-{number}",
        "first_name": f"Ann{number % 977}",
        "last_name": last,
        "email": f"ann{number}@example.com",
        "birth_date": f"19{number % 50 + 50}-0{number % 9 + 1}-1{number % 9}",
        "mobile_phone": f"04{number:08}",
    }
    return {
        "id": f"C-{number}",
        "title": f"{last} {number}, Ann & Bao",
        "kind": "deal",
        "stage": STAGES[number % len(STAGES)],
        "owner": "m.hale" if number % 3 else "j.park",
        "updated_at": "2026-11-01T09:00:00Z",
        "people": [{"role": "Primary Applicant", "contact": person}],
    }


def home_on_a_folder(home: Path, count: int) -> Path:
    """Make a home whose cards are `count` cards in one file of JSON Lines, without FLEX. Return the home."""
    folder = home / "exports"
    folder.mkdir(parents=True)
    with (folder / "cards.jsonl").open("w", encoding="utf-8") as file:
        file.writelines(json.dumps(card(1000 + number)) + "\n" for number in range(count))
    (home / "config.toml").write_text(
        'profile = "bench"\n[profiles.bench]\nworkspace = "bench"\noperator = "m.hale"\n'
        '[profiles.bench.brokerengine]\nfolder = "exports"\n',
        "utf-8",
    )
    return home
