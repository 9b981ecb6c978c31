"""Makes the mutants of a module: each is the source of the module with one small change. Pure."""

from __future__ import annotations

import ast
import copy
from collections.abc import Iterator
from dataclasses import dataclass

SWAPS: dict[type[ast.AST], type[ast.AST]] = {
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
    ast.Lt: ast.LtE,
    ast.LtE: ast.Lt,
    ast.Gt: ast.GtE,
    ast.GtE: ast.Gt,
    ast.In: ast.NotIn,
    ast.NotIn: ast.In,
    ast.Is: ast.IsNot,
    ast.IsNot: ast.Is,
    ast.And: ast.Or,
    ast.Or: ast.And,
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.Add,
    ast.BitAnd: ast.BitOr,
    ast.BitOr: ast.BitAnd,
}
_SIMPLE = (ast.Expr, ast.Assign, ast.AugAssign, ast.Raise, ast.Continue, ast.Break, ast.Delete)


@dataclass(frozen=True)
class Mutant:
    """One mutant: its file, its line and the text of that line, the change, and the whole changed source."""

    file: str
    line: int
    was: str
    what: str
    source: str

    @property
    def name(self) -> str:
        """The file, the text of the line and the change. The name stays the same when the line moves."""
        return f"{self.file}: {self.was}  →  {self.what}"


def mutants(file: str, source: str) -> Iterator[Mutant]:
    """Yield every mutant of a module, in the order of its lines."""
    tree = ast.parse(source)
    lines = source.encode().splitlines(keepends=True)
    found: dict[str, Mutant] = {}
    unread = {id(inner) for node in ast.walk(tree) for part in _unread(node) for inner in ast.walk(part)}
    for node in ast.walk(tree):
        if id(node) in unread or not isinstance(node, (ast.expr, ast.stmt)):
            continue
        for new, what in _changes(node):
            whole = _spliced(lines, node, new)
            try:
                compile(whole, file, "exec", dont_inherit=True)
            except SyntaxError:
                continue
            was = lines[node.lineno - 1].decode().strip()
            found.setdefault(whole, Mutant(file, node.lineno, was, what, whole))
    yield from sorted(found.values(), key=lambda one: (one.line, one.what))


def _unread(node: ast.AST) -> Iterator[ast.AST]:
    """Yield the parts of a node that change nothing a test could notice.

    These are types, the promise that a value is never changed, and the hint that the garbage collector may skip it.
    """
    match node:
        case ast.FunctionDef(returns=ast.expr() as named) | ast.AsyncFunctionDef(returns=ast.expr() as named):
            yield named
        case (
            ast.arg(annotation=ast.expr() as named) | ast.AnnAssign(target=ast.Attribute(), annotation=named)
        ):
            yield named
        case ast.AnnAssign(annotation=ast.Subscript(value=ast.Name(id="Final")) as named):
            yield named
        case ast.Assign(value=ast.Call(func=ast.Name(id="TypeVar"))):
            yield node
        case ast.Assign(value=ast.Subscript(value=ast.Name(id="Callable" | "tuple" | "dict"))):
            yield node
        case ast.ClassDef():
            yield from (word.value for word in node.keywords if word.arg in ("frozen", "gc"))
        case _:
            pass


def _changes(node: ast.AST) -> Iterator[tuple[str, str]]:
    """Yield each text that can replace a node, with the words for that change."""
    if isinstance(node, ast.Compare) and len(node.ops) == 1:
        yield from _with(node, "ops", [_swapped(node.ops[0])])
    if isinstance(node, (ast.BoolOp, ast.BinOp)) and type(node.op) in SWAPS and not _is_type(node):
        yield from _with(node, "op", _swapped(node.op))
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
        yield _text(node.operand), f"{_text(node.operand)} (without not)"
    if isinstance(node, (ast.If, ast.IfExp, ast.While)) and not isinstance(node.test, ast.Constant):
        yield from _with(node, "test", ast.UnaryOp(ast.Not(), node.test), f"if not ({_text(node.test)})")
    if isinstance(node, ast.Constant) and isinstance(node.value, (bool, int, float)):
        other = (not node.value) if isinstance(node.value, bool) else node.value + 1
        yield repr(other), f"{node.value} → {other}, column {node.col_offset}"
    if isinstance(node, ast.Return) and node.value is not None and not isinstance(node.value, ast.Constant):
        yield "return None", "return None"
    if isinstance(node, ast.Attribute) and node.attr == "casefold":
        yield from _with(node, "attr", "lower")
    if isinstance(node, _SIMPLE) and not _is_doc(node):
        yield "pass", f"without {_text(node)}"[:90]
    if isinstance(node, (ast.Call, ast.Set, ast.Tuple, ast.BoolOp)):
        yield from _shorter(node)


def _shorter(node: ast.Call | ast.Set | ast.Tuple | ast.BoolOp) -> Iterator[tuple[str, str]]:
    """Yield a call without one of its named arguments, or a set, tuple or condition without one of its parts."""
    name = {ast.Call: "keywords", ast.Set: "elts", ast.Tuple: "elts", ast.BoolOp: "values"}[type(node)]
    if isinstance(node, ast.Tuple) and (not isinstance(node.ctx, ast.Load) or len(node.elts) < 3):
        return
    parts = getattr(node, name)
    if len(parts) < (1 if name == "keywords" else 2):
        return
    for n, part in enumerate(parts):
        yield from _with(node, name, [*parts[:n], *parts[n + 1 :]], f"without {_text(part)}"[:90])


def _with(node: ast.AST, field: str, value: object, what: str = "") -> Iterator[tuple[str, str]]:
    changed = copy.copy(node)
    setattr(changed, field, value)
    if isinstance(changed, ast.BoolOp) and len(changed.values) == 1:
        changed = changed.values[0]
    new = _text(changed)
    yield (f"({new})" if isinstance(node, ast.expr) else new), what or new[:90]


def _swapped(operator: ast.AST) -> ast.AST:
    return SWAPS.get(type(operator), type(operator))()


def _is_type(node: ast.AST) -> bool:
    """Return True for a `|` between types: no code runs it."""
    sides = (node.left, node.right) if isinstance(node, ast.BinOp) else ()
    return isinstance(getattr(node, "op", None), ast.BitOr) and any(
        (
            isinstance(side, ast.Name)
            and (side.id[:1].isupper() or side.id in ("str", "int", "float", "bytes", "dict"))
        )
        or (isinstance(side, ast.Constant) and side.value is None)
        for side in sides
    )


def _is_doc(node: ast.AST) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)


def _text(node: ast.AST) -> str:
    return ast.unparse(node)


def _spliced(lines: list[bytes], node: ast.AST, new: str) -> str:
    """Return the source with `new` in the place of a node. Columns count bytes."""
    first, last = node.lineno - 1, node.end_lineno - 1  # type: ignore[attr-defined]  # only nodes with a place come here
    before, after = lines[first][: node.col_offset], lines[last][node.end_col_offset :]  # type: ignore[attr-defined]  # as above
    indent = b" " * (len(before) - len(before.lstrip())) if isinstance(node, ast.stmt) else b""
    body = new.encode().replace(b"\n", b"\n" + indent)
    return b"".join([*lines[:first], before + body + after, *lines[last + 1 :]]).decode()
