"""The landing zone as a Dagster resource."""

# No `from __future__ import annotations`: Dagster must see the type of a resource's dependency itself.
from typing import TYPE_CHECKING

import dagster as dg
from pydantic import Field

from movierec_assets.landing.spread import spread_hash
from movierec_assets.landing.zone import open_zone
from movierec_assets.resources.engine import open_session

if TYPE_CHECKING:
    from movierec_assets.landing.zone import LandingZone


class LandingZoneResource(dg.ConfigurableResource):  # type: ignore[type-arg]
    """The zone for assets and sensors; an S3 URI goes through dagster-aws's `S3Resource`."""

    uri: str = Field(
        description="A folder, or `s3://bucket/prefix`. Credentials and endpoint are the `AWS_*` variables."
    )
    # A dependency because Dagster shows the values of ordinary fields in its UI, and an address may hold a token.
    engine: dg.ResourceDependency[str] = "embedded"  # type: ignore[assignment]

    def zone(self) -> "LandingZone":
        """The zone; errors as `LandingZone` says."""
        return zone_beside(self.uri, self.engine)


def zone_beside(uri: str, engine: str) -> "LandingZone":
    """The zone at a URI, whose files are hashed by the engine where that is a cluster, perhaps far from this process.

    Args:
        uri: As for `open_zone`.
        engine: As `MOVIEREC_ENGINE`.
    """
    zone = open_zone(uri)

    def hashed(key: str, etag: str | None) -> str:
        # Closed again: MLlib works on the session that was opened first, which is to be that of the run.
        with open_session(engine) as session:
            return spread_hash(session, uri, key, etag)

    if engine.startswith("sc://"):
        zone.hasher = hashed
    return zone
