"""The cleaned layer: one classification of each raw table gives the kept rows and the quarantine."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import dagster as dg

from movierec_assets.assets.spec import NETWORK_RETRIES, POOL, lake_out
from movierec_assets.checks.conservation import conservation_result, conservation_spec
from movierec_assets.checks.generated import Examined, check_specs, examine, hand_over
from movierec_assets.checks.kept import kept_result, kept_spec
from movierec_assets.domain import catalog, cleaning, movielens
from movierec_assets.io_managers.lake import LakeTable
from movierec_assets.schema import LANDING_FILES, LandingFile, table
from movierec_assets.schema.catalog_files import DATASET as CATALOG

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

KINDS = {"pyspark", "deltalake"}
CODE_VERSION = "2"


def cleaned_assets(file: LandingFile) -> dg.AssetsDefinition:
    """The assets `cleaned_<source>` and `quarantine_<source>` of a landing file."""
    arguments = _arguments(file)
    if file.dataset != CATALOG:

        @dg.multi_asset(**arguments)
        def clean_movielens(raw: LakeTable) -> Iterator[Any]:
            # First as if no key were repeated, which is nearly always so and takes half the time: the check of the
            # keys says whether it was.
            classified = cleaning.classify_each(raw.spark(), file)
            kept = examine(table(f"cleaned_{file.source}"), movielens.cleaned(classified, file))
            if kept.facts is None or kept.facts.violations["duplicate_key"]:
                classified = cleaning.without_repeats(classified, file)
                kept = examine(kept.table, movielens.cleaned(classified, file))
            yield from _kept_and_rejected(file, raw, classified, kept)

        return clean_movielens
    if file.source == "titles":

        @dg.multi_asset(**arguments)
        def clean_titles(raw: LakeTable) -> Iterator[Any]:
            classified = catalog.classify_titles(raw.spark())
            kept = examine(table("cleaned_titles"), catalog.cleaned(classified, file))
            yield from _kept_and_rejected(file, raw, classified, kept)

        return clean_titles

    @dg.multi_asset(**{**arguments, "ins": {**arguments["ins"], "titles": dg.AssetIn("cleaned_titles")}})
    def clean_of_titles(raw: LakeTable, titles: LakeTable) -> Iterator[Any]:
        classified = catalog.classify(raw.spark(), file, titles.spark())
        kept = examine(table(f"cleaned_{file.source}"), catalog.cleaned(classified, file))
        yield from _kept_and_rejected(file, raw, classified, kept)

    return clean_of_titles


def _arguments(file: LandingFile) -> dict[str, Any]:
    kept, rejected = f"cleaned_{file.source}", f"quarantine_{file.source}"
    code_version = f"{CODE_VERSION}-{file.fingerprint()}"
    return {
        "name": f"clean_{file.source}",
        "ins": {"raw": dg.AssetIn(f"raw_{file.source}")},
        "outs": {name: lake_out(name, code_version, KINDS) for name in (kept, rejected)},
        "check_specs": [
            *check_specs(table(kept)),
            *check_specs(table(rejected)),
            conservation_spec(kept),
            kept_spec(kept),
        ],
        "group_name": "cleaned",
        "retry_policy": NETWORK_RETRIES,
        "pool": POOL,
    }


def _kept_and_rejected(
    file: LandingFile, raw: LakeTable, classified: "DataFrame", good: Examined
) -> Iterator[Any]:
    kept = f"cleaned_{file.source}"
    bad = examine(table(f"quarantine_{file.source}"), cleaning.quarantined(classified, file))
    counts = {"before": raw.rows(), "kept": good.rows, "quarantined": bad.rows}
    results = [conservation_result(kept, counts), kept_result(kept, file, classified, counts)]
    yield from hand_over(good, results, {**counts})
    yield from hand_over(bad)


def assets() -> Iterator[dg.AssetsDefinition]:
    """Cleaned and quarantine assets of every landing file."""
    for file in LANDING_FILES.values():
        yield cleaned_assets(file)
