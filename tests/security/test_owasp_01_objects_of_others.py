"""API1:2023, broken object level authorization: through the gateway, as somebody who signed in.

The matrix of every service is ``test_access.py``; here are the objects that the gateway keeps, and
one way through all of it.
"""

import httpx

from tests.conftest import until
from tests.security.conftest import Enter
from tests.security.test_access import sow

ME = "/api/gateway/v1/me"


async def test_a_student_who_signs_in_reads_himself_and_nobody_else(
    portal: httpx.AsyncClient, enter: Enter
) -> None:
    await sow(portal)
    client = await enter("XS1", "student")
    wanted = {"role": "student", "scope": "student/XS1"}

    async def held() -> list[dict[str, str]]:
        me = (await client.get(ME)).json()
        return [{name: each[name] for name in wanted} for each in me["held"]]

    await until(held, lambda found: wanted in found)
    assert (await client.post(f"{ME}/role", json=wanted)).status_code == 200
    statuses = {
        path: (await client.get(f"/api/datahub/v1/{path}")).status_code
        for path in ("records/student/XS1", "records/student/XS2", "history/student/XS2")
    }
    listed = (await client.get("/api/datahub/v1/records/student?limit=1000")).json()
    goal = await client.get("/api/target/v1/goals/access-student-XS2")

    assert statuses == {
        "records/student/XS1": 200,
        "records/student/XS2": 404,
        "history/student/XS2": 404,
    }
    assert [each["key"] for each in listed] == ["XS1"]
    assert goal.status_code == 404


async def test_sessions_grants_and_loans_of_others_are_out_of_reach(
    root: httpx.AsyncClient, enter: Enter
) -> None:
    client = await enter("owasp-one", "reader")
    [mine] = [
        each for each in (await root.get("/api/gateway/v1/sessions")).json() if each["current"]
    ]
    attempts = {
        "end another's session": await client.delete(f"/api/gateway/v1/sessions/{mine['id']}"),
        "list another's sessions": await client.get("/api/gateway/v1/sessions?person=person/demo"),
        "end all of another": await client.delete("/api/gateway/v1/sessions?person=person/demo"),
        "end a loan that is none": await client.delete(
            "/api/gateway/v1/delegations/0192f5d6-3a51-7b5c-9a70-5f0c6a4f1c11"
        ),
        "take another's role": await client.post(f"{ME}/role", json={"role": "admin"}),
    }

    assert {what: each.status_code for what, each in attempts.items()} == {
        "end another's session": 404,
        "list another's sessions": 403,
        "end all of another": 403,
        "end a loan that is none": 404,
        "take another's role": 403,
    }
    assert (await root.get(ME)).status_code == 200
