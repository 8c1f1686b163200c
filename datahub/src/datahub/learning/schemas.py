"""Answers of learning events, and the examples that documentation shows."""

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any, Final

from pydantic import BaseModel, ConfigDict

STATEMENT: Final[Mapping[str, Any]] = {
    "id": "0192f5d6-3a51-7b5c-9a70-5f0c6a4f1c11",
    "timestamp": "2026-11-20T20:15:03+08:00",
    "actor": {"account": {"homePage": "https://class.example.edu.cn", "name": "20260001"}},
    "verb": {"id": "http://adlnet.gov/expapi/verbs/experienced"},
    "object": {
        "id": "https://class.example.edu.cn/pages/181",
        "definition": {"type": "http://adlnet.gov/expapi/activities/media"},
    },
    "result": {"duration": "PT8M30S"},
    "context": {
        "contextActivities": {
            "grouping": [{"id": "https://class.example.edu.cn/classes/2026-2027-1-C0001-1"}]
        }
    },
}
"""An xAPI statement as the classroom platform of the demonstration writes it."""

ENVELOPE: Final[Mapping[str, Any]] = {
    "sensor": "https://class.example.edu.cn/sensor/1",
    "sendTime": "2026-11-20T12:20:00.000Z",
    "dataVersion": "http://purl.imsglobal.org/ctx/caliper/v1p1",
    "data": [
        {
            "id": "urn:uuid:0192f5d6-3a51-7b5c-9a70-5f0c6a4f1c12",
            "type": "AssignableEvent",
            "actor": {"id": "https://class.example.edu.cn/users/20260001", "type": "Person"},
            "action": "Submitted",
            "object": {"id": "https://class.example.edu.cn/works/H1120", "type": "Assignable"},
            "eventTime": "2026-11-20T12:16:00.000Z",
            "group": "https://class.example.edu.cn/classes/2026-2027-1-C0001-1",
        }
    ],
}
"""A Caliper envelope."""

SOURCE: Final[dict[str, Any]] = {
    "student": [
        {"at": "actor.account.name", "prefix": "s"},
        {"at": "actor.mbox", "part": "local"},
    ],
    "class": [
        {
            "at": "context.contextActivities.grouping.id",
            "prefix": "https://mooc.example.edu.cn/classes/",
        }
    ],
    "verbs": {"https://mooc.example.edu.cn/verbs/danmu": "posted"},
}


class LearningSourceOut(BaseModel):
    """How a source names students, classes and verbs."""

    source: str
    version: int
    """0: as the package ships it."""

    document: dict[str, Any]


class LearningEventOut(BaseModel):
    """An event as far as the dictionary opens it."""

    # A field that another version of the dictionary opens comes along.
    model_config = ConfigDict(extra="allow")

    event_id: str
    event_at: datetime
    student_no: str | None = None
    class_no: str | None = None
    verb: str
    object_type: str | None = None
    object_id: str | None = None
    duration_s: int | None = None
    result_score: Decimal | None = None
    source: str
    voided_by: str | None
    """Id of the statement that took it back: it counts in no total."""

    batch: int
    row: int
    """Its place in that batch."""

    received_at: datetime
