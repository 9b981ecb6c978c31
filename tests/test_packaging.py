"""What the wheel holds: every package and every file that is no Python, and nothing of the tests."""

from __future__ import annotations

import configparser
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PACKAGES = ("core", "data", "tui")
BESIDE = ("pyproject.toml", "README.md", "LICENSE", ".gitignore")
GROWN = ("__pycache__", "*.pyc", "*.pyo")


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> zipfile.ZipFile:
    folder = tmp_path_factory.mktemp("wheel")
    source = folder / "source"
    for name in (*PACKAGES, "tests"):
        shutil.copytree(ROOT / name, source / name, ignore=shutil.ignore_patterns(*GROWN))
    for name in BESIDE:
        shutil.copy(ROOT / name, source / name)
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)]
    done = subprocess.run(command, cwd=source, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    (built,) = folder.glob("*.whl")
    return zipfile.ZipFile(built)


def _ours(*suffixes: str) -> set[str]:
    return {
        path.relative_to(ROOT).as_posix()
        for package in PACKAGES
        for path in (ROOT / package).rglob("*")
        if path.suffix in suffixes and "__pycache__" not in path.parts
    }


@pytest.mark.parametrize("suffix", [".py", ".toml", ".txt", ".yaml", ".tcss", ".html", ".css", ".js"])
def test_every_file_of_a_kind_is_in_it(wheel: zipfile.ZipFile, suffix: str) -> None:
    held = {name for name in wheel.namelist() if name.endswith(suffix) and ".dist-info/" not in name}
    wanted = _ours(suffix)
    assert wanted
    assert held == wanted


@pytest.mark.parametrize(
    "name",
    [
        "core/compare/given_names.txt",
        "core/contacts/linkage/m_probabilities.toml",
        "data/maps/flex.toml",
        "data/contracts/flex.yaml",
        "data/contracts/brokerengine.yaml",
        "data/book/book.py",
        "tui/cards/screen.tcss",
        "core/push/engine.py",
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
    assert {top for top in tops if not top.endswith(".dist-info")} == set(PACKAGES)
    assert not [name for name in wheel.namelist() if "test" in name.split("/")]


def test_the_command_is_installed(wheel: zipfile.ZipFile) -> None:
    (name,) = [name for name in wheel.namelist() if name.endswith("entry_points.txt")]
    parser = configparser.ConfigParser()
    parser.read_string(wheel.read(name).decode())
    assert dict(parser["console_scripts"]) == {"brokerdesk": "tui.cli.main:main"}


def test_the_licence_goes_with_it(wheel: zipfile.ZipFile) -> None:
    assert [name for name in wheel.namelist() if name.endswith("licenses/LICENSE")]
