"""What a pull may be: its document, its statement, its addresses, its clock."""

from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from datahub.dictionary.domain.entity import Dictionary
from datahub.ingest.domain.feed_document import parse_feed
from datahub.pulls.domain.position import kept, value_of
from datahub.pulls.domain.pull import Secret
from datahub.pulls.domain.pull_document import PullInvalidError, Reach, parse_pull
from datahub.pulls.domain.schedule import Schedule, is_cron
from datahub.pulls.domain.select import problems_of
from shared.addresses import AddressRefusedError, parse_receivers
from shared.kit.clock import CAMPUS

NOW = datetime(2026, 11, 23, 8, 30, tzinfo=CAMPUS)
SECRETS = {"DATAHUB_SECRET_DB": "postgresql+asyncpg://u:p@h/d", "token": "t"}


def secret(named: Secret) -> str | None:
    return SECRETS.get(named.env or named.file or "")


def faults(document: dict[str, Any], dictionary: Dictionary, **feed: Any) -> dict[str, list[str]]:
    fields = {"course_code": {"from": "a"}}
    known = {"feed": "f", "source": "academic", "entity": "course", "fields": fields, **feed}
    reach = Reach(receivers=parse_receivers("api.campus.cn, 10.0.0.0/8"), secret=secret)
    with pytest.raises(PullInvalidError) as refused:
        parse_pull(document, parse_feed(known, dictionary, 1), reach, NOW)
    return refused.value.fields


@pytest.mark.parametrize(
    ("document", "places"),
    [
        ({"kind": "ftp"}, {"$.kind"}),
        ({"kind": "sql"}, {"$.url", "$.statement"}),
        (
            {"kind": "sql", "url": "postgresql://u:p@h/d", "statement": "SELECT 1", "page": 0},
            {"$.url", "$.page"},
        ),
        (
            {
                "kind": "sql",
                "url": {"env": "DATAHUB_DATABASE_PASSWORD"},
                "statement": "SELECT 1",
                "mode": "create",
                "schedule": {"every_minutes": 0, "cron": "* * * * * *"},
            },
            {
                *("$.url", "$.mode", "$.schedule", "$.schedule.every_minutes"),
                "$.schedule.cron",
            },
        ),
        (
            {"kind": "sql", "url": {"env": "DATAHUB_SECRET_DB"}, "statement": "DROP TABLE x"},
            {"$.statement"},
        ),
        (
            {"kind": "sql", "url": {"file": "token"}, "statement": "SELECT 1"},
            {"$.url"},
        ),
        (
            {"kind": "folder", "path": "/etc", "pattern": "a/b", "settle_seconds": 99, "x": 1},
            {"$.path", "$.pattern", "$.settle_seconds", "$.x"},
        ),
        (
            {
                "kind": "sql",
                "url": {"env": "DATAHUB_SECRET_DB"},
                "statement": "SELECT 1",
                "lookback": 5,
            },
            {"$.lookback"},
        ),
        (
            {
                "kind": "sql",
                "url": {"env": "DATAHUB_SECRET_DB"},
                "statement": "SELECT 1",
                "mode": "snapshot",
                "watermark": "at",
            },
            {"$.mode", "$.watermark"},
        ),
        ({"kind": "http", "url": "ftp://a/b"}, {"$.url"}),
        ({"kind": "http", "url": "https://u:p@a/b"}, {"$.url"}),
        ({"kind": "http", "url": "http://169.254.169.254/latest"}, {"$.url"}),
        ({"kind": "http", "url": "http://[::ffff:10.0.0.1]/x"}, {"$.url"}),
        (
            {
                "kind": "http",
                "url": "https://elsewhere.example/x",
                "headers": {
                    "Authorization": {"file": "token", "prefix": "Bearer "},
                    "Host": "x",
                    "X-Line": "a\r\nb",
                },
                "paging": {"kind": "cursor", "size": 0},
                "watermark": "at",
            },
            {
                *("$.url", "$.headers.Host", "$.headers.X-Line", "$.paging.param"),
                *("$.paging.next", "$.paging.size", "$.since"),
            },
        ),
        (
            {"kind": "http", "url": "https://a/b", "headers": {"A": {"file": "../x"}}},
            {"$.url", "$.headers.A.file"},
        ),
    ],
)
def test_a_pull_is_refused_with_every_fault_at_once(
    document: dict[str, Any], places: set[str], dictionary: Dictionary
) -> None:
    assert set(faults(document, dictionary)) == places


