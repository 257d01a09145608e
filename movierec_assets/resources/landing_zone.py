"""The landing zone as a Dagster resource."""

from __future__ import annotations

from typing import TYPE_CHECKING

import dagster as dg
from pydantic import Field

from movierec_assets.landing.zone import open_zone

if TYPE_CHECKING:
    from movierec_assets.landing.zone import LandingZone


class LandingZoneResource(dg.ConfigurableResource):  # type: ignore[type-arg]
    """The zone for assets and sensors; an S3 URI goes through dagster-aws's `S3Resource`."""

    uri: str = Field(
        description="A folder, or `s3://bucket/prefix`. Credentials and endpoint are the `AWS_*` variables."
    )

    def zone(self) -> LandingZone:
        """The zone; errors as `LandingZone` says."""
        return open_zone(self.uri)
