"""A program that speaks as an app of Textual's web driver does: it draws whatever it is sent, and who it is.

The key q leaves it, x lets it fail. It ends when nobody is left to send anything.
"""

from __future__ import annotations

import json
import os
import sys


def _send(kind: bytes, content: bytes) -> None:
    sys.stdout.buffer.write(kind + len(content).to_bytes(4, "big") + content)
    sys.stdout.buffer.flush()


def _run() -> int:
    sys.stdout.buffer.write(b"something printed before\n__GANGLION__\n")
    size = f"{os.environ['COLUMNS']}x{os.environ['ROWS']}"
    _send(b"D", f"<app {os.getpid()} {size}>".encode())
    while head := sys.stdin.buffer.read(5):
        content = sys.stdin.buffer.read(int.from_bytes(head[1:], "big"))
        _send(b"D", b"<%s %s>" % (head[:1], content))
        if content == b"x":
            print("It failed.", file=sys.stderr)
            return 3
        if content == b"q" or (head[:1] == b"M" and json.loads(content)["type"] == "quit"):
            break
    _send(b"M", b'{"type": "exit"}')
    print("\x1b]52;c;IA==\x07The next start goes on.")
    return 0


if __name__ == "__main__":
    sys.exit(_run())
