"""Requests per second of the web API beside PostGraphile's: `make bench ARGS="serving --ratings 1e6"`.

Both serve the recommendations of random users from the same tables of the same PostgreSQL, one after the other, to wrk
on loopback; ours with titles and reasons, after a look at what the user has rated since, and with rights by role. Needs
wrk, Node.js and npm; PostGraphile is installed into a temporary folder. Figures go to `benchmarks/results/` too.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from benchmarks.machine import RESULTS, machine

SCRIPTS = Path(sys.executable).parent
PEER = "postgraphile@4"
QUERY = (
    "query($u:BigInt!){allRecommendations(condition:{userId:$u},orderBy:RANK_ASC,first:10)"
    "{nodes{rank movieId score predictedRating recommender modelVersion reason}}}"
)
OURS = """
math.randomseed({seed})
request = function()
    return wrk.format("GET", "/v1/movielens-users/" .. math.random(1, {users}) .. "/recommendations")
end
"""
THEIRS = """
math.randomseed({seed})
request = function()
    local body = '{{"query":{query},"variables":{{"u":"' .. math.random(1, {users}) .. '"}}}}'
    return wrk.format("POST", "/graphql", {{["Content-Type"] = "application/json"}}, body)
end
"""
DONE = """
done = function(summary, latency, requests)
    io.write(string.format("FIGURES %d %d %d %f %f %f\\n", summary.requests, summary.duration,
        summary.errors.status + summary.errors.connect + summary.errors.read + summary.errors.timeout,
        latency:percentile(50), latency:percentile(99), latency.max))
end
"""


def free_port() -> int:
    """A port of loopback on which nobody listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def served(command: list[str], environment: dict[str, str], probe: urllib.request.Request) -> Iterator[None]:
    """A server that answers the probe with a 200, until the end."""
    process = subprocess.Popen(
        command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True
    )
    try:
        for _ in range(300):
            try:
                with urllib.request.urlopen(probe, timeout=5) as answer:
                    body = answer.read()
                    break
            except OSError:
                if process.poll() is not None:
                    sys.exit(f"{command[0]} ended with {process.returncode}")
                time.sleep(0.2)
        else:
            sys.exit(f"{command[0]} did not answer within a minute")
        if b'"errors":[{' in body:
            sys.exit(f"{command[0]} answers {body[:500]!r}")
        yield
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGTERM)
            process.wait(30)


def load(url: str, script: str, connections: int, seconds: int, folder: Path) -> dict[str, float]:
    """What wrk measured."""
    path = folder / "wrk.lua"
    path.write_text(script + DONE)
    command = ["wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "-s", str(path), url]
    output = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    found = re.search(r"FIGURES (.*)", output)
    if not found:
        sys.exit(output)
    requests, micros, errors, *latency = map(float, found[1].split())
    names = ("p50_ms", "p99_ms", "max_ms")
    return {
        "requests": requests,
        "errors": errors,
        "per_second": requests / micros * 1e6,
        **{name: value / 1000 for name, value in zip(names, latency, strict=True)},
    }


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--ratings", type=float, default=1e6, help="ratings to generate")
    parser.add_argument("--connections", type=int, default=16)
    parser.add_argument(
        "--seconds", type=int, default=20, help="of each measurement, after half of it unmeasured"
    )
    parser.add_argument("--workers", type=int, nargs="+", default=[1, 2], help="processes of each server")
    chosen = parser.parse_args()
    if missing := [program for program in ("wrk", "npm", "node") if not shutil.which(program)]:
        sys.exit(f"{' and '.join(missing)} must be installed; on Debian wrk, npm and nodejs are packages")

    from movierec_assets.resources.database import Database
    from movierec_assets.resources.embedded_postgres import stop_embedded

    began, before = datetime.now(UTC), machine()
    measured: dict[str, dict[str, float]] = {}
    with tempfile.TemporaryDirectory(prefix="movierec-bench-") as name:
        folder = Path(name)
        home = folder / "home"
        environment = {k: v for k, v in os.environ.items() if not k.startswith("MOVIEREC_")}
        environment["MOVIEREC_HOME"] = str(home)
        for command in (["land", "sample", "--ratings", str(int(chosen.ratings))], ["run", "--json"]):
            subprocess.run(
                [SCRIPTS / "movierec", *command], env=environment, check=True, stdout=subprocess.DEVNULL
            )
        subprocess.run(
            ["npm", "install", "--silent", "--no-fund", "--no-audit", "--prefix", name, PEER],
            check=True,
        )
        database = Database(home=str(home))
        try:
            with database.connect() as connection:
                row = connection.execute("SELECT max(user_id) FROM serving.recommendations").fetchone()
                users: Any = row[0] if row else 0
            for workers in chosen.workers:
                port = free_port()
                server = [str(SCRIPTS / "movierec"), "api", "--port", str(port), "--workers", str(workers)]
                url = f"http://127.0.0.1:{port}"
                probe = urllib.request.Request(f"{url}/v1/movielens-users/1/recommendations")
                with served(server, environment, probe):
                    measured[f"movierec, {workers} processes"] = _twice(url, OURS, users, chosen, folder)
            for workers in chosen.workers:
                port = free_port()
                server = [
                    *(
                        str(folder / "node_modules/.bin/postgraphile"),
                        "--disable-query-log",
                        "--disable-graphiql",
                    ),
                    *("-c", database.address_for("analyst_reader", with_password=False), "-s", "serving"),
                    *("-n", "127.0.0.1", "-p", str(port)),
                    *(("--cluster-workers", str(workers)) if workers > 1 else ()),
                ]
                url = f"http://127.0.0.1:{port}"
                body = json.dumps({"query": QUERY, "variables": {"u": "1"}}).encode()
                probe = urllib.request.Request(f"{url}/graphql", body, {"Content-Type": "application/json"})
                with served(server, {**environment, "NODE_ENV": "production"}, probe):
                    measured[f"PostGraphile, {workers} processes"] = _twice(
                        url, THEIRS, users, chosen, folder
                    )
        finally:
            stop_embedded(home)
    print("| server | requests/s | p50 ms | p99 ms | errors |\n| --- | --: | --: | --: | --: |")
    for server_name, figures in measured.items():
        print(
            f"| {server_name} | {figures['per_second']:,.0f} | {figures['p50_ms']:.1f} | {figures['p99_ms']:.1f} |"
            f" {figures['errors']:.0f} |"
        )
    result = {
        "at": began.isoformat(timespec="seconds"),
        "ratings": int(chosen.ratings),
        "connections": chosen.connections,
        "machine": before,
        "load_average_after": os.getloadavg(),
        "servers": measured,
    }
    path = RESULTS / f"{began:%Y%m%dT%H%M%SZ}-serving-{int(chosen.ratings)}.json"
    path.write_text(json.dumps(result, indent=1) + "\n")
    print(f"\n{path}")


def _twice(url: str, script: str, users: int, chosen: argparse.Namespace, folder: Path) -> dict[str, float]:
    """Once to warm up, and measured."""
    figures = {}
    for seed, seconds in ((1, max(1, chosen.seconds // 2)), (2, chosen.seconds)):
        text = script.format(seed=seed, users=users, query=json.dumps(QUERY))
        figures = load(url, text, chosen.connections, seconds, folder)
    return figures


if __name__ == "__main__":
    main()
