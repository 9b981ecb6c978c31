"""Writes the page of settings and the schema from the definition of config.toml."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator

from core.push.plan import System
from core.systems import display_name
from data.configuration.definition import SystemSettings
from data.configuration.keys import FREE_NAME, ConfigKey, keys_of, sections, toml_value
from data.configuration.schema import config_schema
from data.settings import (
    BOOK_VARIABLE,
    CALCULATIONS_VARIABLE,
    LISTEN_VARIABLE,
    NOTICE_VARIABLE,
    secret_variable,
)

HEAD = """\
# Configuration

*Written by `make texts` from the program itself.*

The settings are in `config.toml`, in brokerdesk's home: `--home DIR`, else `BROKERDESK_HOME`, else the usual folder for
application data. Without that file brokerdesk runs on the built-in sandbox. `brokerdesk init` adds a profile step by
step, and tries each connection; you can also write the file by hand:

    profile = "live"
    [profiles.live]
    live = true
    workspace = "harbour-loans"
    [profiles.live.flex]
    url = "https://gateway.example.com"
    client_id = "desk"

- `brokerdesk config show` prints each setting with the file and the line that it came from.
- `brokerdesk config check` names each problem with its line, and says what to write. It asks no system;
  `brokerdesk doctor` asks them.
- `brokerdesk config schema` prints the JSON schema, which is also in [config.schema.json](config.schema.json). An
  editor that knows TOML completes and checks the keys with it. Most editors take its file from the first line of
  `config.toml`: `#:schema config.schema.json`.

A profile is chosen by `--profile NAME`, else by `profile` in the file. A path in a setting begins at the home.
"""
SECRETS = """\
## Secrets

No secret is in `config.toml`. `brokerdesk init` stores secrets in the keyring of your system, or in `secrets.json` in
the home if there is no keyring; only you can read that file. A secret in the environment comes first, and is never
stored. `brokerdesk init --profile NAME --secret-of SYSTEM` stores one again. No command takes a secret as an option.

| secret | variable |
|---|---|
"""
ENVIRONMENT = """\
## Environment

| variable | what it does |
|---|---|
| `BROKERDESK_HOME` | the home, unless `--home` names one |
| `BROKERDESK_THEME` | the theme of the app, before `theme` of the profile |
| `NO_COLOR` | the app shows greys instead of colours |
| `VISUAL`, `EDITOR` | your own editor, for notes and for the field map |
"""


def configuration_page() -> str:
    """Return the page of settings: a table for each table of the file, then the secrets and the environment."""
    parts = [HEAD]
    shared = keys_of(SystemSettings)
    for path, section in sections():
        keys = list(keys_of(section).values())
        if issubclass(section, SystemSettings):
            if section is SystemSettings:  # FLEX and SimpleNexus have no keys of their own
                continue
            keys = [key for key in keys if key.name not in shared]
        parts += [f"## {_heading(path)}\n", *_table(keys)]
        if path == ("profiles", FREE_NAME):
            parts += [f"## {_systems_heading()}\n", *_table(shared.values())]
    variables = {
        **{display_name(system): secret_variable(system) for system in System},
        "signature of webhooks (`listen`)": LISTEN_VARIABLE,
        "signature of reported calculations (`calculations`)": CALCULATIONS_VARIABLE,
        "notifications of Total Expert": NOTICE_VARIABLE,
        "a team's book (`book`)": BOOK_VARIABLE,
    }
    rows = "".join(f"| {name} | `{variable}` |\n" for name, variable in variables.items())
    return "\n".join([*parts, SECRETS + rows, ENVIRONMENT])


def schema_page() -> str:
    """Return the JSON schema as a file."""
    return json.dumps(config_schema(), indent=2, ensure_ascii=False) + "\n"


def _heading(path: tuple[str, ...]) -> str:
    return f"`[{'.'.join(path)}]`" if path else "The top of the file"


def _systems_heading() -> str:
    return "The keys of every system"


def _table(keys: Iterable[ConfigKey]) -> Iterator[str]:
    yield "| key | takes | default | what it does |"
    yield "|---|---|---|---|"
    for key in keys:
        if key.section is None:
            yield f"| `{key.name}` | {_takes(key)} | {_default(key)} | {_about(key)} |"
    yield ""


def _takes(key: ConfigKey) -> str:
    return f"{key.takes}" if '"' not in key.takes else key.takes.replace('"', "`")


def _default(key: ConfigKey) -> str:
    return "" if key.default in (None, "", (), {}) else f"`{toml_value(key.default)}`"


def _about(key: ConfigKey) -> str:
    is_plain = key.takes.startswith(("a text", "a list", "a table"))
    wants_example = is_plain and key.examples[0] not in (key.default, [])
    return f"{key.about} Example: `{key.line()}`" if wants_example else key.about
