"""What a module loads is part of what it may know, and of how fast the desk starts."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parent.parent
CORE = sorted(
    ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")
    for path in (ROOT / "core").rglob("*.py")
)
OUTSIDE = [
    "textual",
    "rich",
    "httpx",
    "tinydb",
    "starlette",
    "uvicorn",
    "keyring",
    "filelock",
    "platformdirs",
]

# Where all modules together load nothing of it, none does. Else each module starts from what was loaded before any of
# ours, so that none hides behind another.
PROBE = """
import importlib, json, sys
modules, watched = json.load(sys.stdin)
before = set(sys.modules)

def forget():
    for loaded in set(sys.modules) - before:
        if loaded.split(".")[0] in ("core", "data", "tui", *watched):
            del sys.modules[loaded]

def found():
    return sorted({loaded.split(".")[0] for loaded in sys.modules} & set(watched))

for name in modules:
    importlib.import_module(name)
if found():
    apart = {}
    for name in modules:
        forget()
        importlib.import_module(name)
        apart[name] = found()
else:
    apart = dict.fromkeys(modules, [])
print(json.dumps(apart))
"""


def _run(code: str, given: Any = None) -> Any:
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=ROOT,
        input=json.dumps(given),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])


@pytest.fixture(scope="module")
def loaded() -> dict[str, list[str]]:
    return _loaded_by(CORE)


def _loaded_by(modules: list[str]) -> dict[str, list[str]]:
    """Return for each module what it loads of the libraries and rooms that the core must not know."""
    found: dict[str, list[str]] = _run(PROBE, [modules, [*OUTSIDE, "data", "tui"]])
    return found


@pytest.mark.parametrize("module", CORE)
def test_a_module_of_the_core_loads_no_screen_no_http_and_no_file(
    module: str, loaded: dict[str, list[str]]
) -> None:
    assert loaded[module] == []


def test_the_probe_sees_what_is_loaded_and_by_which_module() -> None:
    found = _loaded_by(["core.error_words", "data.vendors.http.client", "core.flex.plans"])
    assert found.keys() == {"core.error_words", "data.vendors.http.client", "core.flex.plans"}
    assert "httpx" in found["data.vendors.http.client"]
    assert found["core.error_words"] == found["core.flex.plans"] == []


COMMAND = """
import contextlib, io, json, sys
from tui.cli.parser.root import parse
options = parse(json.load(sys.stdin))
watched = {"textual", "httpx", "keyring", "starlette", "uvicorn", "tinydb", "rich"}
print(json.dumps(sorted({name.split(".")[0] for name in sys.modules} & watched)))
"""


@pytest.mark.parametrize("arguments", [["cards"], ["push", "card", "C-1", "--yes"], ["links"], []])
def test_parsing_a_command_loads_nothing_heavy(arguments: list[str]) -> None:
    assert _run(COMMAND, arguments) == []


PRINT = """
import contextlib, io, json, sys
from tui.cli import console
from tui.cli.main import main
with contextlib.redirect_stdout(io.StringIO()), contextlib.suppress(SystemExit):
    main(json.load(sys.stdin))
watched = {"asyncio", "dataclasses", "importlib.metadata", "inspect", "logging", "msgspec"}
if sys.version_info >= (3, 14):
    watched -= {"dataclasses", "inspect"}  # argparse loads them for its colours, which we switch off
print(json.dumps(sorted(watched & set(sys.modules))))
"""


@pytest.mark.parametrize("arguments", [["--version"], ["--help"], ["push", "card", "--help"], ["no-command"]])
def test_what_the_parser_alone_can_say_loads_nothing_that_runs_a_command(arguments: list[str]) -> None:
    assert _run(PRINT, arguments) == []


APP_ALONE = """
import json, sys
from tui.cli.main import _parse
options = _parse([])
print(json.dumps([options.command, options.home, options.profile, options.json, "argparse" in sys.modules]))
"""


def test_the_app_without_options_loads_no_parser() -> None:
    assert _run(APP_ALONE) == [["app", "app"], None, None, False, False]


LISTS = """
import json, sys
from tui.cli.run import find_command
find_command(*json.load(sys.stdin))
watched = ("httpx", "core.push.engine", "core.flex.plans", "core.contacts.match", "core.milestones.use_cases")
print(json.dumps([name for name in watched if name in sys.modules]))
"""


@pytest.mark.parametrize(
    "command", [["cards.board", "cards"], ["book.activity", "activity"], ["book.links", "links"]]
)
def test_a_command_that_lists_loads_nothing_that_plans_matches_or_sends(command: list[str]) -> None:
    assert _run(LISTS, command) == []


CLIENT = """
import json, sys
import data.vendors.http.client
print(json.dumps(sorted({name.split(".")[0] for name in sys.modules} & {"click", "rich", "pygments"})))
"""


def test_the_http_client_loads_no_command_line_of_its_library() -> None:
    assert _run(CLIENT) == []


RUN = """
import contextlib, io, json, sys
from tui.cli.main import main
with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
    code = main(json.load(sys.stdin))
print(json.dumps([code, sorted(name for name in sys.modules if name.split(".")[0] == "textual")]))
"""


def test_a_whole_command_runs_without_textual(tmp_path: Path) -> None:
    assert _run(RUN, ["links", "--home", str(tmp_path)]) == [0, []]


START = """
import json, sys
import tui.app
rooms = ("cards", "contacts", "milestones", "activity", "connections")
shown = [name for name in sys.modules if name.endswith((".screen", ".dialog"))]
loaded = sorted(name for name in shown if name.split(".")[1] in rooms)
print(json.dumps([loaded, "tui.activity.actions" in sys.modules]))
"""


def test_starting_the_app_imports_the_tables_of_actions_but_no_room() -> None:
    assert _run(START) == [[], True]


SHOWN = """
import json, sys
from tui.shell.rooms import room_class
room_class(json.load(sys.stdin))
print(json.dumps(sorted(name.split(".")[1] for name in sys.modules if name.startswith("tui.") and ".screen" in name)))
"""


@pytest.mark.parametrize("room", ["cards", "contacts", "milestones", "activity"])
def test_showing_a_room_imports_no_other_room(room: str) -> None:
    assert _run(SHOWN, room) == [room]
