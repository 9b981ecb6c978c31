"""A home that a cloud drive syncs is told on each platform, and one next to it is not."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path, PurePath, PurePosixPath, PureWindowsPath

import pytest

from core.errors import BookClosed
from data.synced_folder import Machine, refuse_synced, synced_by

LINUX, MAC = PurePosixPath("/home/jo"), PurePosixPath("/Users/jo")
WINDOWS = PureWindowsPath(r"C:\Users\jo")


def _around(
    platform: str,
    user: PurePath,
    held: Mapping[str, str | bytes] = {},
    environment: Mapping[str, str] = {},
) -> Machine:
    """Give a machine whose files are those named: "folder", or what a file holds."""
    there = {type(user)(path): content for path, content in held.items()}

    def kind(path: PurePath) -> str:
        content = there.get(path)
        return "" if content is None else "folder" if content == "folder" else "file"

    def read(path: PurePath) -> bytes:
        content = there.get(path)
        if not isinstance(content, bytes):
            raise FileNotFoundError(path)
        return content

    return Machine(platform, user, environment, kind, read)


@pytest.mark.parametrize(
    ("user", "platform", "home", "drive"),
    [
        (LINUX, "linux", "Dropbox/desk", "Dropbox"),
        (LINUX, "linux", "Dropbox (Acme)/desk", "Dropbox"),
        (LINUX, "linux", "OneDrive/desk", "OneDrive"),
        (LINUX, "linux", "google-drive/desk", ""),
        (MAC, "darwin", "Acme Dropbox/Jo Hale/desk", "Dropbox"),
        (MAC, "darwin", "Library/Mobile Documents/com~apple~CloudDocs/desk", "iCloud Drive"),
        (MAC, "darwin", "Library/CloudStorage/OneDrive-Acme/desk", "OneDrive"),
        (MAC, "darwin", "Library/CloudStorage/GoogleDrive-jo@acme.example/My Drive/desk", "Google Drive"),
        (MAC, "darwin", "Library/CloudStorage/Box-Box/desk", "a cloud drive"),
        (MAC, "darwin", "Library/Application Support/brokerdesk", ""),
        (WINDOWS, "win32", r"OneDrive - Acme\Documents\desk", "OneDrive"),
        (WINDOWS, "win32", r"iCloudDrive\desk", "iCloud Drive"),
        (WINDOWS, "win32", r"dropbox\desk", "Dropbox"),
        (WINDOWS, "win32", r"Google Drive\desk", "Google Drive"),
        (WINDOWS, "win32", r"AppData\Local\brokerdesk", ""),
        (LINUX, "linux", ".local/share/brokerdesk", ""),
        (LINUX, "linux", "work/dropboxes/desk", ""),
        (LINUX, "linux", "work/onedriver/desk", ""),
    ],
)
def test_a_drive_is_told_by_the_name_of_its_folder(
    user: PurePath, platform: str, home: str, drive: str
) -> None:
    assert synced_by(user / home, _around(platform, user)) == drive


def test_a_google_drive_letter_and_gnomes_mount_are_told() -> None:
    assert synced_by(PureWindowsPath(r"G:\My Drive\desk"), _around("win32", WINDOWS)) == "Google Drive"
    mounted = PurePosixPath("/run/user/1000/gvfs/google-drive:host=gmail.com,user=jo/desk")
    assert synced_by(mounted, _around("linux", LINUX)) == "Google Drive"


@pytest.mark.parametrize(
    ("mark", "kind", "drive"),
    [
        (".dropbox", b"", "Dropbox"),
        (".dropbox.cache", "folder", "Dropbox"),
        (".849C9593-D756-4E56-8D6E-42412F2A707B", b"", "OneDrive"),
        (".tmp.drivedownload", "folder", "Google Drive"),
        (".shortcut-targets-by-id", "folder", "Google Drive"),
    ],
)
def test_a_drive_is_told_by_what_it_leaves_in_its_folder(mark: str, kind: str | bytes, drive: str) -> None:
    around = _around("linux", LINUX, {f"/srv/shared/{mark}": kind})
    assert synced_by(PurePosixPath("/srv/shared/teams/desk"), around) == drive
    assert synced_by(PurePosixPath("/srv/other/desk"), around) == ""


def test_the_settings_of_dropbox_in_a_home_make_no_drive_of_it() -> None:
    around = _around("linux", LINUX, {"/home/jo/.dropbox": "folder"})
    assert synced_by(LINUX / ".local/share/brokerdesk", around) == ""


def test_where_dropbox_says_its_folder_is_counts_whatever_that_is_called() -> None:
    told = {r"C:\Users\jo\AppData\Local\Dropbox\info.json": rb'{"business": {"path": "D:\\Firm"}}'}
    around = _around("win32", WINDOWS, told, {"LOCALAPPDATA": r"C:\Users\jo\AppData\Local"})
    assert synced_by(PureWindowsPath(r"d:\firm\desk"), around) == "Dropbox"
    assert synced_by(PureWindowsPath(r"D:\Firma\desk"), around) == ""
    garbled = _around("linux", LINUX, {"/home/jo/.dropbox/info.json": b"[1, {"})
    assert synced_by(LINUX / "desk", garbled) == ""


def test_where_onedrive_says_its_folder_is_counts() -> None:
    around = _around("win32", WINDOWS, {}, {"OneDriveCommercial": r"E:\Acme"})
    assert synced_by(PureWindowsPath(r"E:\Acme\desk"), around) == "OneDrive"


def test_documents_count_on_a_mac_where_icloud_has_taken_them() -> None:
    taken = {"/Users/jo/Library/Mobile Documents/com~apple~CloudDocs/Documents": "folder"}
    assert synced_by(MAC / "Documents/desk", _around("darwin", MAC, taken)) == "iCloud Drive"
    assert synced_by(MAC / "Documents/desk", _around("darwin", MAC)) == ""


def test_a_link_into_a_drive_is_followed(tmp_path: Path) -> None:
    (tmp_path / "Dropbox" / "desk").mkdir(parents=True)
    (tmp_path / "desk").symlink_to(tmp_path / "Dropbox" / "desk")
    with pytest.raises(BookClosed) as caught:
        refuse_synced(tmp_path / "desk")
    assert caught.value.code == "book-synced"
    assert caught.value.exit_code == 4
    assert "Dropbox" in caught.value.message
    assert "--home" in caught.value.fix
    refuse_synced(tmp_path / "elsewhere")
