"""A whole system, as in production, with a secret wherever one can stand: in variables, in files, in addresses."""

from __future__ import annotations

import re
import urllib.error
import urllib.request
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote

from movierec_assets.resources.postgres_server import run_program
from movierec_assets.resources.server_account import server_account
from movierec_assets_tests.databases import PASSWORD, free_port
from movierec_assets_tests.movielens_files import TINY
from movierec_assets_tests.operations.leaks import Search

if TYPE_CHECKING:
    from collections.abc import Iterator

    import psycopg

    from movierec_assets_tests.homes import Home
    from movierec_assets_tests.s3 import S3Process, S3Server

SECRETS = {
    "database password": PASSWORD,
    "wrong database password": "wr0ng/p@ss:w*rd %42",
    "password of a role": "r0le/of the&API=?#1",
    "password of a role in a file": "an@lyst/in a file+%43",
    "S3 secret key": "s3cr3t/Key+of=AKIA//0123456789",
    "S3 session token": "FwoGZXIvYXdzEN3//token+of/a=session",
    "engine token": "eng1ne.token~of-a_cluster",
}
"""Recognisable, most with characters that are written in another way in a URL."""


@dataclass
class SecretSystem:
    """Database by URL, landing zone and lake in S3, and the search for what they are reached with.

    Attributes:
        home: Its home.
        server: Folder of the database's server.
        url: Of the database.
        s3: The S3 server.
        search: For `SECRETS` and every key of the web API.
        keys: Of the web API, by name.
    """

    home: Home
    server: Path
    url: str
    s3: S3Server
    search: Search = field(default_factory=lambda: Search(SECRETS))
    keys: dict[str, str] = field(default_factory=dict)

    @property
    def variables(self) -> dict[str, str]:
        """What each of its processes is given."""
        return {
            **self.s3.environment,
            "MOVIEREC_PROFILE": "production",
            "MOVIEREC_DATABASE_URL": self.url,
            "MOVIEREC_LANDING_URI": "s3://landing-zone/of-secrets",
            "MOVIEREC_LAKE_URI": "s3://lake-of-secrets",
            "MOVIEREC_PASSWORDS__MOVIEREC_LOGIN": SECRETS["password of a role"],
            "MOVIEREC_PASSWORDS__ANALYST_READER_FILE": str(self.server / "analyst"),
            "MOVIEREC_POLL_SECONDS": "5",
        }

    def told(self, *arguments: str, code: int = 0, **variables: str) -> str:
        """What a command says on both streams, looked through."""
        done = self.home.movierec(*arguments, **{**self.variables, **variables})
        said = done.out + done.err
        assert done.code == code, said
        self.search.text(f"movierec {' '.join(arguments)}", said)
        return said

    def url_with(self, password: str, *, encoded: bool = True) -> str:
        """The database's URL with this password."""
        return self.url.replace(quote(PASSWORD, safe=""), quote(password, safe="") if encoded else password)

    def file(self, name: str, text: str) -> Path:
        """A file with a secret in it."""
        path = self.server / name
        path.write_text(f"{text}\n")
        return path

    def count(self, query: str) -> int:
        """The number that a query gives."""
        with self.superuser() as connection:
            row = connection.execute(query.encode()).fetchone()
        assert row
        return int(row[0])

    def make_key(self, name: str, role: str) -> None:
        """Make a key; the command's stdout is the one place where it is shown."""
        done = self.home.movierec("key", "create", name, "--role", role, **self.variables)
        self.keys[name] = done.out.strip()
        self.search.text("movierec key create, stderr", done.err)
        self.search.add(f"key {name} of the web API", self.keys[name])

    def land(self, name: str, more: str = "") -> None:
        """Put a MovieLens file there, with further lines."""
        body = (TINY[name] + more).replace("\n", "\r\n").encode()
        self.s3.client().put_object(Bucket="landing-zone", Key=f"of-secrets/movielens/{name}", Body=body)

    def superuser(self) -> psycopg.Connection:
        """A connection that may read everything."""
        import psycopg

        return psycopg.connect(self.url.replace("//movierec:", "//postgres:"), autocommit=True)

    def stop_database(self) -> None:
        """End the server, at once."""
        run_program("pg_ctl", ["stop", "-m", "immediate", "-D", "data"], server_account(), cwd=self.server)

    def ask(self, url: str, body: bytes | None = None, **headers: str) -> tuple[int, str]:
        """Status and answer of a request, head and body looked through."""
        request = urllib.request.Request(url, body, headers)
        try:
            with urllib.request.urlopen(request, timeout=30) as answer:
                status, head, content = answer.status, answer.headers, answer.read()
        except urllib.error.HTTPError as error:
            status, head, content = error.code, error.headers, error.read()
        surface = re.sub(r":\d+", "", url.removeprefix("http://127.0.0.1"))[:80]
        self.search.text(surface, str(head))
        self.search.text(surface, content)
        return status, content.decode(errors="replace")


@contextmanager
def made_system(home: Home, server: Path, url: str, s3: S3Process) -> Iterator[SecretSystem]:
    """The system, with all prepared and landed, a key made for the API and for an analyst, and nothing run."""
    s3.server = replace(s3.server, secret_key=SECRETS["S3 secret key"])
    s3.start()
    system = SecretSystem(home, server, url, s3.server)
    system.file("analyst", SECRETS["password of a role in a file"])
    try:
        system.told("init")
        for name in TINY:
            system.land(name)
        system.make_key("app", "movierec_api")
        system.make_key("analyst", "analyst_reader")
        yield system
    finally:
        s3.end()


def engine_address() -> str:
    """Of a cluster at which nothing answers, with its token."""
    return f"sc://127.0.0.1:{free_port()}/;token={quote(SECRETS['engine token'], safe='')}"
