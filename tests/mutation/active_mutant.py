"""Puts a mutant in force where its module is loaded already: the functions that are there get the mutant's code."""

from __future__ import annotations

import gc
from collections import defaultdict
from collections.abc import Iterator
from inspect import CO_OPTIMIZED
from types import CodeType, FunctionType

Place = tuple[str, int, bytes]
Swap = tuple[FunctionType, CodeType]


class NotInside(Exception):
    """The mutant is not inside functions, or those that are there can't take its code."""


def functions_of(files: set[str]) -> dict[str, dict[Place, list[FunctionType]]]:
    """Give every function made from these files, whatever it is wrapped in; by file and place."""
    found: dict[str, dict[Place, list[FunctionType]]] = {file: defaultdict(list) for file in files}
    for one in gc.get_objects():
        if type(one) is FunctionType and one.__code__.co_filename in found:
            found[one.__code__.co_filename][_place(one.__code__)].append(one)
    return found


def pairs(old: CodeType, new: CodeType) -> Iterator[tuple[CodeType, CodeType]]:
    """Give the outermost functions of two codes of a module, each before and after.

    Raises `NotInside` where anything outside of them differs.
    """
    if _itself(old) != _itself(new):
        raise NotInside(old.co_qualname)
    for before, after in zip(_inner(old), _inner(new), strict=True):
        if before.co_flags & CO_OPTIMIZED:
            yield before, after
        else:  # the body of a class
            yield from pairs(before, after)


def swaps(old: CodeType, new: CodeType, living: dict[Place, list[FunctionType]]) -> list[Swap]:
    """Give which functions are to get which code for `new` to be in force. Raises `NotInside`."""
    found: list[Swap] = []
    for before, after in pairs(old, new):
        if not _differ(before, after):
            continue
        functions = living.get(_place(before), [])
        inside = f"{before.co_qualname}.<locals>."
        if (
            not functions
            or before.co_freevars != after.co_freevars
            or any(name.startswith(inside) for name, _, _ in living)  # made by it, and still as it was
        ):
            raise NotInside(before.co_qualname)
        found += [(one, after) for one in functions]
    return found


def unbroken(code: CodeType, living: dict[Place, list[FunctionType]]) -> list[Swap]:
    """Give swaps of every function for itself, compiled again: nothing is to be noticed of these."""
    return [(one, after) for before, after in pairs(code, code) for one in living.get(_place(before), [])]


def _place(code: CodeType) -> Place:
    return code.co_qualname, code.co_firstlineno, code.co_linetable


def _inner(code: CodeType) -> list[CodeType]:
    return [one for one in code.co_consts if isinstance(one, CodeType)]


def _itself(code: CodeType) -> tuple[object, ...]:
    """Give what a code does, without its lines and without the codes inside it."""
    constants = [one.co_name if isinstance(one, CodeType) else repr(one) for one in code.co_consts]
    names = code.co_names, code.co_varnames, code.co_freevars, code.co_cellvars
    arguments = code.co_argcount, code.co_posonlyargcount, code.co_kwonlyargcount, code.co_flags
    return code.co_name, code.co_code, code.co_exceptiontable, constants, *names, *arguments


def _differ(old: CodeType, new: CodeType) -> bool:
    return _itself(old) != _itself(new) or any(
        _differ(before, after) for before, after in zip(_inner(old), _inner(new), strict=True)
    )
