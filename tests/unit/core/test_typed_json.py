"""Records are decoded through one module, because msgspec crashes if two threads prepare a type at the same time."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import msgspec
import pytest

from core.decoding.typed_json import convert_value, decode_json, decoder_of
from tests.support.source_code import nodes

ROOT = Path(__file__).parents[3]

_THREADS = """
import sys, threading
import msgspec
from core.decoding.typed_json import decode_json

sys.setswitchinterval(1e-6)

def record(number):
    parts = [msgspec.defstruct(f"Part{number}_{n}", [(f"f{i}", str, "") for i in range(12)]) for n in range(10)]
    return msgspec.defstruct(f"Whole{number}", [(f"g{n}", part | None, None) for n, part in enumerate(parts)])

content = msgspec.json.encode({f"g{n}": {"f1": "x"} for n in range(10)})
for number in range(40):
    kind, start = record(number), threading.Barrier(4)

    def decode():
        start.wait()
        assert decode_json(content, kind).g3.f1 == "x"

    threads = [threading.Thread(target=decode) for _ in range(4)]
    [thread.start() for thread in threads]
    [thread.join() for thread in threads]
"""


class _Person(msgspec.Struct):
    name: str
    age: int = 0


def test_many_threads_may_decode_a_type_for_the_first_time() -> None:
    command = [sys.executable, "-c", _THREADS]
    ended = subprocess.run(command, check=False, capture_output=True, text=True, cwd=ROOT)
    assert (ended.returncode, ended.stderr) == (0, "")


def test_a_type_has_one_decoder() -> None:
    assert decoder_of(_Person) is decoder_of(_Person)
    assert decode_json(b'{"name": "Ada", "age": 36}', _Person) == _Person("Ada", 36)


def test_a_conversion_is_strict_unless_it_is_told_otherwise() -> None:
    with pytest.raises(msgspec.ValidationError):
        convert_value({"name": "Ada", "age": "36"}, _Person)
    assert convert_value({"name": "Ada", "age": "36"}, _Person, strict=False).age == 36


def test_nothing_else_prepares_a_type() -> None:
    """The sandbox and the gateway's start share no code with the rest, and have one thread."""
    found = [
        f"{path.relative_to(ROOT)}:{node.lineno}"
        for room in ("core", "data", "tui")
        for path in sorted((ROOT / room).rglob("*.py"))
        if not {"sandbox", "gateway_start"} & set(path.relative_to(ROOT).parts)
        and path.name != "typed_json.py"
        if "msgspec" in (text := path.read_text("utf-8"))
        for node in nodes(ast.parse(text))
        if isinstance(node, ast.Call) and _prepares(node)
    ]
    assert not found, "decode through core/decoding/typed_json.py"


def _prepares(call: ast.Call) -> bool:
    name = ast.unparse(call.func)
    typed = any(word.arg == "type" for word in call.keywords)
    return name in ("msgspec.convert", "msgspec.json.Decoder") or (name == "msgspec.json.decode" and typed)
