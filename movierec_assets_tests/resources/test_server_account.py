"""The account that the embedded server runs as where the caller is root."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest

from movierec_assets.resources import server_account as accounts
from movierec_assets.resources.server_account import EmbeddedPostgresError, server_account

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytestmark = pytest.mark.skipif(
    os.geteuid() != 0 or shutil.which("useradd") is None, reason="only root makes accounts"
)


@pytest.fixture
def unknown(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """The name of an account that is not there yet, and is gone afterwards."""
    name, delete = f"pgtest{os.getpid()}", shutil.which("userdel")
    assert delete
    monkeypatch.setattr(accounts, "NAME", name)
    yield name
    subprocess.run([delete, name], check=False, capture_output=True)


def test_many_who_find_it_missing_at_once_all_get_the_one_account(unknown: str) -> None:
    with ThreadPoolExecutor(6) as pool:
        entries = [one.entry for one in pool.map(lambda _: server_account(), range(6))]
    assert {entry.pw_uid for entry in entries if entry} == {pwd.getpwnam(unknown).pw_uid}
    assert None not in entries


def test_where_it_cannot_be_made_the_error_has_the_reason_and_the_ways_out(
    unknown: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = tmp_path / "useradd"
    program.write_text("#!/bin/sh\necho 'cannot open /etc/passwd' >&2\nexit 1\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    said = f"its account {unknown} cannot be made: cannot open /etc/passwd; run as another account"
    with pytest.raises(EmbeddedPostgresError, match=said):
        server_account()
