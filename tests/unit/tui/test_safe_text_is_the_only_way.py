"""Text from outside reaches a widget only through tui.text. How this decides, file by file in tui/:

- Making rich or Textual text by hand is refused: `Text`, `Content`, `Segment` of anything but fine values, and
  `from_markup`, `rich.markup` at all. So whatever is annotated `Content` came from tui.text.
- A *sink* is a call that takes text for the screen (`Static(x)`, `widget.update(x)`, `add_option(x)`) or an
  attribute that does (`border_title = x`). What goes in must be *fine*.
- `Static`, `Text` and the like count where they are imported from Textual or Rich: `Link` may be a record of ours.
- Fine are: literals and what is put together of them; a call of anything imported from tui.text; a method of
  something fine (`plain(x).stylize(…)`); a function, method or property that tui/ annotates `-> Content`, if none
  of that name is annotated otherwise; a name annotated `Content`; a name that in this function, or this file, is
  bound only to fine values; an UPPER_CASE constant; another widget.
- `.notify(…)` is left to `tui.text.notify`; `.update(…)` of a dict or a set is told by its argument or receiver.
"""

import ast
import functools
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.source_code import nodes

TUI = Path(__file__).parents[3] / "tui"

MAKERS = {"Text", "Content", "Segment", "Span"}
WIDGETS = {
    "Static": 1,
    "Label": 1,
    "Button": 1,
    "Checkbox": 1,
    "RadioButton": 1,
    "Option": 1,
    "TabPane": 1,
    "Tab": 1,
    "Link": 1,
    "Digits": 1,
    "Markdown": 1,
    "Collapsible": 0,
    "Hit": 0,
    "DiscoveryHit": 1,
}
"""Sinks and how many of their positional arguments are text."""
TEXT_ARGUMENTS = {
    "content",
    "label",
    "title",
    "tooltip",
    "prompt",
    "placeholder",
    "subtitle",
    "match_display",
    "help",
    "markdown",
}
METHODS = {
    "update",
    "add_option",
    "add_options",
    "write",
    "write_line",
    "add_leaf",
    "add_row",
    "add_column",
    "set_label",
}
ATTRIBUTES = {"border_title", "border_subtitle", "tooltip", "label"}
FORBIDDEN_CALLS = {"from_markup", "from_text", "from_rich_text", "with_tooltip"}
FORBIDDEN_MODULES = {"rich.markup", "textual.markup"}


class Scope:
    """What is known of names in a function or a file."""

    def __init__(
        self, node: ast.AST, outer: "Scope | None", makers: set[str], returns: set[str], drawn: set[str]
    ) -> None:
        self.outer = outer
        self.drawn = drawn
        self.makers = makers
        self.returns = returns
        self.bound: dict[str, list[ast.expr | None]] = {}
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            arguments = node.args
            for argument in (*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs):
                fine = argument.annotation is not None and is_content(argument.annotation)
                self.bound[argument.arg] = [ast.Constant("")] if fine else [None]
        for child in own(node):
            self._learn(child)

    def _learn(self, child: ast.AST) -> None:
        match child:
            case ast.Assign(targets=targets, value=value):
                for target in targets:
                    if isinstance(target, ast.Name):
                        self.bound.setdefault(target.id, []).append(value)
            case ast.AnnAssign(target=ast.Name(id=name), annotation=annotation, value=value):
                listed = ast.unparse(annotation) in {"list[Content]", "tuple[Content, ...]"}
                fine = listed or is_content(annotation)
                self.bound.setdefault(name, []).append(ast.Constant("") if fine else value)
            case ast.NamedExpr(target=ast.Name(id=name), value=value):
                self.bound.setdefault(name, []).append(value)
            case ast.For(target=ast.Name(id=name)) | ast.comprehension(target=ast.Name(id=name)):
                self.bound.setdefault(name, []).append(None)

    def fine(self, node: ast.expr | None, seen: frozenset[str] = frozenset()) -> bool:
        """Say whether an expression can hold no text from outside, or only text that was made safe."""
        match node:
            case ast.Constant():
                return True
            case ast.Name(id=name):
                return self._fine_name(name, seen)
            case ast.Attribute(attr=name):
                return name.isupper() or name in self.returns
            case ast.BinOp(left=left, op=ast.Mult(), right=right):
                return self.fine(left, seen) or self.fine(right, seen)
            case ast.Call():
                return self._fine_call(node, seen)
        parts = parts_of(node)
        return bool(parts) and all(self.fine(part, seen) for part in parts)

    def _fine_call(self, call: ast.Call, seen: frozenset[str]) -> bool:
        match call.func:
            case ast.Name(id=name):
                return name in self.makers or name in self.returns or name in self.drawn & WIDGETS.keys()
            case ast.Attribute(attr=name) if name in self.returns:
                return True
            case ast.Attribute(value=ast.Name(id=name)) if name in self.makers:
                return True
            case ast.Attribute(value=receiver):
                return self.fine(receiver, seen)
        return False

    def _fine_name(self, name: str, seen: frozenset[str]) -> bool:
        if name in seen:
            return True
        if name in self.bound:
            return all(self.fine(value, seen | {name}) for value in self.bound[name])
        return self.outer._fine_name(name, seen) if self.outer else name.isupper()

    def is_mapping(self, node: ast.expr) -> bool:
        match node:
            case ast.Dict() | ast.DictComp() | ast.Set() | ast.SetComp():
                return True
            case ast.Call(func=ast.Name(id="dict" | "set" | "frozenset")):
                return True
            case ast.Name(id=name) if name in self.bound:
                return any(value is not None and self.is_mapping(value) for value in self.bound[name])
        return False


