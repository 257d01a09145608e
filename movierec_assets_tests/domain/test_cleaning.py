"""What holds for every landing file: no line is lost, what is kept obeys the registry, results have its columns."""

from __future__ import annotations

import io

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from movierec_assets.domain import catalog, cleaning, movielens
from movierec_assets.domain.cleaning import quarantined
from movierec_assets.domain.ingest import read_records
from movierec_assets.domain.profile import profile, schema_differences
from movierec_assets.schema import LANDING_FILES, table
from movierec_assets.schema.catalog_files import DATASET
from movierec_assets_tests.frames import frame, raw_frame

KNOWN = [
    ("tm1", "A", "MOVIE", 1995, "R", 1, ["crime", "war"], ["US", "LB"], None, None, None, None),
    ("tm2", "B", "MOVIE", 1995, None, 1, ["sport"], ["GB"], None, None, None, None),
    ("tm3", "B", "MOVIE", 1995, None, 1, ["sport"], ["GB"], None, None, None, None),
    ("ts1", "A", "SHOW", 1995, None, 1, ["music"], ["GB"], 2, None, None, None),
]


def classified_and_cleaned(session, file, raw):
    """The rows with `_rule`, and the kept ones, as the assets of that file make them."""
    if file.dataset != DATASET:
        classified = cleaning.classify(raw, file)
        return classified, movielens.cleaned(classified, file)
    if file.source == "titles":
        classified = cleaning.classify(raw, file)
    else:
        classified = catalog.classify(raw, file, frame(session, "cleaned_titles", KNOWN))
    return classified, catalog.cleaned(classified, file)


@pytest.mark.parametrize("file", LANDING_FILES.values(), ids=list(LANDING_FILES))
def test_results_have_the_registrys_columns_even_without_rows(engine_session, file):
    classified, kept = classified_and_cleaned(engine_session, file, raw_frame(engine_session, file, []))
    for layer, result in (("cleaned", kept), ("quarantine", quarantined(classified, file))):
        assert schema_differences(result, table(f"{layer}_{file.source}")) == []
        assert result.count() == 0


PLAIN = ["", "1", "2", "3.5", "9", "-1", "abc", "0000012", '"', " ", "\xa0", "A (1999)", "x|y"]
WORDS = {
    "id": ["tm1", "tm2", "ts1", "tm9"],
    "type": ["MOVIE", "SHOW"],
    "title": ["A", "B", "22-Jul"],
    "TITLE": ["A", "B", "22-Jul"],
    "name": ["A B", "A  B", "C"],
    "character": ["", "x", "\xa0"],
    "role": ["ACTOR", "DIRECTOR"],
    "genres": ["[]", "['war']", "\"['crime', 'war']\"", "x"],
    "production_countries": ["[]", "['US']", "\"['US', 'Lebanon']\""],
    "release_year": ["1995"],
    "RELEASE_YEAR": ["1995"],
    "seasons": ["", "2.0", "1.5"],
    "imdb_id": ["", "tt0000001"],
    "MAIN_GENRE": ["war", "sports", "musical"],
    "MAIN_PRODUCTION": ["US", "GB", "Lebanon"],
}
"""Values of a column that obey its rules, or nearly."""


@st.composite
def landings(draw):
    """A landing file and its bytes: lines that fit, that nearly do, and any others."""
    file = draw(st.sampled_from(list(LANDING_FILES.values())))
    columns = file.raw_columns if file.numbered and draw(st.booleans()) else file.columns
    any_field = st.one_of(st.sampled_from(PLAIN), st.text(max_size=5))
    fields = [
        st.one_of(*[st.sampled_from(WORDS.get(c.name, ["1", "2", "5"]))] * 7, any_field) for c in columns
    ]
    fitting = st.tuples(*fields).map(list)
    other = st.lists(any_field, min_size=len(columns) - 1, max_size=len(columns) + 1)
    line = st.one_of(fitting, fitting, fitting, other).map(
        lambda texts: ",".join(texts).encode("utf-8", "surrogatepass")
    )
    lines = draw(st.lists(st.one_of(line, line, line, st.binary(max_size=9)), max_size=30))
    return file, b"\n".join([",".join(c.name for c in columns).encode(), *lines])


@settings(max_examples=40, deadline=None)
@given(landings())
def test_of_any_text_no_line_is_lost_and_what_is_kept_obeys_the_registry(spark_embedded, landing):
    file, data = landing
    declared = table(f"raw_{file.source}")
    batches = list(read_records(io.BytesIO(data), file, file.path))
    raw = pa.Table.from_batches(batches, declared.arrow_schema())
    frame_of_it = spark_embedded.createDataFrame(raw, declared.spark_schema())
    classified, kept = classified_and_cleaned(spark_embedded, file, frame_of_it)
    good = profile(kept, table(f"cleaned_{file.source}"))
    bad = [row["line"] for row in quarantined(classified, file).collect()]
    assert good.rows + len(bad) == raw.num_rows
    assert set(bad) <= set(raw["_line"].to_pylist())
    assert {rule: n for rule, n in good.violations.items() if n} == {}
