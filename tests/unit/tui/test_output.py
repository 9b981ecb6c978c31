"""What commands print as JSON can be read by every decoder."""

from __future__ import annotations

import msgspec
import pytest

from tui.cli.output import emit_json, emit_json_line

ODD = {"a\ud800": ["\udfff", "Zoë", {"b": "\udcff"}]}


@pytest.mark.parametrize("emit", [emit_json, emit_json_line])
def test_half_a_character_is_printed_as_json_that_a_strict_decoder_takes(
    emit: object, capsys: pytest.CaptureFixture[str]
) -> None:
    assert callable(emit)
    emit(ODD)
    out = capsys.readouterr().out
    assert out.isascii()
    assert msgspec.json.decode(out) == {"a\ufffd": ["\ufffd", "Zoë", {"b": "\ufffd"}]}
