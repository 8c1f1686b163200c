"""Read a formula from its text; every fault says where it stands and what would be right there.

Source: design "Indicators" 4; precedence of DHIS2's expressions.
"""

import re
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from datahub.indicators.domain.formula.syntax import (
    AGGREGATES,
    ROW_FUNCTIONS,
    SHIFTS,
    Aggregate,
    Binary,
    Call,
    Constant,
    Expression,
    FormulaError,
    In,
    IsNull,
    Name,
    Number,
    Other,
    Shifted,
    Text,
    Truth,
    Unary,
    nodes_of,
)

MAX_LENGTH: Final = 4_000
MAX_DEPTH: Final = 60
"""Brackets, signs and powers within each other."""

MAX_TALL: Final = 100
"""Operations of which each takes what the one before gave: everything that walks a tree is at ease
with so many."""

MAX_STEPS_BACK: Final = 60
"""Periods that a formula looks back: five years of months. Source: our default."""

_WORDS: Final = frozenset(
    {"and", "or", "not", "in", "is", "null", "true", "false", "of", "where", "distinct"}
)
_TOKEN: Final = re.compile(
    r"(?P<space>[ \t\r\n\u3000]+)"
    r"|(?P<number>\d+(?:\.\d+)?)"
    r"|(?P<text>'(?:[^']|'')*')"
    r"|(?P<name>[A-Za-z_][A-Za-z0-9_]*(?:\.[A-Za-z_][A-Za-z0-9_]*)*)"
    r"|(?P<other>\[[a-z0-9][a-z0-9_.-]{0,79}\])"
    r"|(?P<sign><=|>=|!=|<>|[-+*/%^()=<>,:])"
)
_MEANT: Final = {
    **dict.fromkeys("\u201c\u201d\u2018\u2019", "'"),
    **dict(zip("【】", "[]", strict=True)),
    "×": "*",
    "÷": "/",
    "−": "-",
    "≤": "<=",
    "≥": ">=",
    "≠": "!=",
    "、": ",",
    "。": ".",
}
_COMPARISONS: Final = frozenset({"=", "!=", "<>", "<", "<=", ">", ">="})


@dataclass(frozen=True, slots=True)
class _Token:
    kind: str
    text: str
    at: int


def read_formula(text: str) -> Expression:
    """Return the tree of a formula.

    Raises:
        FormulaError: it is none; with the place.
    """
    if len(text) > MAX_LENGTH:
        raise FormulaError(MAX_LENGTH, f"至多 {MAX_LENGTH} 字", f"at most {MAX_LENGTH} characters")
    reader = _Reader(_tokens(text))
    tree = reader.expression()
    reader.end()
    for node, depth in nodes_of(tree):
        if depth > MAX_TALL:
            raise FormulaError(
                node.at, f"连续运算超过 {MAX_TALL} 次", f"more than {MAX_TALL} operations in a row"
            )
    return tree


def _tokens(text: str) -> list[_Token]:
    found: list[_Token] = []
    at = 0
    while at < len(text):
        match = _TOKEN.match(text, at)
        if match is None:
            if text[at] == "'":
                raise FormulaError(at, "文本没有结束的引号", "the text has no closing quote")
            if text[at] == "[":
                raise FormulaError(
                    at, "其他指标写作 [指标编号]", "another indicator is written [its_id]"
                )
            raise _unknown_sign(at, text[at])
        kind, word = str(match.lastgroup), match.group()
        if kind == "name" and word in _WORDS:
            kind = "word"
        if kind != "space":
            found.append(_Token(kind, word, at))
        at = match.end()
    return [*found, _Token("end", "", len(text))]


def _unknown_sign(at: int, sign: str) -> FormulaError:
    """Say what to write in place of a sign; most often it is a full-width one."""
    meant = _MEANT.get(sign) or unicodedata.normalize("NFKC", sign)
    zh, en = f"不认识的符号 {sign!r}", f"unknown sign {sign!r}"
    if meant != sign and meant.isascii():
        zh, en = f"{zh}，请用半角的 {meant}", f"{en}: write {meant}"
    return FormulaError(at, zh, en)


