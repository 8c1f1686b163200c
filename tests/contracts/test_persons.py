"""No service forgets a table of what it holds of persons."""

from collections.abc import Sequence

import pytest
from sqlalchemy import MetaData

from alert_service.api import persons as alert
from alert_service.tables.base import Base as Alert
from gateway.oversight import usecases as gateway
from gateway.tables import Base as Gateway
from report_service.api import persons as report
from report_service.tables.base import Base as Report
from shared.persons.register import Holding
from spiral_service.api import persons as spiral
from spiral_service.tables.base import Base as Spiral
from target_service.api import persons as target
from target_service.tables.base import Base as Target

OF_NO_PERSON = {
    "target": {"standard"},
    "spiral": {"campaign", "culture_survey", "cycle_proposal", "review_round"},
    "alert": set(),
    "report": {"campaign", "culture_survey"},
    "gateway": {"body_rule"},
}
"""Tables with a scope that never is a person: of units, majors, the school."""

SERVICES = {
    "target": (Target.metadata, target.HOLDINGS),
    "spiral": (Spiral.metadata, spiral.HOLDINGS),
    "alert": (Alert.metadata, alert.HOLDINGS),
    "report": (Report.metadata, report.HOLDINGS),
    "gateway": (Gateway.metadata, gateway.HOLDINGS),
}


@pytest.mark.parametrize("service", SERVICES)
def test_every_table_that_names_a_scope_or_a_person_is_in_the_register(service: str) -> None:
    metadata, holdings = SERVICES[service]

    assert named(metadata) - {each.table for each in holdings} == OF_NO_PERSON[service]
    assert {each.table for each in holdings} <= set(metadata.tables)


def named(metadata: MetaData) -> set[str]:
    return {name for name, table in metadata.tables.items() if "scope" in table.columns}


@pytest.mark.parametrize("service", SERVICES)
def test_what_is_kept_says_on_what_ground(service: str) -> None:
    holdings: Sequence[Holding] = SERVICES[service][1]

    assert all(bool(each.basis) == (each.done == "kept") for each in holdings)
