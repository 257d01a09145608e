"""Every role on every route: PostgreSQL's grants decide, and what is refused changes nothing."""

from __future__ import annotations

from typing import Any

import pytest

from movierec_assets.access.keys import KEY_ROLES
from movierec_assets.api.resources.listing import RESOURCES, Resource
from movierec_assets.schema.roles import ROLES
from movierec_assets_tests.api.served import SCENARIO, Api, create, example_of, path_of, problem

CSV = {"Content-Type": "text/csv"}


def requests(resource: Resource, row: dict[str, Any]) -> dict[str, tuple[str, str, dict[str, Any]]]:
    """Verb in SQL and what else it takes -> a request that would succeed if allowed."""
    path, one = resource.path, path_of(resource, row)
    found: dict[str, tuple[str, str, dict[str, Any]]] = {
        "SELECT search": ("GET", path, {}),
        "SELECT get": ("GET", one, {}),
        "SELECT export": ("GET", f"/v1/tables/{resource.name}", {}),
    }
    if resource.writable:
        column = resource.others[-1].name
        key = resource.key[-1].name
        update = {"params": {"on_conflict": "update"}}
        names = ",".join(row)
        record = ",".join(
            "" if v is None else str(v).lower() if v in (True, False) else str(v) for v in row.values()
        )
        found |= {
            "INSERT create": ("POST", path, {"json": row, **update}),
            "INSERT batch": ("POST", f"{path}/batch", {"json": [row], **update}),
            "INSERT import": (
                "POST",
                f"/v1/tables/{resource.name}",
                {"content": f"{names}\r\n{record}\r\n", "headers": CSV, **update},
            ),
            "UPDATE": ("PATCH", one, {"json": {column: row[column]}, "headers": {"If-Match": "*"}}),
            "DELETE many": ("DELETE", path, {"params": {key: row[key], "expected": 1}}),
            "DELETE one": ("DELETE", one, {}),
        }
    return found


@pytest.mark.parametrize("role", KEY_ROLES)
@pytest.mark.parametrize("resource", RESOURCES, ids=lambda r: r.name)
def test_a_role_may_what_the_registry_says(api: Api, owner: Any, resource: Resource, role: str) -> None:
    if resource.name == "scenarios":
        owner.execute(SCENARIO)
    row = create(api, resource.name) if resource.writable else example_of(resource.name)
    schema, relation = resource.relation
    rights = ROLES[role].may(schema, relation)
    whole = f"SELECT md5(string_agg(t::text, '' ORDER BY t::text)) FROM {schema}.{relation} t"
    for what, (method, path, more) in requests(resource, row).items():
        verb = what.partition(" ")[0]
        before = owner.execute(whole.encode()).fetchone()
        answer = api.ask(method, path, role=role, **more)
        if verb in rights:
            assert answer.status_code in (200, 201, 204), (what, answer.text)
            if verb == "DELETE":
                create(api, resource.name)
        else:
            assert "may not do this" in problem(answer, 403), what
            assert owner.execute(whole.encode()).fetchone() == before, what


def test_free_sql_sees_what_its_role_sees(api: Api) -> None:
    create(api, "users")
    asked = {"statement": "SELECT count(*) FROM simulation.users"}
    for role in KEY_ROLES:
        answer = api.post("/v1/sql", json=asked, role=role)
        if "SELECT" in ROLES[role].may("simulation", "users"):
            assert answer.json() == {"columns": ["count"], "rows": [[1]]}
        else:
            problem(answer, 403)
