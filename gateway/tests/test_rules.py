"""The pure rules: paths, headers, origins, lock-out, credentials, texts, the figure."""

from datetime import UTC, datetime, timedelta
from string import Formatter
from typing import Any

import pytest

from gateway.access.domain.credentials import bearer_of, cookie_of, read_key
from gateway.access.domain.origins import client_address, from_own_page, local_path
from gateway.access.domain.roles import is_scope, permissions_of
from gateway.identity.domain.lockout import (
    Attempts,
    LockedOutError,
    count_attempt,
    count_everywhere,
    delay_of,
)
from gateway.identity.domain.passwords import hash_password, password_fits
from gateway.identity.domain.secrets import new_key
from gateway.portal.domain.figure import AFTER, BIG_ORDER, Lit, draw
from gateway.portal.domain.listing import (
    ALERTS,
    CORRECTIONS,
    UnknownWishError,
    pages_of,
    read_wish,
)
from gateway.portal.domain.live import KEPT, Frame, Recent, frame_of
from gateway.portal.domain.owners import scope_of
from gateway.portal.domain.texts import (
    ago,
    day_near,
    left,
    matter_text,
    period_text,
    share_text,
    work_text,
)
from gateway.portal.domain.words import WORDS, Words
from gateway.proxy.domain.headers import inwards, length_of, named, outwards, trace_of
from gateway.proxy.domain.routes import BadPathError, UnknownServiceError, is_proxied, split_path

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
ZH, EN = Words("zh"), Words("en")


@pytest.mark.parametrize(
    ("raw", "split"),
    [
        (b"/api/datahub/v1/batches", ("datahub", "/v1/batches")),
        (b"/api/x/v1/a%2Fb", ("x", "/v1/a%2Fb")),
        (b"/api/spiral/v1/cycles/2026-2027-1/course/C1", None),
    ],
)
def test_paths_are_split_and_left_as_they_are(raw: bytes, split: Any) -> None:
    assert split_path(raw) == (split or ("spiral", raw.decode().removeprefix("/api/spiral")))


@pytest.mark.parametrize(
    "raw",
    [
        b"/api/datahub/v1/../x",
        b"/api/datahub/v1/%2E%2e/x",
        b"/api/datahub/v1/.%2e%2fx",
        b"/api/datahub/v1/a\\..\\b",
        b"/api/datahub/v1/a#b",
        b"/api/datahub/v1/%00",
        "/api/datahub/v1/中".encode(),
    ],
)
def test_paths_that_could_mean_two_things_are_refused(raw: bytes) -> None:
    with pytest.raises(BadPathError):
        split_path(raw)


@pytest.mark.parametrize("raw", [b"/api/datahub", b"/api/datahub/", b"/api/datahub/v10/x"])
def test_paths_lead_to_a_version(raw: bytes) -> None:
    with pytest.raises(UnknownServiceError):
        split_path(raw)


def test_the_gateways_own_paths_are_not_forwarded() -> None:
    assert not is_proxied("/api/gateway/v1/me")
    assert not is_proxied("/api/openapi.json")
    assert not is_proxied("/docs")
    assert is_proxied("/api/gatewayx/v1/me")


def test_two_lengths_become_one() -> None:
    given = [(b"content-length", b"5"), (b"Transfer-Encoding", b"chunked"), (b"a", b"1")]
    assert inwards(given) == [(b"a", b"1")]
    assert length_of([(b"content-length", b"-5")]) is None
    assert length_of([(b"content-length", b"17")]) == 17


def test_credentials_and_hop_headers_stay_here() -> None:
    kept = [(b"accept", b"*/*"), (b"if-match", b'"1"'), (b"accept-language", b"en")]
    dropped = [
        (b"Authorization", b"Bearer x"),
        (b"Cookie", b"a=b"),
        (b"Host", b"x"),
        (b"Connection", b"keep-alive, X-One"),
        (b"X-One", b"1"),
        (b"X-Forwarded-For", b"1.2.3.4"),
        (b"Upgrade", b"h2c"),
    ]
    assert inwards([*dropped, *kept]) == kept
    assert outwards([(b"Set-Cookie", b"a"), (b"ETag", b'"1"')]) == [(b"etag", b'"1"')]


def test_a_broken_traceparent_is_replaced() -> None:
    good = b"00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
    assert trace_of([(b"traceparent", good)]) == good
    for bad in (b"00-" + b"0" * 32 + b"-00f067aa0ba902b7-01", b"x", good + b"\n"):
        assert trace_of([(b"traceparent", bad)]) != bad