def test_an_aggregating_feed_takes_whole_files(dictionary: Dictionary) -> None:
    document = {"kind": "sql", "url": {"env": "DATAHUB_SECRET_DB"}, "statement": "SELECT 1"}
    aggregate = {"identity": "document", "measures": {"clicks": {"count": True}}}
    fields = {name: {"from": name} for name in ("student_no", "class_no", "date")}

    found = faults(
        document, dictionary, entity="learning_daily", fields=fields, aggregate=aggregate
    )

    assert set(found) == {"$.kind"}


def test_a_folder_lies_below_a_root_links_resolved(tmp_path: Path, dictionary: Dictionary) -> None:
    root = tmp_path / "root"
    (root / "in").mkdir(parents=True)
    (tmp_path / "out").mkdir()
    (root / "link").symlink_to(tmp_path / "out")
    fields = {"course_code": {"from": "a"}}
    document = {"feed": "f", "source": "academic", "entity": "course", "fields": fields}
    feed = parse_feed(document, dictionary, 1)
    reach = Reach(roots=(root.resolve(),))

    def parse(path: Path) -> str:
        return parse_pull({"kind": "folder", "path": str(path)}, feed, reach, NOW).kind

    assert parse(root / "in") == "folder"
    for path in (root / "link", root / "in" / ".." / ".." / "out", root / "none"):
        with pytest.raises(PullInvalidError):
            parse(path)


PARTS = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.text(max_size=8)
    | st.sampled_from(["link", "1"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner),
    max_leaves=8,
)
WORDS = (
    *("mode", "schedule", "url", "statement", "watermark", "page", "path", "pattern"),
    *("settle_seconds", "items", "query", "headers", "paging", "since", "x"),
)


@given(
    st.sampled_from(["sql", "folder", "http"]),
    st.dictionaries(st.sampled_from(WORDS), PARTS, max_size=6),
)
def test_any_document_is_a_pull_or_a_list_of_faults(
    dictionary: Dictionary, kind: str, parts: dict[str, Any]
) -> None:
    fields = {"course_code": {"from": "a"}}
    feed = parse_feed(feed_of(fields), dictionary, 1)
    outcome: Any
    try:
        outcome = parse_pull({"kind": kind, **parts}, feed, Reach(), NOW)
    except PullInvalidError as refused:
        outcome = refused

    # No folder is allowed and no secret known, so nothing else can hold.
    assert outcome.fields if isinstance(outcome, PullInvalidError) else outcome.kind == "http"


def feed_of(fields: dict[str, Any]) -> dict[str, Any]:
    return {"feed": "f", "source": "academic", "entity": "course", "fields": fields}


@pytest.mark.parametrize(
    ("dialect", "statement"),
    [
        ("postgresql", "SELECT a::int FROM t WHERE b = 'x;y' -- DELETE"),
        ("postgresql", "WITH x AS (SELECT 1 AS a) SELECT * FROM x UNION ALL SELECT 2"),
        ("oracle", "SELECT a FROM t WHERE b = q'[it's; here]'"),
        ("mssql", "SELECT TOP 5 [update] FROM t"),
        ("mysql", "SELECT `delete` FROM t WHERE a = 'it\\'s;'"),
        ("dm", "SELECT a FROM t"),
    ],
)
def test_a_statement_that_reads_is_taken(dialect: str, statement: str) -> None:
    assert list(problems_of(statement, dialect)) == []


@pytest.mark.parametrize(
    ("dialect", "statement"),
    [
        ("postgresql", "DELETE FROM t"),
        ("postgresql", "SELECT 1; DROP TABLE t"),
        ("postgresql", "WITH x AS (DELETE FROM t RETURNING *) SELECT * FROM x"),
        ("postgresql", "SELECT * INTO u FROM t"),
        ("postgresql", "SELECT * FROM t FOR UPDATE"),
        ("postgresql", "COPY t TO '/tmp/x'"),
        ("postgresql", "EXPLAIN ANALYZE DELETE FROM t"),
        ("postgresql", "SELECT 1) q; DROP TABLE t; --"),
        ("mysql", "SELECT 1 /*! INTO OUTFILE '/tmp/x' */"),
        ("mysql", "SELECT a FROM t INTO OUTFILE '/tmp/x'"),
        ("mysql", "CALL p()"),
        ("mssql", "SELECT 1; EXEC xp_cmdshell 'x'"),
        ("sqlite", "PRAGMA writable_schema = 1"),
        ("sqlite", "ATTACH DATABASE 'x' AS y"),
        ("postgresql", "SELECT " + "(" * 5_000 + "1" + ")" * 5_000),
        ("oracle", "BEGIN DBMS_OUTPUT.PUT_LINE('x'); END;"),
    ],
)
def test_a_statement_that_does_anything_else_is_refused(dialect: str, statement: str) -> None:
    assert list(problems_of(statement, dialect)) != []


