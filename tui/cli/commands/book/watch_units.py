"""The unit files of `watch --unit`: they let systemd, launchd or the Windows Task Scheduler run the watch."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Final
from xml.sax.saxutils import escape

UNITS: Final = ("systemd", "launchd", "windows")


def unit_text(kind: str, profile: str, home: Path) -> str:
    """Return the unit of one kind (of `UNITS`) for a profile, with the command of this installation and its home."""
    command = [*_program(), "--home", str(home), "--profile", profile, "watch"]
    match kind:
        case "systemd":
            return _systemd(profile, command)
        case "launchd":
            return _launchd(profile, command, home)
        case _:
            return _windows(profile, command)


def _program() -> list[str]:
    """Return how this installation is started."""
    script = shutil.which("brokerdesk", path=Path(sys.executable).parent)
    return [script] if script is not None else [sys.executable, "-P", "-m", "tui.cli"]


def _systemd(profile: str, command: Sequence[str]) -> str:
    name = f"brokerdesk-watch-{profile}.service"
    return f"""\
# Save it as ~/.config/systemd/user/{name}, then:
#   systemctl --user daemon-reload
#   systemctl --user enable --now {name}
#   loginctl enable-linger        (the watch then runs while nobody is logged in)
# A secret that is in no keyring: systemctl --user edit {name}, [Service], EnvironmentFile=…
[Unit]
Description=brokerdesk watch, profile {_escaped(profile)}

[Service]
ExecStart={" ".join(_systemd_quoted(part) for part in command)}
Restart=on-failure
RestartSec=30
TimeoutStopSec=60
UMask=0077

[Install]
WantedBy=default.target"""


def _escaped(text: str) -> str:
    return text.replace("%", "%%")


def _systemd_quoted(part: str) -> str:
    quoted = _escaped(part).replace("\\", "\\\\").replace('"', '\\"').replace("$", "$$")
    return f'"{quoted}"'


def _launchd(profile: str, command: Sequence[str], home: Path) -> str:
    label = f"brokerdesk.watch.{profile}"
    arguments = "\n".join(f"    <string>{escape(part)}</string>" for part in command)
    log = escape(str(home / profile / "watch.log"))
    return f"""\
<?xml version="1.0" encoding="UTF-8"?>
<!-- Save it as ~/Library/LaunchAgents/{escape(label)}.plist, then:
     launchctl bootstrap gui/$(id -u) ~/Library/LaunchAgents/{escape(label)}.plist -->
<!DOCTYPE plist PUBLIC "-//Apple//DTD PLIST 1.0//EN" "http://www.apple.com/DTDs/PropertyList-1.0.dtd">
<plist version="1.0">
<dict>
  <key>Label</key>
  <string>{escape(label)}</string>
  <key>ProgramArguments</key>
  <array>
{arguments}
  </array>
  <key>RunAtLoad</key>
  <true/>
  <key>KeepAlive</key>
  <dict>
    <key>SuccessfulExit</key>
    <false/>
  </dict>
  <key>ThrottleInterval</key>
  <integer>30</integer>
  <key>ExitTimeOut</key>
  <integer>60</integer>
  <key>StandardOutPath</key>
  <string>{log}</string>
  <key>StandardErrorPath</key>
  <string>{log}</string>
  <key>Umask</key>
  <integer>63</integer>
</dict>
</plist>"""


def _windows(profile: str, command: Sequence[str]) -> str:
    task = f"brokerdesk watch {profile}"
    line = subprocess.list2cmdline(command)
    create = subprocess.list2cmdline(["schtasks", "/Create", "/TN", task, "/SC", "ONLOGON", "/TR", line])
    return f"""\
Windows runs the watch as a task of the Task Scheduler, as you, so that it finds your secrets. In a command prompt:

  {create}
  {subprocess.list2cmdline(["schtasks", "/Run", "/TN", task])}

In the task's properties, Settings: let the task restart every minute after a failure, and do not stop a task that runs
longer than three days. To end the watch for good: brokerdesk watch --end"""
