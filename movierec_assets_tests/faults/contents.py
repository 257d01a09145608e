"""What lake, quarantine, published tables and ledger hold, as one short text each: equal texts mean equal rows."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from movierec_assets.io_managers.factors_io_manager import model_store
from movierec_assets.io_managers.inventory import MODELS
from movierec_assets.runtime import open_lake
from movierec_assets.schema import TABLES
from movierec_assets_tests.movielens_files import TINY

if TYPE_CHECKING:
    from movierec_assets.io_managers.lake import Lake
    from movierec_assets.settings import Settings
    from movierec_assets_tests.homes import Home

HISTORIES = {"evaluation_history", "serving.evaluation_history"}
"""Hold what was before, so that the way there is to be seen in them."""
LEDGER = "select key, content_hash, size, state from ledger.files order by key"
BAD_LINES = ("7,1,9.5,1000000300", "7,2", "no line at all", "1,1,3.0,999999999")


@dataclass(frozen=True)
class Contents:
    """Of one variant of the landing files.

    Attributes:
        lake: By table or model.
        published: By view.
        ledger: Rows of the ledger.
    """

    lake: dict[str, str]
    published: dict[str, str]
    ledger: list[tuple[str, str, int, str]]


def variant(number: int) -> dict[str, str]:
    """MovieLens's files with other ratings, and other bad lines, for each number from 0 to 9."""
    changed = f"1,1,{(number + 1) / 2},1000000001"
    ratings = TINY["ratings.csv"].replace("1,1,5.0,1000000001", changed)
    tags = TINY["tags.csv"] + f"2,2,tag {number},1000000200\n,2,nobody,1000000201\n"
    files = {**TINY, "ratings.csv": ratings + "\n".join(BAD_LINES[: number % 4 + 1]) + "\n", "tags.csv": tags}
    return {name: text.replace("\n", "\r\n") for name, text in files.items()}


def lake_contents(settings: Settings, names: set[str] | None = None) -> dict[str, str]:
    """Of the lake's tables and models, these or all that are there."""
    lake = open_lake(settings)
    wanted = names or {n for n, t in TABLES.items() if t.lake and n not in HISTORIES and lake.exists(n)} | {
        *MODELS
    }
    return {name: _model(settings, name) if name in MODELS else _table(lake, name) for name in sorted(wanted)}


def _table(lake: Lake, name: str) -> str:
    rows = sorted(map(repr, lake.open(name).arrow().to_pylist()))
    digest = hashlib.sha256("\n".join(rows).encode()).hexdigest()
    return f"{len(rows)} rows {digest[:16]}"


def _model(settings: Settings, name: str) -> str:
    model = model_store(settings.lake_uri, name)[0].read()
    return f"{len(model.user_ids)} users, {len(model.item_ids)} movies {model.version}"


def statement(views: list[str]) -> str:
    """One SELECT of each view's name and content, null where it is empty; of a history, whether it has rows."""
    rows = "count(*) || ' rows ' || md5(string_agg(t::text, e'\\n' order by t::text))"
    content = {view: "nullif(count(*) > 0, false)::text" if view in HISTORIES else rows for view in views}
    return " union all ".join(f"select '{view}', {text} from {view} t" for view, text in content.items())


def clean_contents(home: Home, files: dict[str, str]) -> Contents:
    """What a run over these files gives that nothing disturbs.

    Args:
        home: In which nothing has run.
        files: MovieLens's, with their line ends.
    """
    for name, text in files.items():
        home.write(name, text)
    home.run()
    there = home.rows(
        "select schemaname || '.' || viewname from pg_views where schemaname = 'serving' order by 1"
    )
    published = dict(home.rows(statement([view for (view,) in there])))
    published = {view: text for view, text in published.items() if text is not None}
    return Contents(lake_contents(home.settings()), published, home.rows(LEDGER))
