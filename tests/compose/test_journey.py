"""The journeys of `tests/system`, on containers."""

import pytest

from tests.system.test_journey import (  # noqa: F401 - pytest finds them here
    test_a_message_over_the_limit_is_refused_when_it_is_sent,
    test_a_pushed_record_becomes_indicator_alert_correction_and_report,
    test_a_stranger_sees_nothing,
    test_bad_messages_are_answered_and_nothing_good_is_lost_with_them,
)

pytestmark = pytest.mark.needs("docker")