def test_repeated_headers_are_joined() -> None:
    assert named([(b"Cookie", b"a=1"), (b"cookie", b"b=2"), (b"x", b"1"), (b"x", b"2")]) == {
        "cookie": "a=1; b=2",
        "x": "1, 2",
    }


@pytest.mark.parametrize(
    ("headers", "own", "found"),
    [
        ({}, "a:1", None),
        ({"origin": "http://a:1"}, "a:1", True),
        ({"origin": "http://b:1"}, "a:1", False),
        ({"origin": "null"}, "a:1", False),
        ({"origin": "http://a:1"}, "https://a:1", False),
        ({"origin": "https://a"}, "https://a", True),
        ({"sec-fetch-site": "same-origin", "origin": "x"}, "a:1", True),
        ({"sec-fetch-site": "cross-site", "origin": "http://a:1"}, "a:1", False),
        ({"sec-fetch-site": "none"}, "a:1", False),
        ({"origin": ""}, "", False),
    ],
)
def test_our_own_pages_are_known(headers: dict[str, str], own: str, found: Any) -> None:
    assert from_own_page(headers, own) is found


@pytest.mark.parametrize(
    "target", ["//x", "/\\x", "http://x", "", "x", "/a\nb", "/a b", "/\t/x", "/中"]
)
def test_no_redirect_leads_away(target: str) -> None:
    assert local_path(target) == "/"


def test_keys_and_cookies_are_read() -> None:
    assert read_key(new_key()) is not None
    assert read_key("h8k_short_short") is None
    assert bearer_of("bearer abc ") == "abc"
    assert bearer_of("Basic abc") is None
    assert cookie_of("xa=1; a=2; a=3", "a") == "2"
    assert cookie_of("ab", "a") is None


def test_roles_give_permissions_and_unknown_roles_none() -> None:
    assert permissions_of(["admin"]) == {"*"}
    assert "datahub:read" in permissions_of(["reader", "stranger"])
    assert permissions_of(["stranger"]) == frozenset()
    assert [is_scope(text) for text in ("*", "a:*", "a:b", "a", "*:a", "A:b")] == [
        True,
        True,
        True,
        False,
        False,
        False,
    ]


def test_the_lock_begins_with_the_fifth_attempt_and_grows() -> None:
    attempts = Attempts(failures=0, last_at=NOW, locked_until=None)
    for _ in range(4):
        attempts = count_attempt(attempts, NOW)
        assert attempts.locked_until is None
    attempts = count_attempt(attempts, NOW)
    assert attempts.locked_until == NOW + timedelta(minutes=1)
    with pytest.raises(LockedOutError) as refused:
        count_attempt(attempts, NOW + timedelta(seconds=0.5))
    assert refused.value.seconds == 60
    attempts = count_attempt(attempts, NOW + timedelta(minutes=1))
    assert attempts.locked_until == NOW + timedelta(minutes=3)


@pytest.mark.parametrize(
    ("failures", "seconds"), [(0, 0), (49, 0), (50, 1), (99, 1), (100, 2), (249, 4), (9000, 5)]
)
def test_attempts_from_everywhere_are_slowed_and_never_locked(failures: int, seconds: int) -> None:
    attempts = Attempts(failures=failures, last_at=NOW, locked_until=None)

    assert delay_of(attempts) == seconds
    assert count_everywhere(attempts, NOW) == Attempts(
        failures=failures + 1, last_at=NOW, locked_until=None
    )
    later = NOW + timedelta(minutes=15, seconds=1)
    assert count_everywhere(attempts, later).failures == 1


@pytest.mark.parametrize(
    ("told", "behind_proxy", "address"),
    [
        (["198.51.100.7"], False, "10.0.0.1"),
        ([], True, "10.0.0.1"),
        (["198.51.100.7"], True, "198.51.100.7"),
        (["1.2.3.4, 198.51.100.7"], True, "198.51.100.7"),
        (["1.2.3.4", " 198.51.100.7 "], True, "198.51.100.7"),
        ([""], True, "10.0.0.1"),
    ],
)
def test_an_address_is_what_our_own_proxy_saw(
    told: list[str],
    behind_proxy: bool,  # noqa: FBT001 — a case of the table
    address: str,
) -> None:
    assert client_address("10.0.0.1", told, behind_proxy=behind_proxy) == address