def is_content(annotation: ast.expr) -> bool:
    kinds = {part.strip() for part in ast.unparse(annotation).strip("'\"").split("|")}
    return "Content" in kinds and kinds <= {"Content", "None"}


def parts_of(node: ast.expr | None) -> list[ast.expr]:
    """Give the expressions that make up another, each of which must be fine."""
    match node:
        case ast.BinOp(left=left, right=right):
            return [left, right]
        case ast.IfExp(body=body, orelse=other):
            return [body, other]
        case ast.BoolOp(values=values) | ast.JoinedStr(values=values):
            return values
        case ast.Tuple(elts=parts) | ast.List(elts=parts):
            return parts
        case ast.FormattedValue(value=value) | ast.Subscript(value=value) | ast.Starred(value=value):
            return [value]
    return []


def own(node: ast.AST) -> Iterator[ast.AST]:
    """Give what is in a function or a file, without what is in the functions within it."""
    for child in ast.iter_child_nodes(node):
        yield child
        if not isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            yield from own(child)


def problems(source: str, others: frozenset[str] = frozenset()) -> list[str]:
    tree = ast.parse(source)
    makers: set[str] = set()
    found: list[str] = []
    for node in nodes(tree):
        if isinstance(node, ast.ImportFrom) and node.module == "tui.text":
            makers |= {alias.asname or alias.name for alias in node.names}
        if isinstance(node, ast.ImportFrom) and node.module == "tui":
            makers |= {alias.asname or alias.name for alias in node.names if alias.name == "text"}
        if isinstance(node, ast.ImportFrom) and node.module in FORBIDDEN_MODULES:
            found.append(f"{node.lineno}: {node.module}")
        if isinstance(node, ast.Import):
            found += [
                f"{node.lineno}: {alias.name}" for alias in node.names if alias.name in FORBIDDEN_MODULES
            ]
    drawn = {
        alias.asname or alias.name
        for node in nodes(tree)
        if isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] in {"rich", "textual"}
        for alias in node.names
    }
    look(tree, Scope(tree, None, makers, returns_of(tree) | others, drawn), found)
    return found


def returns_of(*trees: ast.Module) -> set[str]:
    """Give the names of the functions that return content, wherever a function of that name is."""
    fine: set[str] = set()
    other: set[str] = set()
    for tree in trees:
        for node in nodes(tree):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                good = node.returns is not None and is_content(node.returns)
                (fine if good else other).add(node.name)
    return fine - other


def look(node: ast.AST, scope: Scope, found: list[str]) -> None:
    for child in own(node):
        if isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            look(child, Scope(child, scope, scope.makers, scope.returns, scope.drawn), found)
        elif isinstance(child, ast.Call):
            found += [
                f"{child.lineno}: {ast.unparse(child)[:80]}" for _ in range(not call_is_fine(child, scope))
            ]
        elif isinstance(child, ast.Assign) and any(is_sink(target) for target in child.targets):
            found += [
                f"{child.lineno}: {ast.unparse(child)[:80]}" for _ in range(not scope.fine(child.value))
            ]


def is_sink(target: ast.expr) -> bool:
    match target:
        case ast.Attribute(value=ast.Name(id="self"), attr="label"):
            return False
        case ast.Attribute(attr=name):
            return name in ATTRIBUTES
    return False


def call_is_fine(call: ast.Call, scope: Scope) -> bool:
    match call.func:
        case ast.Attribute(attr=name) if name in FORBIDDEN_CALLS or name == "notify":
            return name == "notify" and call_on_text_module(call.func)
        case ast.Attribute(value=receiver, attr="update") if scope.is_mapping(receiver):
            return True
        case ast.Attribute(attr="update") if not call.args or scope.is_mapping(call.args[0]):
            return True
        case ast.Attribute(attr=name) if name in METHODS:
            return all(scope.fine(argument) for argument in call.args)
        case ast.Attribute(value=ast.Name(id="Content" | "Text" as name)) if name in scope.drawn:
            return all(scope.fine(argument) for argument in call.args)
        case ast.Name(id=name) if name in scope.drawn & MAKERS:
            return not call.args or scope.fine(call.args[0])
        case ast.Name(id=name) if name in scope.drawn & WIDGETS.keys():
            named = [keyword.value for keyword in call.keywords if keyword.arg in TEXT_ARGUMENTS]
            texts = [*call.args[: WIDGETS[name]], *named]
            return all(scope.fine(text) or is_registry_text(text) for text in texts)
    return True


