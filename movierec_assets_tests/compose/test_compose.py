"""docker-compose.yml on real containers, in the order of a system's life; each test goes on from the one before.

`make compose-test` runs it, and prints the seconds of each phase; elsewhere it is skipped, as it builds images of
gigabytes. Screenshots are left in `build/compose-test/`.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from movierec_assets.settings import CHECKOUT
from movierec_assets_tests.api.pages.browsing import chromium, launched
from movierec_assets_tests.compose.base_images import base_images
from movierec_assets_tests.compose.engine import run, running_engine
from movierec_assets_tests.compose.stack import BUILD_SECONDS, SERVICES, Phases, Stack, wait_until
from movierec_assets_tests.requirements_of_tests import require, required

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = [
    pytest.mark.timeout(3600),
    pytest.mark.skipif(not required("docker"), reason="`make compose-test` runs the containers"),
]

KEPT = CHECKOUT / "build" / "compose-test"
GRAPH_SECONDS, RECOVERY_SECONDS = 900, 180
USER = 1
LIST = f"/v1/movielens-users/{USER}/recommendations"
PUBLISHED = "select count(*), count(distinct user_id) from serving.recommendations"
RUNS = "select count(*) from dagster.runs where status = 'SUCCESS'"
UNDER_WAY = "select run_id from dagster.runs where status = 'STARTED'"
KEEPING = (PUBLISHED, RUNS, "select count(*) from ledger.files", "select count(*) from access.keys")


@pytest.fixture(scope="module")
def phases() -> Phases:
    print()  # noqa: T201
    return Phases()


@pytest.fixture(scope="module")
def stack(phases: Phases, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """The built project; its containers, networks and volumes are gone with the module, its images stay."""
    KEPT.mkdir(parents=True, exist_ok=True)
    with running_engine(KEPT / "dockerd.log"):
        with phases.phase("base images"):
            images = base_images()
        made = Stack.cloned(tmp_path_factory.mktemp("clone"), images)
        with phases.phase("build"):
            made.compose("build", "--quiet", seconds=BUILD_SECONDS)
        try:
            yield made
        finally:
            (KEPT / "containers.log").write_text(made.compose("logs", "--no-color", "--timestamps"))
            made.down(volumes=True)


@pytest.fixture(scope="module")
def key(stack: Stack) -> str:
    """A key of the web API."""
    return stack.movierec("key", "create", "compose-test").strip()


def test_from_a_clone_everything_comes_up_healthy_and_says_what_is_not_published_yet(
    stack: Stack, phases: Phases
) -> None:
    with phases.phase("up"):
        stack.up()
    assert [s for s in SERVICES if not stack.healthy(s)] == []
    assert stack.container("init")["State"]["ExitCode"] == 0
    assert stack.rows("select count(*) from serving.recommendations") == [(0,)]
    assert stack.status("API_PORT", LIST) == 401


def test_nothing_runs_as_root_and_nothing_is_published_beyond_this_machine(stack: Stack) -> None:
    for service in (*SERVICES, "init"):
        found = stack.container(service)
        bindings = [b for ports in (found["NetworkSettings"]["Ports"] or {}).values() for b in ports or ()]
        assert {b["HostIp"] for b in bindings} <= {"127.0.0.1"}, service
        if service != "postgres":
            assert found["Config"]["User"] == "10001:10001", service


def test_what_is_uploaded_comes_out_of_the_api_as_recommendations(
    stack: Stack, key: str, phases: Phases
) -> None:
    with phases.phase("upload"):
        files = upload(stack)
    with phases.phase("recommendations in PostgreSQL"):
        wait_until("recommendations", lambda: stack.rows(PUBLISHED)[0][0] > 0, GRAPH_SECONDS)
    with phases.phase("recommendations out of the API"):
        wait_until("an answer", lambda: stack.status("API_PORT", LIST, key) == 200, GRAPH_SECONDS)
    assert len(stack.ask("API_PORT", LIST, key)[1]["items"]) == 10
    with phases.phase("the rest of the graph"):
        wait_until("the whole graph", lambda: nothing_is_stale(stack), GRAPH_SECONDS)
    assert stack.rows("select count(*) from ledger.files where state = 'loaded'") == [(files,)]
    kept = stack.s3().list_objects_v2(Bucket="lake", Prefix="_compute_logs/")
    assert kept["KeyCount"] > 0


def upload(stack: Stack) -> int:
    """The shared files where they are, else generated ones; how many."""
    above = os.environ.get("MOVIEREC_TEST_DATA")
    folder = Path(above) if above else CHECKOUT.parent / "shared" / "data"
    paths = [path for path in folder.glob("*/*.csv") if path.parent.name in ("movielens", "netflix")]
    if not paths:
        stack.movierec("land", "sample")
        return len(stack.s3().list_objects_v2(Bucket="landing")["Contents"])
    for path in paths:
        stack.s3().upload_file(str(path), "landing", f"{path.parent.name}/{path.name}")
    return len(paths)


def nothing_is_stale(stack: Stack) -> bool:
    under_way = "select count(*) from dagster.runs where status not in ('SUCCESS', 'FAILURE', 'CANCELED')"
    if stack.rows(under_way) != [(0,)]:
        return False
    return not json.loads(stack.movierec("run", "--dry-run", "--json"))["stale"]


def test_the_pages_show_the_finished_graph_and_the_recommendations(
    stack: Stack, key: str, phases: Phases
) -> None:
    program = chromium()
    require("browser", program is not None, "apt-get install chromium")
    with phases.phase("screenshots"), launched(str(program)) as browser:
        context = browser.new_context(viewport={"width": 1800, "height": 1100})
        page = context.new_page()
        page.goto(stack.page("UI_PORT", "/asset-groups"))
        page.get_by_text("popular_movies").first.wait_for(timeout=60_000)
        page.wait_for_timeout(5_000)
        page.screenshot(path=str(KEPT / "graph.png"))
        page.goto(stack.page("UI_PORT", "/assets"))
        page.get_by_text("recommendations").first.wait_for(timeout=60_000)
        page.wait_for_timeout(3_000)
        page.screenshot(path=str(KEPT / "assets.png"))
        context = browser.new_context(
            viewport={"width": 1280, "height": 900},
            http_credentials={"username": "compose-test", "password": key},
        )
        page = context.new_page()
        page.goto(stack.page("API_PORT", f"/explore/users/{USER}"))
        page.screenshot(path=str(KEPT / "explorer.png"), full_page=True)
        assert "because you rated" in page.content()


@pytest.mark.parametrize("service", SERVICES)
def test_a_killed_container_comes_back_and_all_is_well_again(
    stack: Stack, key: str, phases: Phases, service: str
) -> None:
    before = stack.container(service)["RestartCount"]
    with phases.phase(f"recovery from the killing of {service}"):
        stack.kill(service)
        wait_until(
            f"{service}, restarted",
            lambda: stack.container(service)["RestartCount"] > before and all(map(stack.healthy, SERVICES)),
            RECOVERY_SECONDS,
        )
        wait_until("the API", lambda: stack.status("API_PORT", LIST, key) == 200, RECOVERY_SECONDS)
        wait_until("the UI", lambda: stack.status("UI_PORT", "/server_info") == 200, RECOVERY_SECONDS)


def test_a_new_users_ratings_become_recommendations_although_the_code_location_is_killed_in_a_run(
    stack: Stack, phases: Phases
) -> None:
    with phases.phase("a new user's recommendations, the code location killed in a run"):
        rate(stack, 999_001)
        wait_until("a run", lambda: stack.rows(UNDER_WAY) != [], RECOVERY_SECONDS)
        killed = stack.rows(UNDER_WAY)
        stack.kill("code")
        mine = "select count(*) from serving.recommendations where user_id = 999001"
        wait_until("the new user's", lambda: stack.rows(mine)[0][0] == 10, GRAPH_SECONDS)
        wait_until("the whole graph", lambda: nothing_is_stale(stack), GRAPH_SECONDS)
    ended = stack.rows("select run_id from dagster.runs where status in ('FAILURE', 'SUCCESS')")
    assert set(killed) <= set(ended)


def rate(stack: Stack, user: int) -> None:
    """Upload the ratings anew with those of one user more."""
    client, name = stack.s3(), "movielens/ratings.csv"
    text = client.get_object(Bucket="landing", Key=name)["Body"].read()
    movies = [line.split(b",")[1] for line in text.splitlines()[1:40:2]]
    more = b"".join(b"%d,%s,4.5,1700000000\r\n" % (user, movie) for movie in dict.fromkeys(movies))
    client.put_object(Bucket="landing", Key=name, Body=text.rstrip() + b"\r\n" + more)


def test_down_and_up_keep_everything(stack: Stack, key: str, phases: Phases) -> None:
    before = [stack.rows(statement) for statement in KEEPING]
    objects = stack.s3().list_objects_v2(Bucket="landing")["KeyCount"]
    with phases.phase("down"):
        stack.down()
    with phases.phase("up again"):
        stack.up()
    assert [stack.rows(statement) for statement in KEEPING] == before
    assert stack.s3().list_objects_v2(Bucket="landing")["KeyCount"] == objects
    assert stack.status("API_PORT", LIST, key) == 200
    assert nothing_is_stale(stack)


def test_without_its_secrets_it_refuses_to_start_and_names_the_one_that_is_missing(
    stack: Stack, tmp_path: Path
) -> None:
    for name in ("POSTGRES_PASSWORD", "S3_SECRET_KEY", "MOVIEREC_PASSWORDS__MOVIEREC_LOGIN"):
        lines = (stack.clone / ".env").read_text().splitlines()
        file = tmp_path / "env"
        file.write_text("\n".join(line for line in lines if not line.startswith(name)))
        with pytest.raises(AssertionError, match=rf"{name}.* is missing; write the secrets"):
            stack.compose("--env-file", str(file), "config", "--quiet")


def test_the_images_hold_no_secret(stack: Stack) -> None:
    for image in ("movierec-assets", "movierec-s3"):
        said = run("docker", "image", "inspect", image, seconds=30)
        said += run("docker", "history", "--no-trunc", image, seconds=30)
        assert not [name for name, value in stack.values.items() if len(value) == 48 and value in said]
        there = ("--entrypoint", "sh", image, "-c", "ls -a /app /data 2>/dev/null; ls -a /")
        assert ".env" not in run("docker", "run", "--rm", *there, seconds=60).split()
