"""The README's tables and picture are what `make docs` makes of the definitions now."""

from __future__ import annotations

import xml.etree.ElementTree as ET

import pytest

from docs.generate import PICTURE, README, documents
from docs.layers import lay_out
from docs.tables import markdown


def test_the_documents_are_what_the_definitions_say() -> None:
    stale = [path.name for path, text in documents().items() if path.read_text() != text]
    assert not stale, "run `make docs`"


def test_the_picture_is_an_image_with_every_asset_and_stands_in_the_readme() -> None:
    from movierec_assets.schema import TABLES

    root = ET.parse(PICTURE).getroot()
    said = {text.text for text in root.iter("{http://www.w3.org/2000/svg}text")}
    # What is known of the other two tables of the simulation, and what no asset makes.
    assets = {name for name, t in TABLES.items() if t.layer != "feedback"} - {"simulated_scenarios"}
    assert {*assets, "als_model", "movies.csv", "serving.recommendations"} <= said
    assert f"({PICTURE.relative_to(README.parent).as_posix()})" in README.read_text()


def test_nodes_stand_right_of_their_inputs_and_an_edge_bends_in_each_column_it_passes() -> None:
    layout = lay_out({"a": (), "b": ("a",), "c": ("b", "a"), "d": ()})
    assert layout.layer == {"a": 0, "b": 1, "c": 2, "d": 0, ("a", "c", 1): 1}
    assert layout.routes["a", "c"] == ["a", ("a", "c", 1), "c"]


def test_nodes_of_a_column_are_ordered_without_needless_crossings_and_never_overlap() -> None:
    layout = lay_out({"a": (), "b": (), "of_b": ("b",), "of_a": ("a",), "more_of_a": ("a",)})
    at = layout.height
    assert (at["a"] < at["b"]) == (max(at["of_a"], at["more_of_a"]) < at["of_b"])
    assert abs(at["of_a"] - at["more_of_a"]) == pytest.approx(1)
    assert abs(at["a"] - at["b"]) >= 1


def test_a_bar_within_a_cell_does_not_split_it() -> None:
    assert markdown(["x", "y"], [["a|b", "c"]]) == "| x | y |\n| --- | --- |\n| a\\|b | c |"
