"""Published figures: each has a protocol and a source, and can be what it says it is."""

from movierec_assets.domain.recommender.published import ITEM_STRATIFIED_75_25, PROTOCOLS, SOURCES, TABLES

BOUNDS = {"rmse": (0.7, 1.3), "mae": (0.5, 1.1)}


def test_every_figure_has_a_protocol_a_source_and_a_possible_value():
    for row in TABLES:
        assert row.protocol in PROTOCOLS
        assert row.source in SOURCES
        assert row.dataset in {"100k", "1m", "10m", "20m"}
        assert row.metrics
        for name, value in row.metrics.items():
            low, high = BOUNDS.get(name, (0, 0.5))
            assert low < value < high, (row, name)


def test_no_table_names_an_algorithm_twice_and_no_protocol_or_source_is_idle():
    keys = [(row.protocol, row.dataset, row.source, row.algorithm) for row in TABLES]
    assert len(set(keys)) == len(keys)
    assert {row.protocol for row in TABLES} == set(PROTOCOLS)
    assert {row.source for row in TABLES} == set(SOURCES)


def test_the_figures_to_beat_on_the_75_25_protocol_are_there():
    ndcg = {
        row.algorithm: row.metrics["ndcg"]
        for row in TABLES
        if (row.protocol, row.dataset) == (ITEM_STRATIFIED_75_25, "100k")
    }
    assert ndcg["ALS"] == 0.044239
    assert ndcg["BiVAE"] == max(ndcg.values()) == 0.475077
