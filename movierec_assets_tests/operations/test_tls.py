"""PostgreSQL and S3 over TLS, with certificates of an authority that the machine does not know."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from movierec_assets.resources.database import Database, DatabaseError
from movierec_assets_tests.databases import emptied
from movierec_assets_tests.operations.tls import Certificates, certificates, postgres_by_tls, s3_by_tls
from movierec_assets_tests.requirements_of_tests import require
from movierec_assets_tests.s3 import INSTALL, versitygw

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from movierec_assets_tests.homes import Home


@pytest.fixture
def made(tmp_path: Path) -> Certificates:
    return certificates(tmp_path / "certificates")


@pytest.fixture
def secure_url(tcp_url: str, tmp_path: Path, made: Certificates) -> Iterator[str]:
    """URL of an empty database that is reached by TLS alone; the authority is still to be said."""
    emptied(Database(home=str(tmp_path), url=tcp_url))
    before, _, port = tcp_url.removesuffix("/movierec").rpartition(":")
    with postgres_by_tls(int(port), made) as secure:
        yield f"{before.replace('127.0.0.1', 'localhost')}:{secure}/movierec"


def test_a_server_that_speaks_tls_alone_is_not_reached_without(secure_url: str, tmp_path: Path) -> None:
    with pytest.raises(DatabaseError, match="no connection to the database movierec at localhost"):
        Database(home=str(tmp_path), url=f"{secure_url}?sslmode=disable").connect()


def test_a_certificate_of_another_authority_is_refused(secure_url: str, tmp_path: Path) -> None:
    other = certificates(tmp_path / "other").authority
    url = f"{secure_url}?sslmode=verify-full&sslrootcert={other}"
    with pytest.raises(DatabaseError, match="certificate verify failed"):
        Database(home=str(tmp_path), url=url).connect()


def test_a_whole_run_with_database_landing_zone_and_lake_over_tls(
    landed_home: Home, secure_url: str, made: Certificates, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = versitygw()
    require("s3", program is not None, INSTALL)
    assert program
    with s3_by_tls(program, tmp_path / "s3", made) as variables:
        trusted = {"AWS_CA_BUNDLE": str(made.authority), "SSL_CERT_FILE": str(made.authority)}
        for name, value in {**variables, **trusted}.items():
            monkeypatch.setenv(name, value)
        import boto3

        client = boto3.Session().client("s3")
        client.create_bucket(Bucket="movierec")
        for file in landed_home.landing.iterdir():
            client.upload_file(str(file), "movierec", f"landing/movielens/{file.name}")
        (tmp_path / "url").write_text(f"{secure_url}?sslmode=verify-full&sslrootcert={made.authority}\n")
        places = {
            "MOVIEREC_DATABASE_URL_FILE": str(tmp_path / "url"),
            "MOVIEREC_LANDING_URI": "s3://movierec/landing",
            "MOVIEREC_LAKE_URI": "s3://movierec/lake",
        }

        def movierec(*arguments: str, **more: str) -> tuple[int, str]:
            # A process of its own, as the libraries read their variables once.
            process = landed_home.start(*arguments, **places, **more)
            out, _ = process.communicate(timeout=300)
            return process.returncode, out.decode()

        code, out = movierec("run", "--json")
        assert code == 0, out
        assert {asset["status"] for asset in json.loads(out)["assets"]} == {"materialised", "skipped"}
        code, out = movierec("doctor", "--json", "--api", "http://127.0.0.1:1")
        findings = json.loads(out)["findings"]
        assert code == 0, [finding for finding in findings if finding["state"] == "failed"]
        said = [finding["said"] for finding in findings]
        assert any(words.endswith(", TLS") for words in said)
        other = certificates(tmp_path / "other").authority
        code, out = movierec("doctor", "--json", AWS_CA_BUNDLE=str(other), SSL_CERT_FILE=str(other))
        failed = {f["part"] for f in json.loads(out)["findings"] if f["state"] == "failed"}
        assert {"landing zone", "lake"} <= failed
