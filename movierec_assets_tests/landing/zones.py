"""The zones that the landing tests run on: a local folder and a real S3 server."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from movierec_assets.landing.zone import LandingZone, open_zone

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(params=["local", "s3"])
def zone(request: pytest.FixtureRequest, tmp_path: Path) -> LandingZone:
    """An empty zone of either kind."""
    if request.param == "local":
        return open_zone(str(tmp_path / "landing"))
    server = request.getfixturevalue("s3_server")
    return open_zone(f"s3://{server.new_bucket()}/landing/zone", server.client())