def test_the_lock_never_exceeds_a_quarter_of_an_hour_and_is_forgotten() -> None:
    attempts = Attempts(failures=500, last_at=NOW, locked_until=None)
    assert count_attempt(attempts, NOW).locked_until == NOW + timedelta(minutes=15)
    later = count_attempt(attempts, NOW + timedelta(minutes=15, seconds=1))
    assert (later.failures, later.locked_until) == (1, None)


def test_passwords_fit_their_hash_only() -> None:
    stored = hash_password("correct horse")
    assert password_fits(stored, "correct horse")
    assert not password_fits(stored, "correct house")
    assert not password_fits(None, "the password of an account that does not exist")


def test_a_frame_is_one_line_of_data() -> None:
    body = b'{"type": "qa.alert.alert.raised.v1", "data": {\n"a":\r\n "x\\ny"}}'
    frame = frame_of(7, body)
    assert frame is not None
    assert frame.data == b'id: 7\nevent: raised\ndata: { "a":   "x\\ny"}\n\n'
    assert frame_of(8, b'{"type": "qa.alert.alert.escalated.v1", "data": {}}') is None


def test_the_newest_frames_are_kept_and_the_floor_says_what_is_not() -> None:
    recent = Recent(5)
    for seq in range(6, 6 + KEPT + 2):
        recent.add(Frame(seq, b""))
    assert recent.floor == 7
    assert recent.last == 5 + KEPT + 2
    assert [frame.seq for frame in recent.after(recent.last - 2)] == [recent.last - 1, recent.last]


@pytest.mark.parametrize(
    ("seconds", "zh", "en"),
    [
        (-5, "刚刚", "just now"),
        (59, "刚刚", "just now"),
        (60, "1 分钟前", "1 min ago"),
        (3599, "59 分钟前", "59 min ago"),
        (3600, "1 小时前", "1 h ago"),
        (86_400, "1 天前", "1 d ago"),
    ],
)
def test_how_long_ago(seconds: int, zh: str, en: str) -> None:
    moment = NOW - timedelta(seconds=seconds)
    assert (ago(moment, NOW, ZH), ago(moment, NOW, EN)) == (zh, en)


@pytest.mark.parametrize(
    ("hours", "zh"),
    [
        (None, "未定"),
        (0.5, "剩 30 分钟"),
        (22.9, "剩 22 小时"),
        (47.9, "剩 1 天 23 小时"),
        (48, "剩 2 天"),
        (-0.1, "已逾期 1 小时"),
        (-24, "已逾期 1 天"),
        (71.9, "剩 2 天 23 小时"),
        (-25, "已逾期 1 天 1 小时"),
    ],
)
def test_how_much_time_is_left(hours: float | None, zh: str) -> None:
    due = None if hours is None else NOW + timedelta(hours=hours)
    assert left(due, NOW, ZH) == zh


@pytest.mark.parametrize(
    ("title", "measure", "said"),
    [
        ("《建筑力学》及格率", "及格率", "及格率"),
        ("C0001 及格率", "及格率", "及格率"),
        ("《建筑力学》及格率", None, "《建筑力学》及格率"),
        ("及格率不低于八成五", "及格率", "及格率不低于八成五"),
    ],
)
def test_a_row_names_its_object_once(title: str, measure: str | None, said: str) -> None:
    assert matter_text(title, ["建筑力学", "C0001"], measure) == said


def test_a_share_has_one_decimal() -> None:
    assert share_text(2, 3) == "66.7"


def test_all_and_nothing_have_none() -> None:
    assert [share_text(3, 3), share_text(0, 3)] == ["100", "0"]


def test_what_waits_names_its_object_once() -> None:
    assert (
        work_text("签收预警：建筑力学到课率", "建筑力学", "建筑力学") == "签收预警：建筑力学到课率"
    )
    assert work_text("Sign it", "建筑力学", "Mechanics") == "Mechanics · Sign it"
    assert work_text("处理隔离数据", "feed/hr.staff", "feed/hr.staff") == "处理隔离数据"


def test_a_day_of_another_year_has_its_year() -> None:
    days = [datetime(2026, 9, 14, tzinfo=UTC), datetime(2013, 2, 25, tzinfo=UTC)]
    now = datetime(2026, 11, 28, tzinfo=UTC)
    assert [day_near(each, now, UTC) for each in days] == ["09-14", "2013-02-25"]


