"""What a spreadsheet leaves in a cell in place of a value, and what a spreadsheet writes around a value. Pure.

A trace is never data: no digit of a phone number is taken out of `6.14126E+10`, and `#REF!` is nobody's postcode. What
a spreadsheet writes around a value (`="0412"`, `'0800`, `2041.0`) is taken off, because the value itself is whole.
The field map, the bodies for contacts and the readers of files ask here.
"""

from __future__ import annotations

import re
from typing import Final

_ERRORS_TEXT: Final = (
    "#N/A #REF! #VALUE! #NAME? #DIV/0! #NUM! #NULL! #SPILL! #CALC! #FIELD! #BLOCKED! #CONNECT! #BUSY! #UNKNOWN! "
    "#PYTHON! #GETTING_DATA #ERROR! "
    "#NV #BEZUG! #WERT! #ZAHL! #ÜBERLAUF! "
    "#VALEUR! #NOM? #NOMBRE! #NUL! #PROPAGATION! "
    "#¡REF! #¡VALOR! #¿NOMBRE? #¡DIV/0! #¡NUM! #¡NULO! #¡DESBORDAMIENTO! #VALOR! #NOME? #NÚM! #NULO! "
    "#N/D #RIF! #VALORE! #NULLO! "
    "#N/B #VERW! #WAARDE! #NAAM? #DEEL/0! #GETAL! #LEEG!"
)
"""The error values of Excel and Google Sheets: English, German, French, Spanish, Portuguese, Italian, Dutch."""
_ERRORS: Final = frozenset(_ERRORS_TEXT.split())
_LIBREOFFICE_ERROR: Final = re.compile(r"ERR:5\d\d")
_SCIENTIFIC: Final = re.compile(r"[+-]?\d(?:[.,]\d*)?E[+-]\d{1,3}", re.IGNORECASE | re.ASCII)
_TOO_NARROW: Final = re.compile(r"#{3,}")
_BEGINS: Final = frozenset("#=+-0123456789Ee")
_LONGEST: Final = 32
"""Characters. No trace is longer, except a cell full of #."""

ERROR: Final = "an error value"
SCIENTIFIC: Final = "a number in scientific notation"
TOO_NARROW: Final = "a cell that was too narrow"


def trace_of(text: str) -> str:
    """Return what a spreadsheet left in place of a value, such as "an error value"; "" if `text` is not a trace.

    The text is the whole value of a field. Case and outer blanks do not count, nor does what is written around it
    (`="#N/A"`).
    """
    whole = text.strip()
    if whole[:1] not in _BEGINS:
        return ""
    whole = _inside(whole).strip()
    if _TOO_NARROW.fullmatch(whole):
        return TOO_NARROW
    if len(whole) > _LONGEST:
        return ""
    if _SCIENTIFIC.fullmatch(whole):
        return SCIENTIFIC
    upper = whole.upper()
    return ERROR if upper in _ERRORS or _LIBREOFFICE_ERROR.fullmatch(upper) else ""


def trace_reason(text: str) -> str:
    """Return why a value is refused, such as "a spreadsheet's trace: an error value"; "" if `text` is not a trace."""
    trace = trace_of(text)
    return f"a spreadsheet's trace: {trace}" if trace else ""


# -- what is written around a value ---------------------------------------------------------------------

_FORMULA: Final = re.compile(r'="((?:[^"]|"")*)"')
_FORMULA_SIGN: Final = 'without the spreadsheet\'s ="…"'
_APOSTROPHE: Final = "without the spreadsheet's leading '"
_DECIMAL: Final = re.compile(r"(\d+)\.0+", re.ASCII)
AS_NUMBER: Final = "a spreadsheet wrote it as a number"


def _inside(text: str) -> str:
    formula = _FORMULA.fullmatch(text)
    return formula[1].replace('""', '"') if formula else text


def unwrapped(text: str) -> tuple[str, str]:
    """Take off what a spreadsheet writes around a text so that the text is not a number: `="0800"` and `'0800`.

    Return the text, and how it was changed ("" if it was not).
    """
    if _FORMULA.fullmatch(text):
        return _inside(text).strip(), _FORMULA_SIGN
    if len(text) > 1 and text[0] == "'" and text[1] in "0123456789+(":
        return text[1:].strip(), _APOSTROPHE
    return text, ""


def without_decimal_zero(text: str) -> tuple[str, str]:
    """Return a phone number, postcode or id without the `.0` that a spreadsheet gave a number, and how it was changed.

    Only digits and a fraction of zeros alone are such a number.
    """
    number = _DECIMAL.fullmatch(text.strip())
    return (number[1], AS_NUMBER) if number else (text, "")
