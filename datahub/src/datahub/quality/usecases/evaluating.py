"""Evaluate rules: what is due, one entity at a time, and tell of feeds whose data grew worse."""

from collections.abc import Mapping, Sequence

from datahub.dictionary.domain.entity import Dictionary
from datahub.quality.domain.duration import read_duration
from datahub.quality.domain.rule import Rule, is_broken
from datahub.quality.repository import evaluating, feeds, profiles, rules, runs
from datahub.quality.repository.evaluating import Counts
from datahub.quality.repository.feeds import Writer
from datahub.quality.repository.rules import BrokenRule
from datahub.quality.repository.runs import Result
from shared.contracts.datahub import FailedRule, FeedQualityFailed
from shared.kit.database import Transaction


async def ask_run(
    tx: Transaction, entities: Sequence[str] | None, dictionary: Dictionary
) -> list[str]:
    """Let entities be evaluated, or all of them; return which."""
    wanted = sorted(set(entities if entities is not None else dictionary.entities))
    await runs.mark_due(tx, wanted, "asked")
    return wanted


async def find_due(tx: Transaction, dictionary: Dictionary) -> None:
    """Note which entities are due: what changed, what reads it, and once a night all of them."""
    changed = await runs.follow_changes(tx)
    if changed is None:
        return
    if await runs.is_night_due(tx):
        await runs.mark_due(tx, sorted(dictionary.entities), "nightly")
        await runs.prune(tx)
        await profiles.prune(tx)
    elif changed:
        stored = await rules.list_stored(tx, None)
        known, _ = rules.read_rules(stored, dictionary)
        readers = {rule.entity.name for rule in known if rule.reads & changed}
        await runs.mark_due(tx, sorted(readers), "changes")


async def find_aged(tx: Transaction) -> list[str]:
    """Note which entities are due because nothing new came in time; return them."""
    aged = {
        entity
        for entity, most, age in await runs.list_aging(tx)
        if (span := read_duration(most)) and age > span.total_seconds()
    }
    await runs.mark_due(tx, sorted(aged), "aged")
    return sorted(aged)


async def evaluate_next(
    tx: Transaction, dictionary: Dictionary, *, only_asked: bool = False
) -> str | None:
    """Evaluate the entity that waits longest; return it, or None when none is due.

    Args:
        only_asked: leave what nobody asked for.
    """
    due = await runs.take_due(tx, only_asked=only_asked)
    if due is None:
        return None
    stored = await rules.list_stored(tx, due.entity)
    known, broken = rules.read_rules(stored, dictionary)
    writers = await feeds.list_writers(tx, due.entity)
    run = await runs.start_run(tx, due.entity, due.reason)
    by_rule = {rule.id: _writers_of(rule, writers) for rule in known}
    counts = await evaluating.count_rules(tx, known, by_rule)
    results = [each for rule in known for each in _results(rule, counts[rule.id], writers)]
    results += [_unreadable(each) for each in broken]
    await runs.finish_run(tx, run, due, results)
    await _tell(tx, run, known, results, writers)
    return due.entity


def _writers_of(rule: Rule, writers: Sequence[Writer]) -> list[str]:
    return [each.feed for each in writers if each.targets & set(rule.fields)]


def _results(rule: Rule, counts: Counts, writers: Sequence[Writer]) -> list[Result]:
    found = [_result(rule, counts, "", "", (counts.checked, counts.failed))]
    sources = {each.feed: each.source for each in writers}
    found += [
        _result(rule, counts, feed, sources[feed], pair)
        for feed, pair in sorted(counts.by_feed.items())
    ]
    return found


def _result(rule: Rule, counts: Counts, feed: str, source: str, pair: tuple[int, int]) -> Result:
    checked, failed = pair
    return Result(
        rule=rule.id,
        rule_version=rule.version,
        kind=rule.check.kind,
        severity=rule.terms_of(feed).severity,
        feed=feed,
        source=source,
        fields=rule.fields,
        checked=checked,
        failed=failed,
        observed=None if counts.observed is None or feed else f"{counts.observed:f}",
        status=_status(rule, counts, checked, failed),
        reason=counts.error,
    )


def _status(rule: Rule, counts: Counts, checked: int, failed: int) -> str:
    if counts.error is not None:
        return "error"
    if checked == 0:
        return "no_data"
    return "failed" if is_broken(checked, failed, rule.allowed_ratio) else "passed"


def _unreadable(broken: BrokenRule) -> Result:
    stored = broken.stored
    return Result(
        rule=stored.id,
        rule_version=stored.version,
        kind=str(stored.document.get("kind")),
        severity=str(stored.document.get("severity", "warning")),
        feed="",
        source="",
        fields=(),
        checked=0,
        failed=0,
        observed=None,
        status="error",
        reason=broken.reason,
    )


async def _tell(
    tx: Transaction,
    run: int,
    known: Sequence[Rule],
    results: Sequence[Result],
    writers: Sequence[Writer],
) -> None:
    """Tell of each feed of whose records more fail a rule than the run before found."""
    if not writers:
        return
    before = await runs.failed_before(tx, writers[0].entity, run)
    by_id = {rule.id: rule for rule in known}
    worse: dict[str, list[FailedRule]] = {}
    for each in results:
        if each.feed and _is_worse(each, before):
            worse.setdefault(each.feed, []).append(_failed_rule(each, by_id[each.rule]))
    for writer in writers:
        if failed := worse.get(writer.feed):
            tx.publish(
                FeedQualityFailed(
                    feed=writer.feed,
                    source=writer.source,
                    entity=writer.entity,
                    batch=await feeds.newest_batch(tx, writer.feed),
                    rules=tuple(failed),
                    failed=sum(each.failed for each in failed),
                    checked=sum(each.checked for each in failed),
                    gate="warn",
                ),
                key=writer.feed,
                subject=f"feed/{writer.feed}",
            )


def _is_worse(result: Result, before: Mapping[tuple[str, str], int]) -> bool:
    is_grave = result.status == "failed" and result.severity != "info"
    return is_grave and result.failed > before.get((result.rule, result.feed), 0)


def _failed_rule(result: Result, rule: Rule) -> FailedRule:
    return FailedRule(
        rule=rule.id,
        severity=rule.terms_of(result.feed).severity,
        name_zh=rule.zh,
        name_en=rule.en,
        checked=result.checked,
        failed=result.failed,
    )