@pytest.mark.parametrize(
    ("period", "zh", "en"),
    [
        ("day:2026-11-23", "2026-11-23", "2026-11-23"),
        (
            "week:2026-2027-1/13",
            "2026-2027 学年第 1 学期第 13 周",
            "week 13 of term 1 of 2026-2027",
        ),
        ("month:2026-08", "2026 年 8 月", "month 8 of 2026"),
        ("term:2013-2014-1", "2013-2014 学年第 1 学期", "term 1 of 2013-2014"),
        ("ayear:2026-2027", "2026-2027 学年", "academic year 2026-2027"),
        ("year:2026", "2026 年", "year 2026"),
        ("plan:2021-2025", "2021-2025 规划期", "plan 2021-2025"),
        ("span:2026-09-01/2027-01-01", "2026-09-01 至 2026-12-31", "2026-09-01 to 2026-12-31"),
    ],
)
def test_every_period_has_words(period: str, zh: str, en: str) -> None:
    assert (period_text(period, ZH), period_text(period, EN)) == (zh, en)


def places(text: str) -> int:
    return sum(name is not None for _, name, _, _ in Formatter().parse(text))


def test_every_word_takes_the_same_values_in_both_languages() -> None:
    assert [key for key, (zh, en) in WORDS.items() if places(zh) != places(en)] == []


@pytest.mark.parametrize(
    ("owner", "scope"),
    [
        ("T001", "teacher/T001"),
        ("person/T001", "teacher/T001"),
        ("teacher/T001", "teacher/T001"),
        ("student/20260001", "student/20260001"),
        ("role/qa_office", None),
        ("somebody/T001", None),
        ("two words", "teacher/two words"),
        (" ", None),
        ("a\0b", None),
    ],
)
def test_an_owner_is_a_scope_whose_name_can_be_asked(owner: str, scope: str | None) -> None:
    assert scope_of(owner) == scope


def test_corrections_are_asked_for_the_gravest_first_unless_wished_otherwise() -> None:
    asked = read_wish(CORRECTIONS, {}).question(6)

    assert (asked["state"], asked["sort"], asked["limit"]) == ("open", "gravest", 6)


def test_the_address_of_a_list_holds_what_differs_from_the_default() -> None:
    plain = read_wish(ALERTS, {})
    assert plain.url() == "/alerts"
    third = read_wish(ALERTS, {"level": "course", "page": "3", "sort": "due"})
    assert third.url(page=4) == "/alerts?level=course&sort=due&page=4"
    assert third.url(severity="red") == "/alerts?level=course&severity=red&sort=due"
    assert third.url(level="all", sort="gravest") == "/alerts"
    assert read_wish(CORRECTIONS, {"state": "closed"}).url() == "/corrections?state=closed"


@pytest.mark.parametrize(
    "asked",
    [
        {"state": "closed", "level": "moon", "severity": "pink", "sort": "title"},
        {"page": "0"},
        {"page": "-3"},
        {"page": "\u0661"},
        {"page": "x"},
        {"page": "9" * 40},
    ],
)
def test_what_an_address_cannot_mean_is_refused_all_at_once(asked: dict[str, str]) -> None:
    with pytest.raises(UnknownWishError) as refused:
        read_wish(ALERTS, asked)

    assert set(refused.value.fields) == {f"$.{name}" for name in asked}


def test_corrections_are_not_filtered_by_what_their_service_does_not_know() -> None:
    assert "worst" not in read_wish(CORRECTIONS, {"worst": "red"}).question()
    assert read_wish(ALERTS, {"worst": "red"}).question()["worst"] == "red"


def test_a_page_is_asked_for_by_its_rows() -> None:
    wish = read_wish(ALERTS, {"state": "all", "severity": "red", "page": "1000000"})
    assert wish.question() == {
        "severity": "red",
        "sort": "gravest",
        "limit": 25,
        "offset": 24_999_975,
        "totalCount": "true",
    }
    assert [pages_of(total) for total in (0, 1, 25, 26, 50, 51)] == [1, 1, 1, 2, 2, 3]


@pytest.mark.parametrize("step", [*BIG_ORDER, "a step of the college's own"])
@pytest.mark.parametrize("shape", ["wide", "tall"])
def test_the_figure_lights_its_step(step: str, shape: Any) -> None:
    lit = Lit(step=step, routine="correct", big_note="<b>", small_note="&", said='"x"')
    svg = draw(lit, shape, ZH)
    assert svg.count("step big now") == (1 if step in BIG_ORDER else 0)
    assert svg.count("step small now") == 1
    assert svg.count("step small done") == 2
    assert ("way big" in svg) == (step in BIG_ORDER[1:])
    assert (" 1 1 " in svg.split("way big")[-1].split("/>")[0]) == (step in AFTER[1:])
    assert "<b>" not in svg
    assert "style=" not in svg
