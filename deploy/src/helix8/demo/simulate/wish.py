"""What the command line ``helix8 simulate`` asks for."""

import argparse
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Final

from helix8.demo.access import Access, GivenHub, OwnSuite
from helix8.demo.college import SYSTEMS, College, CollegeSpec, Delivery, delta, full
from helix8.demo.sources import the_spec
from helix8.home import Home
from helix8.progress import say

FEWEST, MOST = 300, 29_997
"""Students: a few in each class; numbers of four digits in each year of entry."""

MOST_DIRTY: Final = Decimal("0.1")
FASTEST: Final = 1000.0
SCHEMES: Final = {"rest": ("http://", "https://"), "nats": ("nats://", "tls://")}
SECRETS: Final = {"rest": "HELIX8_API_KEY", "nats": "HELIX8_NATS_PASSWORD"}

EPILOG: Final = """\
例 · examples:
  helix8 simulate academic --by file --to out            全量，写成文件 · everything, as files
  helix8 simulate hr --by rest --delta --days 5          五天的增量 · the changes of five days
  helix8 simulate survey --by nats --delta --rate 2      每秒两条 · two records a second
  HELIX8_API_KEY=h8k_… helix8 simulate hr --by rest --to https://hub.example
先送 hr 与 academic：其余系统引用它们 · hr and academic go first: the others refer to them.
默认送往 .helix8 上运行的套件（--data 指定其他目录） · by default to the suite on .helix8 (--data).
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """One run of a simulator."""

    system: str
    by: str
    college: College
    days: tuple[date, ...]
    today: date
    is_full: bool
    rate: float | None
    defines_feeds: bool
    folder: Path
    access: Access

    def deliveries(self) -> Iterator[Delivery]:
        """Yield what the system hands over.

        Of days that have not come the hub is sent no raw events: it takes none out of the future.
        All of such a day are those until today.
        """
        take = full if self.is_full else delta
        for day in self.days:
            known = min(day, self.today) if self.by != "file" else day
            rest = take(self.college, self.system, day)
            if known == day:
                yield from rest
                continue
            yield from (each for each in rest if not each.export.is_raw)
            if self.is_full and known >= self.college.spec.data_day:
                whole = full(self.college, self.system, known)
                yield from (each for each in whole if each.export.is_raw)


Value = Callable[[str], str | None]
"""Reads a variable of the environment."""


def wish_of(arguments: Sequence[str], home: Home, value: Value, today: date) -> Wish:
    """Read the command line; a fault of it ends the process with code 2, by name."""
    parser = _parser()
    asked = parser.parse_args(arguments)
    spec = replace(the_spec(date.min), students=asked.students, dirty=asked.dirty)
    spec = replace(spec, as_of=spec.first_day)
    spec = spec if asked.seed is None else replace(spec, seed=asked.seed)
    _check(parser, asked)
    return Wish(
        system=asked.system,
        by=asked.by,
        college=College(spec),
        days=_days(parser, asked, spec, today),
        today=today,
        is_full=not asked.delta,
        rate=asked.rate,
        defines_feeds=not asked.no_feeds and not (asked.by == "nats" and asked.to),
        folder=Path(asked.to or "."),
        access=_access(parser, asked, home, value),
    )


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="helix8 simulate",
        description="模拟学校的一个业务系统 · plays one of the college's source systems",
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add = parser.add_argument
    add("system", type=_system, nargs="?", metavar="SYSTEM", help=" ".join(SYSTEMS))
    add("--by", choices=("file", "rest", "nats"), default="rest", help="途径 · the way (rest)")
    add("--to", metavar="DIR|URL", help="目录或地址 · a folder for file, an address for the others")
    either = parser.add_mutually_exclusive_group()
    either.add_argument("--full", action="store_true", help="当天的全量（默认） · all of it")
    either.add_argument("--delta", action="store_true", help="当天的增量 · what the day changed")
    add("--day", type=_day, metavar="YYYY-MM-DD", help="哪一天（今天） · which day (today)")
    add("--days", type=_count, default=1, metavar="N", help="连续几天的增量 · days in a row (1)")
    add("--rate", type=_rate, metavar="R", help="每秒几条，一次一条 · records a second, one by one")
    add("--students", type=_students, default=3000, metavar="N", help="学生数 · students (3000)")
    add("--seed", type=int, metavar="S", help="随机种子：另一所学校 · another seed, other people")
    add(
        "--dirty", type=_share, default=Decimal("0.005"), metavar="SHARE", help="脏数据占比 (0.005)"
    )
    add("--no-feeds", action="store_true", help="不保存数据源约定 · leave the contracts alone")
    add("--secret-file", type=Path, metavar="FILE", help="密钥所在文件 · API key or NATS password")
    return parser


def _system(text: str) -> str:
    if text not in SYSTEMS:
        raise _refused(f"没有业务系统 {text}", f"{text}: choose one of {', '.join(SYSTEMS)}")
    return text


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise _refused(f"{text} 不是日期", f"{text} is no date: write 2026-11-24") from None


def _count(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise _refused(f"{text} 不是正整数", f"{text} is no positive number")
    return int(text)


def _students(text: str) -> int:
    number = _count(text)
    if not FEWEST <= number <= MOST or number % 3:
        raise _refused(
            f"{text}：须在 {FEWEST} 与 {MOST} 之间，三个年级等分",
            f"{text}: between {FEWEST} and {MOST}, in three equal years",
        )
    return number


def _share(text: str) -> Decimal:
    try:
        share = Decimal(text)
    except InvalidOperation:
        raise _refused(f"{text} 不是数", f"{text} is no number") from None
    if not 0 <= share <= MOST_DIRTY:
        raise _refused(f"{text}：0–{MOST_DIRTY}", f"{text}: 0 to {MOST_DIRTY} is possible")
    return share


def _rate(text: str) -> float:
    try:
        rate = float(text)
    except ValueError:
        raise _refused(f"{text} 不是数", f"{text} is no number") from None
    if not 0 < rate <= FASTEST:
        raise _refused(f"{text}：每秒 0–{FASTEST:g} 条", f"{text}: up to {FASTEST:g} a second")
    return rate


def _refused(zh: str, en: str) -> argparse.ArgumentTypeError:
    return argparse.ArgumentTypeError(say(zh, en))


def _check(parser: argparse.ArgumentParser, asked: argparse.Namespace) -> None:
    """Refuse options that say nothing together."""
    if asked.system is None:
        names = "、".join(SYSTEMS)
        parser.error(say(f"须指明业务系统：{names}", "name the system to play"))
    if asked.by == "file" and (asked.to is None or "://" in asked.to):
        parser.error(say("--by file 须给出目录 --to DIR", "--by file needs a folder: --to DIR"))
    if asked.by != "file" and asked.to and not asked.to.startswith(SCHEMES[asked.by]):
        schemes = " / ".join(SCHEMES[asked.by])
        parser.error(say(f"--to 须以 {schemes} 开头", f"--to must begin with {schemes}"))
    if asked.days > 1 and not asked.delta:
        parser.error(say("--days 只用于 --delta", "--days goes with --delta alone"))
    if asked.rate and (asked.by == "file" or not asked.delta):
        parser.error(
            say("--rate 只用于 REST 或 NATS 的 --delta", "--rate goes with --delta by rest or nats")
        )


def _days(
    parser: argparse.ArgumentParser, asked: argparse.Namespace, spec: CollegeSpec, today: date
) -> tuple[date, ...]:
    """Return the days; those of changes begin the day after the first one."""
    first, last = spec.first_day + timedelta(days=bool(asked.delta)), spec.last_day
    begin = asked.day or min(max(today, first), last)
    end = begin + timedelta(days=asked.days - 1)
    if not first <= begin <= end <= last:
        parser.error(
            say(
                f"--day、--days 须在 {first} 与 {last} 之间（要的是 {begin}–{end}）",
                f"the days must lie between {first} and {last} (asked for: {begin} to {end})",
            )
        )
    return tuple(begin + timedelta(days=passed) for passed in range(asked.days))


def _access(
    parser: argparse.ArgumentParser, asked: argparse.Namespace, home: Home, value: Value
) -> Access:
    if asked.by == "file" or not asked.to:
        return OwnSuite(home)
    name = SECRETS[asked.by]
    if asked.secret_file is not None:
        if not asked.secret_file.is_file():
            parser.error(say(f"没有文件 {asked.secret_file}", f"no file {asked.secret_file}"))
        return GivenHub(asked.to, asked.secret_file.read_text(encoding="utf-8").strip())
    secret = value(name)
    if not secret:
        parser.error(
            say(
                f"缺少密钥：环境变量 {name}，或 --secret-file",
                f"no secret: set {name}, or give --secret-file",
            )
        )
    return GivenHub(asked.to, secret)