@pytest.mark.parametrize(
    "address",
    [
        *("127.0.0.1", "127.8.8.8", "0.0.0.1", "10.1.2.3", "172.16.0.1", "192.168.1.1"),
        *("169.254.169.254", "100.100.100.200", "224.0.0.1", "255.255.255.255", "240.0.0.1"),
        *("::1", "::", "fe80::1%eth0", "fc00::1", "fd00:ec2::254", "ff02::1"),
        *("::ffff:127.0.0.1", "::127.0.0.1", "::ffff:10.0.0.1"),
        *("64:ff9b::7f00:1", "64:ff9b::a9fe:a9fe", "64:ff9b:1::7f00:1"),
        *("2002:7f00:1::", "2002:a9fe:a9fe::", "2001:0:7f00:1::"),
    ],
)
def test_an_address_inside_is_refused_in_every_spelling(address: str) -> None:
    with pytest.raises(AddressRefusedError, match="which nobody has allowed"):
        parse_receivers("").allow("name.example", address)


@pytest.mark.parametrize(
    ("allowed", "host", "address", "passes"),
    [
        ("", "example.com", "93.184.215.14", True),
        ("", "example.com", "2606:2800:21f:cb07::1", True),
        ("api.campus.cn", "api.campus.cn", "10.1.2.3", True),
        ("API.campus.cn.", "api.campus.cn", "10.1.2.3", True),
        ("api.campus.cn", "other.campus.cn", "10.1.2.3", False),
        ("api.campus.cn", "api.campus.cn", "127.0.0.1", False),
        ("api.campus.cn", "api.campus.cn", "169.254.169.254", False),
        ("api.campus.cn", "api.campus.cn", "64:ff9b::7f00:1", False),
        ("10.1.0.0/16", "any.name", "10.1.2.3", True),
        ("10.1.0.0/16", "any.name", "10.2.2.3", False),
        ("127.0.0.1", "localhost", "127.0.0.1", True),
    ],
)
def test_a_campus_receiver_is_reached_when_it_is_listed(
    allowed: str, host: str, address: str, *, passes: bool
) -> None:
    receivers = parse_receivers(allowed)

    if passes:
        assert receivers.allow(host, address) is None
    else:
        with pytest.raises(AddressRefusedError):
            receivers.allow(host, address)


def test_a_schedule_says_when_the_next_run_is() -> None:
    assert Schedule().after(NOW) is None
    assert Schedule(every_minutes=15).after(NOW) == datetime(2026, 11, 23, 8, 45, tzinfo=CAMPUS)
    assert Schedule(cron="0 2 * * *").after(NOW) == datetime(2026, 11, 24, 2, 0, tzinfo=CAMPUS)
    assert Schedule(cron="30 8 * * 1").after(NOW) == datetime(2026, 11, 30, 8, 30, tzinfo=CAMPUS)


@pytest.mark.parametrize(
    ("expression", "holds"),
    [
        *(("0 2 * * *", True), ("*/5 8-18 * * 1-5", True)),
        *(("0 2 * *", False), ("60 2 * * *", False), ("0 0 30 2 *", False), ("@daily", False)),
    ],
)
def test_a_cron_expression_has_five_fields_and_comes_true(expression: str, *, holds: bool) -> None:
    assert is_cron(expression, NOW) is holds


@pytest.mark.parametrize(
    "value",
    [
        *(5, -1.5, "2026-11-23", Decimal("1.50"), date(2026, 11, 23)),
        *(datetime(2026, 11, 23, 8, 30, 0, 123, tzinfo=UTC), datetime.fromisoformat("2026-11-23")),
    ],
)
def test_a_position_comes_back_as_the_source_gave_it(value: Any) -> None:
    position = kept(value)

    assert position is not None
    assert (type(value_of(position)), value_of(position)) == (type(value), value)
    assert kept([value]) is None


@pytest.mark.parametrize(
    ("header", "told"),
    [
        ({"env": "DATAHUB_SECRET_DORM"}, "the hub has no variable DATAHUB_SECRET_DORM: set it"),
        ({"env": "DORM"}, "its name begins with DATAHUB_SECRET_"),
        ({"file": "dorm"}, "DATAHUB_SECRETS_DIR holds no such file"),
    ],
)
def test_a_secret_that_cannot_be_read_is_told_with_the_remedy(
    dictionary: Dictionary, header: dict[str, str], told: str
) -> None:
    document = {
        "kind": "http",
        "url": "https://api.campus.cn/x",
        "headers": {"Authorization": header},
    }

    found = faults(document, dictionary)

    assert told in found["$.headers.Authorization"][0]