class _Reader:
    """Goes through the tokens once; each method reads what its name says."""

    def __init__(self, tokens: list[_Token]) -> None:
        self._tokens = tokens
        self._place = 0
        self._depth = 0

    def expression(self) -> Expression:
        self._depth += 1
        if self._depth > MAX_DEPTH:
            at = self._now.at
            raise FormulaError(at, f"嵌套超过 {MAX_DEPTH} 层", f"nested deeper than {MAX_DEPTH}")
        found = self._left_to_right({"or"}, self._conjunction)
        self._depth -= 1
        return found

    def end(self) -> None:
        if self._now.kind != "end":
            raise self._unexpected("公式应在此结束", "the formula should end here")

    @property
    def _now(self) -> _Token:
        return self._tokens[self._place]

    def _take(self, *texts: str) -> _Token | None:
        token = self._now
        if token.kind in {"sign", "word"} and token.text in texts:
            self._place += 1
            return token
        return None

    def _need(self, text: str) -> _Token:
        token = self._take(text)
        if token is None:
            raise self._unexpected(f"此处应为 {text}", f"{text} is expected here")
        return token

    def _unexpected(self, zh: str, en: str) -> FormulaError:
        token = self._now
        seen = f"，而不是 {token.text}" if token.text else ""
        instead = f", not {token.text}" if token.text else ""
        return FormulaError(token.at, f"{zh}{seen}", f"{en}{instead}")

    def _left_to_right(self, ops: set[str], operand: Callable[[], Expression]) -> Expression:
        left = operand()
        while (token := self._take(*ops)) is not None:
            left = Binary(at=token.at, op=token.text, left=left, right=operand())
        return left

    def _conjunction(self) -> Expression:
        return self._left_to_right({"and"}, self._negation)

    def _negation(self) -> Expression:
        if (token := self._take("not")) is not None:
            return Unary(at=token.at, op="not", operand=self._deeper(self._negation))
        return self._comparison()

    def _comparison(self) -> Expression:
        left = self._sum()
        if (token := self._take(*_COMPARISONS)) is not None:
            op = "!=" if token.text == "<>" else token.text
            return Binary(at=token.at, op=op, left=left, right=self._sum())
        if (token := self._take("is")) is not None:
            negated = self._take("not") is not None
            self._need("null")
            return IsNull(at=token.at, operand=left, negated=negated)
        return self._membership(left)

    def _membership(self, left: Expression) -> Expression:
        token = self._take("not")
        negated = token is not None
        if token is None and self._now.text != "in":
            return left
        token = self._need("in")
        self._need("(")
        values = [self._constant()]
        while self._take(","):
            values.append(self._constant())
        self._need(")")
        return In(at=token.at, operand=left, values=tuple(values), negated=negated)

    def _constant(self) -> Constant:
        found = self._sign()
        if isinstance(found, Number | Text | Truth):
            return found
        if isinstance(found, Unary) and isinstance(found.operand, Number):
            return Number(at=found.at, value=-found.operand.value)
        raise FormulaError(found.at, "此处只能是常量", "only a constant may stand here")

    def _sum(self) -> Expression:
        return self._left_to_right({"+", "-"}, self._product)

    def _product(self) -> Expression:
        return self._left_to_right({"*", "/", "%"}, self._sign)

    def _sign(self) -> Expression:
        if (token := self._take("-", "+")) is not None:
            operand = self._deeper(self._sign)
            return Unary(at=token.at, op="-", operand=operand) if token.text == "-" else operand
        return self._power()

    def _power(self) -> Expression:
        base = self._primary()
        if (token := self._take("^")) is not None:
            # From right to left, and tighter than the sign before it.
            return Binary(at=token.at, op="^", left=base, right=self._deeper(self._sign))
        return base

    def _deeper(self, read: Callable[[], Expression]) -> Expression:
        self._depth += 1
        if self._depth > MAX_DEPTH:
            at = self._now.at
            raise FormulaError(at, f"嵌套超过 {MAX_DEPTH} 层", f"nested deeper than {MAX_DEPTH}")
        found = read()
        self._depth -= 1
        return found

    def _primary(self) -> Expression:
        token = self._now
        if self._take("("):
            inner = self.expression()
            self._need(")")
            return inner
        if self._take("true", "false"):
            return Truth(at=token.at, value=token.text == "true")
        if token.kind == "other":
            return self._other()
        if token.kind not in {"number", "text", "name"}:
            raise self._unexpected("此处应有数值、字段或函数", "a value is expected here")
        self._place += 1
        return self._named(token) if token.kind == "name" else _literal(token)

    def _other(self) -> Other:
        token = self._now
        if token.kind != "other":
            raise self._unexpected(
                "此处应为 [指标编号]", "[its_id] of an indicator is expected here"
            )
        self._place += 1
        return Other(at=token.at, indicator=token.text[1:-1])

    def shift(self, token: _Token) -> Shifted:
        operand, steps = self._other(), 1
        if token.text == "offset":
            self._need(",")
            steps = self._steps_back()
        return Shifted(at=token.at, name=token.text, operand=operand, steps=steps)

    def _steps_back(self) -> int:
        token = self._now
        found = self._constant()
        if isinstance(found, Number) and -found.value in range(1, MAX_STEPS_BACK + 1):
            return -int(found.value)
        raise FormulaError(
            token.at,
            f"须为 -1 至 -{MAX_STEPS_BACK} 的整数",
            f"a whole number from -1 to -{MAX_STEPS_BACK}",
        )

    def _named(self, token: _Token) -> Expression:
        if self._take("(") is None:
            return Name(at=token.at, value=token.text)
        read = _CALLS.get(token.text)
        if read is None:
            names = ", ".join(sorted(_CALLS))
            raise FormulaError(
                token.at,
                f"没有函数 {token.text}，可用：{names}",
                f"no function {token.text}; there are {names}",
            )
        found = read(self, token)
        self._need(")")
        return found

    def aggregate(self, token: _Token) -> Aggregate:
        share = None
        if token.text == "percentile":
            share = self._share()
            self._need(",")
        is_distinct = self._take("distinct") is not None
        name = token.text
        if is_distinct:
            if name != "count":
                raise FormulaError(
                    token.at, "只有 count 可以 distinct", "only count takes distinct"
                )
            name = "count_distinct"
        if name == "count":
            value, entity = None, self._entity()
        else:
            value = self.expression()
            self._need("of")
            entity = self._entity()
        where = self.expression() if self._take("where") else None
        return Aggregate(
            at=token.at,
            name=name,
            entity=entity.text,
            entity_at=entity.at,
            value=value,
            where=where,
            share=share,
        )

    def _share(self) -> Decimal:
        token = self._now
        found = self._constant()
        if isinstance(found, Number) and 0 <= found.value <= 1:
            return found.value
        raise FormulaError(token.at, "须在 0 与 1 之间", "between 0 and 1")

    def _entity(self) -> _Token:
        token = self._now
        if token.kind != "name" or "." in token.text:
            raise self._unexpected("此处应为实体", "an entity is expected here")
        self._place += 1
        return token

    def call(self, token: _Token) -> Call:
        args = [self.expression()]
        weights: list[tuple[Constant, Number]] = []
        while self._take(","):
            if token.text == "weight":
                weights.append(self._weight())
            else:
                args.append(self.expression())
        return Call(at=token.at, name=token.text, args=tuple(args), weights=tuple(weights))

    def _weight(self) -> tuple[Constant, Number]:
        value = self._constant()
        self._need(":")
        number = self._constant()
        if not isinstance(number, Number):
            raise FormulaError(number.at, "权重须为数值", "a weight is a number")
        return value, number


def _literal(token: _Token) -> Expression:
    if token.kind == "number":
        return Number(at=token.at, value=Decimal(token.text))
    return Text(at=token.at, value=token.text[1:-1].replace("''", "'"))


_CALLS: Final[Mapping[str, Callable[[_Reader, _Token], Expression]]] = {
    **dict.fromkeys(AGGREGATES - {"count_distinct"}, _Reader.aggregate),
    **dict.fromkeys(ROW_FUNCTIONS, _Reader.call),
    **dict.fromkeys(SHIFTS, _Reader.shift),
}
