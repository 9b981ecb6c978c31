"""What the wheel holds, and that the program runs from the wheel alone: nothing of the repository is read then."""

from __future__ import annotations

import configparser
import email
import os
import shutil
import subprocess
import sys
import sysconfig
import zipfile
from pathlib import Path

import pytest

from core.version import VERSION
from tests.support.fork_server import ROOT

PACKAGES = ("core", "data", "tui")
BESIDE = ("pyproject.toml", "README.md", "LICENSE", ".gitignore", "docs/brokerdesk.1")
GROWN = ("__pycache__", "*.pyc", "*.pyo")
MAN_PAGE = f"brokerdesk-{VERSION}.data/data/share/man/man1/brokerdesk.1"


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> zipfile.ZipFile:
    folder = tmp_path_factory.mktemp("wheel")
    source = folder / "source"
    for name in (*PACKAGES, "tests"):
        shutil.copytree(ROOT / name, source / name, ignore=shutil.ignore_patterns(*GROWN))
    for name in BESIDE:
        (source / name).parent.mkdir(exist_ok=True)
        shutil.copy(ROOT / name, source / name)
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)]
    done = subprocess.run(command, cwd=source, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    (built,) = folder.glob("*.whl")
    return zipfile.ZipFile(built)


def test_every_file_of_the_packages_is_in_it(wheel: zipfile.ZipFile) -> None:
    held = {name for name in wheel.namelist() if name.split("/")[0] in PACKAGES}
    assert held == {
        path.relative_to(ROOT).as_posix()
        for package in PACKAGES
        for path in (ROOT / package).rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }


@pytest.mark.parametrize(
    "name",
    [
        "core/compare/given_names.txt",
        "core/contacts/linkage/m_probabilities.toml",
        "data/maps/flex.toml",
        "data/contracts/flex.yaml",
        "data/contracts/brokerengine.yaml",
        "data/sandbox/seeding/invented_words.json",
        "data/book/book.py",
        "tui/cards/screen.tcss",
        "core/push/engine.py",
        MAN_PAGE,
    ],
)
def test_what_the_desk_cant_do_without_is_in_it(wheel: zipfile.ZipFile, name: str) -> None:
    assert wheel.getinfo(name).file_size > 0


def test_every_folder_of_code_is_a_package(wheel: zipfile.ZipFile) -> None:
    names = set(wheel.namelist())
    folders = {name.rpartition("/")[0] for name in names if name.endswith(".py")}
    assert {folder for folder in folders if f"{folder}/__init__.py" not in names} == set()


def test_nothing_else_is_in_it(wheel: zipfile.ZipFile) -> None:
    tops = {name.split("/")[0] for name in wheel.namelist()}
    assert {top for top in tops if not top.endswith(".dist-info")} == {
        *PACKAGES,
        MAN_PAGE.split("/", maxsplit=1)[0],
    }
    assert [name for name in wheel.namelist() if ".data/" in name] == [MAN_PAGE]
    assert not [name for name in wheel.namelist() if "test" in name.split("/")]


def test_the_command_is_installed(wheel: zipfile.ZipFile) -> None:
    (name,) = [name for name in wheel.namelist() if name.endswith("entry_points.txt")]
    parser = configparser.ConfigParser()
    parser.read_string(wheel.read(name).decode())
    assert dict(parser["console_scripts"]) == {"brokerdesk": "tui.cli.main:main"}


def test_the_licences_go_with_it(wheel: zipfile.ZipFile) -> None:
    held = {name.partition("/licenses/")[2] for name in wheel.namelist() if "/licenses/" in name}
    assert held == {"LICENSE", "data/sandbox/seeding/faker_licence.txt"}


def test_it_has_the_version_of_the_program_and_needs_nothing_of_the_tests(wheel: zipfile.ZipFile) -> None:
    (name,) = [name for name in wheel.namelist() if name.endswith("/METADATA")]
    told = email.message_from_bytes(wheel.read(name))
    assert told["Version"] == VERSION
    needed = {
        line.split(";")[0].lower() for line in told.get_all("Requires-Dist", []) if "extra ==" not in line
    }
    assert [line for line in needed if line.startswith("textual==")]
    assert [line for line in needed if line.startswith(("faker", "pytest", "argparse-manpage"))] == []


WATCH = """
import os, sys

def note(event, given, root={root!r}, packages={packages!r}, log={log!r}):
    if event == "open" and isinstance(given[0], (str, os.PathLike)):
        path = os.path.abspath(given[0])
        if path.startswith(root + os.sep) and not path.startswith(packages + os.sep):
            with open(log, "a") as file:
                file.write(path + "\\n")

sys.addaudithook(note)
"""


def test_the_main_job_runs_from_the_wheel_alone(wheel: zipfile.ZipFile, tmp_path: Path) -> None:
    installed, log, away = tmp_path / "installed", tmp_path / "read", tmp_path / "away"
    wheel.extractall(installed)
    away.mkdir()
    watch = WATCH.format(root=str(ROOT), packages=sysconfig.get_path("purelib"), log=str(log))
    (installed / "sitecustomize.py").write_text(watch)
    log.touch()
    kept = {name: value for name, value in os.environ.items() if not name.startswith("BROKERDESK_")}
    done = subprocess.run(
        [sys.executable, "-P", "-m", "tui.cli", "demo"],
        cwd=away,
        env={**kept, "PYTHONPATH": str(installed), "HOME": str(away), "PYTHONUTF8": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    for command in ("preview card", "push card", "match", "sync"):
        assert f"$ brokerdesk {command}" in done.stdout
    assert log.read_text().splitlines() == []
