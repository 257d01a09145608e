"""Sources and the raw layer: the landing files, and every line of them as a table."""

import re
from collections.abc import Iterator
from typing import Any

import dagster as dg

from movierec_assets.assets.spec import OWNER, lake_spec
from movierec_assets.domain.ingest import HeaderError
from movierec_assets.io_managers.lake import OnEngine
from movierec_assets.io_managers.lake_io_manager import LakeOutput
from movierec_assets.landing import ingestion
from movierec_assets.landing.spread import spread_records
from movierec_assets.landing.zone import LandingMissing, LandingRefused
from movierec_assets.resources.database import Database
from movierec_assets.resources.engine import Engine
from movierec_assets.resources.landing_zone import LandingZoneResource
from movierec_assets.schema import LANDING_FILES, LandingFile


def source_key(file: LandingFile) -> dg.AssetKey:
    """Key of the external asset that stands for a landing file."""
    return dg.AssetKey(["landing", re.sub(r"\W", "_", file.name).lower()])


def source_spec(file: LandingFile) -> dg.AssetSpec:
    """The external asset of a landing file; its data version is the file's content hash."""
    return dg.AssetSpec(
        source_key(file),
        description=f"`{file.path}` in the landing zone. {file.description}",
        group_name="sources",
        kinds={"csv"},
        owners=[OWNER],
    )


def raw_asset(file: LandingFile) -> dg.AssetsDefinition:
    """The asset `raw_<source>` of a landing file."""
    name = f"raw_{file.source}"
    spec = lake_spec(name, f"1-{file.fingerprint()}", {"csv", "deltalake"})
    del spec["check_specs"]

    @dg.asset(**spec, deps=[source_key(file)])
    def raw(
        context: dg.AssetExecutionContext, landing: LandingZoneResource, database: Database, engine: Engine
    ) -> dg.MaterializeResult[LakeOutput]:
        try:
            with database.connect() as connection:
                intake = ingestion.begin(connection, landing.zone(), file, context.run_id)
        except (LandingMissing, LandingRefused, HeaderError) as error:
            raise dg.Failure(str(error), allow_retries=False) from error
        return dg.MaterializeResult(
            value=LakeOutput(_records(landing, intake, engine), intake.data_version),
            data_version=dg.DataVersion(intake.data_version),
            metadata={"file": file.path, "file_content_hash": intake.content_hash},
        )

    asset: dg.AssetsDefinition = raw
    return asset


def _records(landing: LandingZoneResource, intake: ingestion.Intake, engine: Engine) -> Any:
    """Every line of the file, as the lake takes it."""
    if engine.native:
        return lambda: ingestion.open_records(landing.zone(), intake)
    return OnEngine(lambda session: spread_records(session, landing.uri, intake))


def assets() -> Iterator[dg.AssetSpec | dg.AssetsDefinition]:
    """Sources and raw assets of every landing file."""
    for file in LANDING_FILES.values():
        yield source_spec(file)
        yield raw_asset(file)