def call_on_text_module(func: ast.Attribute) -> bool:
    return isinstance(func.value, ast.Name) and func.value.id == "text"


def is_registry_text(node: ast.expr) -> bool:
    """Say whether it is a sentence of the registry (`entry.action.does`), which is our own."""
    match node:
        case ast.Attribute(value=ast.Attribute(attr="action") | ast.Name(id="action"), attr="does" | "label"):
            return True
    return False


MAKES_SAFE = TUI / "text.py"
BELOW_THE_WIDGETS = {
    TUI / "shell" / "lasting_driver.py",
    TUI / "browser" / "app_process.py",
    TUI / "browser" / "driver.py",
    TUI / "cli" / "console.py",
}  # they write what is painted or printed
CLIPBOARD = TUI / "clipboard.py"  # it writes values in base64 alone, to the terminal's clipboard
FILES = sorted(path for path in TUI.rglob("*.py") if path not in {MAKES_SAFE, CLIPBOARD, *BELOW_THE_WIDGETS})


@functools.cache
def content_makers() -> frozenset[str]:
    """Return the names of all functions of tui/ that return content. Not at the import: each worker imports this."""
    return frozenset(returns_of(*(ast.parse(path.read_text(encoding="utf-8")) for path in FILES)))


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(TUI)))
def test_no_file_has_another_way(path: Path) -> None:
    assert problems(path.read_text(encoding="utf-8"), content_makers()) == []


REFUSED = [
    "Static(name)",
    "Static(f'hello {card.name}')",
    "Label('a' + name)",
    "Button(card.name)",
    "Button(label=card.name)",
    "widget.update(name)",
    "widget.update(f'{name}')",
    "self.notify(name)",
    "self.notify('saved')",
    "app.notify('saved', title=name)",
    "widget.border_title = name",
    "widget.tooltip = f'{name}'",
    "Text.from_markup('[b]x')",
    "Content.from_markup('$n', n=name)",
    "Content(name)",
    "Content.assemble(name)",
    "Text(name)",
    "Segment(name)",
    "options.add_option(Option(name))",
    "import rich.markup",
    "from rich.markup import escape",
    "def f(x):\n    said = plain(x)\n    said = x\n    Static(said)",
    "def f(x):\n    for name in x:\n        Static(name)",
    "def f(x: str) -> str:\n    return x\ndef g(x):\n    Static(f(x))",
    "log.write(name)",
    "def f() -> Content:\n    return plain(1)\nclass A:\n    def f(self) -> str:\n        return self.x\nStatic(a.f())",
    "def f() -> None:\n    pass\nStatic(f())",
]
TAKEN = [
    "Static('hello')",
    "Static()",
    "Static(id='name')",
    "Static(plain(name), id=name)",
    "Static(content('[b]$name[/b]', name=name))",
    "Static(plain(name) if name else 'nobody')",
    "def f(x):\n    said = plain(x)\n    if x:\n        said = 'x'\n    Static(said)",
    "def f(x: Content) -> None:\n    Static(x)",
    "def f(x) -> Content:\n    return plain(x)\ndef g(x):\n    Static(f(x))",
    "class A:\n    def f(self) -> Content:\n        return plain(1)\n    def g(self):\n        Static(self.f())",
    "Static(plain(name).stylize('bold'))",
    "Static(TITLE)",
    "widget.update(content('$n', n=1))",
    "table.update({'a': name})",
    "seen = set()\nseen.update(names)",
    "notify(self, name)",
    "Segment(' ' * width)",
    "Segment(fit(name, 5), style)",
    "widget.border_title = plain(name)",
    "widget.border_title = None",
    "Link(step.system)",
    "class A:\n    @property\n    def title(self) -> Content:\n        return plain(1)\nStatic(card.title)",
    "def f(x):\n    parts: list[Content] = []\n    Static(joined(*parts))",
]
HEAD = """
from rich.segment import Segment
from rich.text import Text
from textual.content import Content
from textual.widgets import Button, Label, Option, Static
from tui.text import content, fit, joined, notify, plain
"""


@pytest.mark.parametrize("source", REFUSED)
def test_it_refuses(source: str) -> None:
    assert problems(HEAD + source)


@pytest.mark.parametrize("source", TAKEN)
def test_it_takes(source: str) -> None:
    assert problems(HEAD + source) == []
