"""Private files and durable names on Windows. Imported nowhere else."""

from __future__ import annotations

import ctypes
import os
import sys
from pathlib import Path
from typing import Final

OWNER_ONLY: Final = "D:P(A;;FA;;;OW)(A;;FA;;;SY)(A;;FA;;;BA)"
"""Full access (FA) for the owner, for Windows itself and for administrators; nothing comes from the folder (P).

The same access that Python gives a folder of mode 0700. The language is SDDL, "Security Descriptor String Format" in
Microsoft's Win32 documentation.
"""

if sys.platform == "win32":
    import msvcrt
    from ctypes import wintypes

    class _SecurityAttributes(ctypes.Structure):
        _fields_ = (
            ("size", wintypes.DWORD),
            ("descriptor", ctypes.c_void_p),
            ("is_inherited", wintypes.BOOL),
        )

    _GENERIC_WRITE: Final = 0x4000_0000
    _SHARE_READ_AND_WRITE: Final = 0x1 | 0x2  # as `os.open` shares a file
    _CREATE_NEW: Final = 1
    _CREATE_ALWAYS: Final = 2
    _NORMAL: Final = 0x80
    _THE_LINK_ITSELF: Final = 0x20_0000  # FILE_FLAG_OPEN_REPARSE_POINT: a link counts as a file of that name
    _INVALID: Final = ctypes.c_void_p(-1).value
    _kernel = ctypes.WinDLL("kernel32", use_last_error=True)
    _kernel.CreateFileW.restype = ctypes.c_void_p
    _kernel.CreateFileW.argtypes = (
        wintypes.LPCWSTR,
        wintypes.DWORD,
        wintypes.DWORD,
        ctypes.POINTER(_SecurityAttributes),
        wintypes.DWORD,
        wintypes.DWORD,
        wintypes.HANDLE,
    )
    _kernel.LocalFree.argtypes = (ctypes.c_void_p,)
    _parse = ctypes.WinDLL(
        "advapi32", use_last_error=True
    ).ConvertStringSecurityDescriptorToSecurityDescriptorW
    _parse.argtypes = (wintypes.LPCWSTR, wintypes.DWORD, ctypes.POINTER(ctypes.c_void_p), ctypes.c_void_p)

    _REPLACE_AND_WRITE_THROUGH: Final = 0x1 | 0x8
    _kernel.MoveFileExW.argtypes = (wintypes.LPCWSTR, wintypes.LPCWSTR, wintypes.DWORD)

    def rename(old: Path, new: Path) -> None:
        """Rename a file as `os.replace` does, and ask Windows not to return before the disk has the new name."""
        if not _kernel.MoveFileExW(str(old), str(new), _REPLACE_AND_WRITE_THROUGH):
            error = ctypes.get_last_error()
            raise OSError(None, ctypes.FormatError(error), str(old), error, str(new))

    def open_private(path: Path, how: int) -> int:
        """Open a file for writing and return its descriptor; see `data.platform.files.open_private`."""
        descriptor = ctypes.c_void_p()
        if not _parse(OWNER_ONLY, 1, ctypes.byref(descriptor), None):
            raise ctypes.WinError(ctypes.get_last_error())
        try:
            access = _SecurityAttributes(ctypes.sizeof(_SecurityAttributes), descriptor, False)
            handle = _kernel.CreateFileW(
                str(path),
                _GENERIC_WRITE,
                _SHARE_READ_AND_WRITE,
                ctypes.byref(access),
                *(
                    (_CREATE_NEW, _NORMAL | _THE_LINK_ITSELF)
                    if how & os.O_EXCL
                    else (_CREATE_ALWAYS, _NORMAL)
                ),
                None,
            )
            error = ctypes.get_last_error()
        finally:
            _kernel.LocalFree(descriptor)
        if handle in (None, _INVALID):
            raise OSError(None, ctypes.FormatError(error), str(path), error)
        return msvcrt.open_osfhandle(handle, os.O_WRONLY | os.O_BINARY | os.O_NOINHERIT)
