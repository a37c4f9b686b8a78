"""Small wrong versions of a module, made from its syntax tree: one change each.

Each kind is a mistake that somebody could make and a reader would not see: a bound that is off by
one, `and` for `or`, a default that is lost, a keyword left out, two arguments the wrong way round.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import accumulate

_COMPARE: dict[type[ast.cmpop], str] = {
    ast.Lt: "<=",
    ast.LtE: "<",
    ast.Gt: ">=",
    ast.GtE: ">",
    ast.Eq: "!=",
    ast.NotEq: "==",
    ast.In: "not in",
    ast.NotIn: "in",
    ast.Is: "is not",
    ast.IsNot: "is",
}
_ARITHMETIC: dict[type[ast.operator], str] = {
    ast.Add: "-",
    ast.Sub: "+",
    ast.Mult: "+",
    ast.FloorDiv: "*",
    ast.Mod: "//",
}
# What they say is for people, or is checked by mypy: a change there is no change of behaviour.
_SILENT = (ast.Raise, ast.Assert, ast.AnnAssign, ast.JoinedStr, ast.Import, ast.ImportFrom)
_UNORDERED = {"isinstance", "hasattr", "getattr", "cast", "issubclass", "print", "max", "min"}


@dataclass(frozen=True, slots=True)
class Mutant:
    """One change of one file: the bytes from `start` to `end` become `text`."""

    file: str
    function: str
    lineno: int
    kind: str
    line: str
    """The first line of the change, as it is."""
    start: int
    end: int
    text: str

    @property
    def key(self) -> str:
        """The same for the same change, wherever the line has moved to."""
        return f"{self.file}:{self.function}:{self.line}:{self.kind}:{self.text}"

    def applied(self, source: bytes) -> bytes:
        return source[: self.start] + self.text.encode() + source[self.end :]

    def is_valid(self, source: bytes) -> bool:
        """Whether it can be parsed and is another program."""
        try:
            return ast.dump(ast.parse(self.applied(source))) != ast.dump(ast.parse(source))
        except SyntaxError:
            return False

    def diff(self, source: bytes) -> str:
        changed = self.applied(source).decode().splitlines()[self.lineno - 1].strip()
        head = f"{self.file}:{self.lineno} {self.function} [{self.kind}]"
        return f"{head}\n  - {self.line}\n  + {changed}"


def mutants(file: str, source: bytes) -> list[Mutant]:
    """Every mutant of a module; a few of them may not be valid."""
    lines = source.splitlines(keepends=True)
    starts = [0, *accumulate(len(line) for line in lines)]
    made = []
    for function, kind, (start, end), text in _Changes(source, starts).all():
        number = source.count(b"\n", 0, start)
        line = lines[number].decode().strip()
        made.append(Mutant(file, function, number + 1, kind, line, start, end, text))
    return made


Change = tuple[str, str, tuple[int, int], str]


class _Changes:
    def __init__(self, source: bytes, starts: list[int]) -> None:
        self.source = source
        self.starts = starts

    def all(self) -> Iterator[Change]:
        yield from self._inside(ast.parse(self.source), "")

    def _inside(self, node: ast.AST, function: str) -> Iterator[Change]:
        for child in ast.iter_child_nodes(node):
            if isinstance(child, _SILENT) or _is_type_checking(child):
                continue
            if isinstance(child, ast.keyword) and child.arg == "strict":
                continue  # `zip` asserts equal lengths by it
            if isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
                if child.name != "__repr__":
                    name = f"{function}.{child.name}" if function else child.name
                    for statement in child.body:
                        yield from self._node(statement, name)
            else:
                yield from self._node(child, function)

    def _node(self, node: ast.AST, function: str) -> Iterator[Change]:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            yield from self._inside(ast.Module([node], []), function)
            return
        if isinstance(node, _SILENT) or _is_type_checking(node):
            return
        if isinstance(node, ast.expr | ast.stmt) and function:
            for kind, span, text in self._of(node):
                yield function, kind, span, text
        yield from self._inside(node, function)

    def _of(self, node: ast.expr | ast.stmt) -> Iterator[tuple[str, tuple[int, int], str]]:
        match node:
            case ast.Compare(left=left, ops=[op], comparators=[right]):
                yield "compare", self._between(left, right), f" {_COMPARE[type(op)]} "
            case ast.BoolOp(op=op, values=[first, second, *_]):
                other = " or " if isinstance(op, ast.And) else " and "
                yield "and/or", self._between(first, second), other
                if isinstance(op, ast.Or):
                    yield "default lost", (self._end(first), self._end(node)), ""
            case ast.UnaryOp(op=ast.Not(), operand=operand):
                yield "not", self._span(node), f"({self._text(operand)})"
            case ast.BinOp(left=left, op=op, right=right) if type(op) in _ARITHMETIC:
                yield "arithmetic", self._between(left, right), f" {_ARITHMETIC[type(op)]} "
            case ast.Constant(value=bool(value)):
                yield "constant", self._span(node), str(not value)
            case ast.Constant(value=int(value)):
                yield "off by one", self._span(node), str(value + 1)
            case ast.Constant(value=float(value)):
                # A chance of 2 is a chance of 1.
                yield "half", self._span(node), str(value / 2 if value else 1.0)
            case ast.Return(value=value) if value is not None and not _is_nothing(value):
                yield "return nothing", self._span(value), "None"
            case ast.If(test=test) | ast.IfExp(test=test):
                yield "never", self._span(test), "False"
                yield "always", self._span(test), "True"
            case ast.Expr(value=ast.Call()):
                yield "call dropped", self._span(node), "pass"
            case ast.Continue():
                yield "break", self._span(node), "break"
            case ast.Call(func=func, args=args, keywords=keywords):
                yield from self._of_call(func, args, keywords)
            case _:
                pass

    def _of_call(
        self, func: ast.expr, args: list[ast.expr], keywords: list[ast.keyword]
    ) -> Iterator[tuple[str, tuple[int, int], str]]:
        if len(args) >= 2 and not (isinstance(func, ast.Name) and func.id in _UNORDERED):
            first, second = args[:2]
            if not isinstance(first, ast.Starred) and not isinstance(second, ast.Starred):
                gap = self.source[self._end(first) : self._start(second)].decode()
                swapped = f"{self._text(second)}{gap}{self._text(first)}"
                yield "swapped", (self._start(first), self._end(second)), swapped
        before = self._end(args[-1]) if args else None
        for keyword in keywords:
            end = self._end(keyword.value)
            if before is not None and keyword.arg not in (None, "strict"):
                yield "keyword dropped", (before, end), ""
            before = end

    def _between(self, left: ast.expr, right: ast.expr) -> tuple[int, int]:
        """From one operand to the next, without the parentheses around them."""
        start, end = self._end(left), self._start(right)
        between = self.source[start:end]
        closing = len(between) - len(between.lstrip(b") \n"))
        opening = len(between) - len(between.rstrip(b"( \n"))
        inner = between[:closing].rfind(b")") + 1
        outer = between[len(between) - opening :].find(b"(")
        return start + inner, end - (opening - outer if outer >= 0 else 0)

    def _start(self, node: ast.expr | ast.stmt) -> int:
        return self.starts[node.lineno - 1] + node.col_offset

    def _end(self, node: ast.expr | ast.stmt) -> int:
        assert node.end_lineno is not None and node.end_col_offset is not None
        return self.starts[node.end_lineno - 1] + node.end_col_offset

    def _span(self, node: ast.expr | ast.stmt) -> tuple[int, int]:
        return self._start(node), self._end(node)

    def _text(self, node: ast.expr) -> str:
        start, end = self._span(node)
        return self.source[start:end].decode()


def _is_type_checking(node: ast.AST) -> bool:
    return (
        isinstance(node, ast.If)
        and isinstance(node.test, ast.Name)
        and node.test.id == "TYPE_CHECKING"
    )


def _is_nothing(value: ast.expr) -> bool:
    """None, or False, which None stands for wherever somebody asks."""
    return isinstance(value, ast.Constant) and (value.value is None or value.value is False)
