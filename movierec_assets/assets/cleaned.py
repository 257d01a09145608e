"""The cleaned layer: one classification of each raw table gives the kept rows and the quarantine."""

from collections.abc import Iterator
from typing import Any

import dagster as dg

from movierec_assets.assets.spec import NETWORK_RETRIES, lake_out
from movierec_assets.checks.conservation import conservation_result, conservation_spec
from movierec_assets.checks.generated import check_specs, examine, hand_over
from movierec_assets.domain.movielens import clean
from movierec_assets.io_managers.lake import LakeTable
from movierec_assets.schema import LANDING_FILES, LandingFile, table

KINDS = {"pyspark", "deltalake"}
CODE_VERSION = "1"


def cleaned_assets(file: LandingFile) -> dg.AssetsDefinition:
    """The assets `cleaned_<source>` and `quarantine_<source>` of a landing file."""
    raw, kept, rejected = (f"{layer}_{file.source}" for layer in ("raw", "cleaned", "quarantine"))
    code_version = f"{CODE_VERSION}-{file.fingerprint()}"

    @dg.multi_asset(
        name=f"clean_{file.source}",
        ins={"raw": dg.AssetIn(raw)},
        outs={name: lake_out(name, code_version, KINDS) for name in (kept, rejected)},
        check_specs=[*check_specs(table(kept)), *check_specs(table(rejected)), conservation_spec(kept)],
        group_name="cleaned",
        retry_policy=NETWORK_RETRIES,
    )
    def clean_source(raw: LakeTable) -> Iterator[Any]:
        classified = clean.classify(raw.spark(), file)
        good = examine(table(kept), clean.cleaned(classified, file))
        bad = examine(table(rejected), clean.quarantined(classified, file))
        counts = {"before": raw.rows(), "kept": good.rows, "quarantined": bad.rows}
        yield from hand_over(good, [conservation_result(kept, counts)], {**counts})
        yield from hand_over(bad)

    return clean_source


def assets() -> Iterator[dg.AssetsDefinition]:
    """Cleaned and quarantine assets of every landing file."""
    for file in LANDING_FILES.values():
        yield cleaned_assets(file)
