"""The notebook runs as it is on a finished home, and its one-line helpers give what they say."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from movierec_assets.settings import CHECKOUT

if TYPE_CHECKING:
    from pathlib import Path

    from movierec_assets_tests.homes import Home

NOTEBOOK = CHECKOUT / "notebooks" / "explore.ipynb"


def code_cells(notebook: Any) -> list[Any]:
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


@pytest.fixture
def at_home(tiny_home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    """The environment of somebody whose home this is."""
    monkeypatch.setenv("MOVIEREC_HOME", str(tiny_home.path))
    monkeypatch.setenv("MOVIEREC_LAKE_URI", str(tiny_home.path / "lake"))


def test_the_notebook_is_kept_without_outputs() -> None:
    import nbformat

    for cell in code_cells(nbformat.read(NOTEBOOK, 4)):
        assert (cell.outputs, cell.execution_count) == ([], None), cell.source


@pytest.mark.usefixtures("at_home")
def test_the_notebook_runs_and_shows_plots_neighbours_and_recommendations(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import nbformat
    from ipykernel.kernelspec import write_kernel_spec
    from nbclient import NotebookClient

    # A kernel of this very interpreter, whatever the machine calls `python3`.
    write_kernel_spec(tmp_path / "jupyter" / "kernels" / "these-tests")
    monkeypatch.setenv("JUPYTER_PATH", str(tmp_path / "jupyter"))
    notebook = nbformat.read(NOTEBOOK, 4)
    resources = {"metadata": {"path": str(NOTEBOOK.parent)}}
    NotebookClient(notebook, timeout=120, kernel_name="these-tests", resources=resources).execute()
    shown = [
        [output.get("data", {}) for output in cell.outputs if output.output_type != "stream"]
        for cell in code_cells(notebook)
    ]
    assert sum("image/png" in data for outputs in shown for data in outputs) == 3
    first, neighbours, liked, recommended = (
        outputs[-1]["text/plain"] for outputs in shown if outputs and "text/html" in outputs[-1]
    )
    assert "userId" in first
    assert "Toy Story" not in neighbours
    assert "Jumanji" in neighbours
    assert "Toy Story" in liked
    # Of the seven rated movies, user 1 has not seen these.
    assert all(title in recommended for title in ("American President", "City of Lost Children", "Cosmos"))


@pytest.mark.usefixtures("at_home")
def test_an_asset_is_loaded_by_name_in_its_live_or_an_older_version() -> None:
    from movierec_assets.io_managers.errors import LakeError
    from movierec_assets.notebook import load

    assert len(load("cleaned_ratings")) == 22
    assert load("cleaned_ratings", version=0).shape == (22, 4)
    with pytest.raises(LakeError, match="no version 7; there are 0 to 0"):
        load("cleaned_ratings", version=7)
    with pytest.raises(KeyError, match=r"no table 'ratings'; there are .*cleaned_ratings"):
        load("ratings")


@pytest.mark.usefixtures("at_home")
def test_the_model_comes_with_its_neighbours_and_an_unknown_movie_has_none() -> None:
    from movierec_assets.notebook import model, similar

    als = model()
    assert als.item_ids.tolist() == [1, 2, 3, 4, 5, 6, 7]
    found = similar(als, 1, 3)
    assert list(found.columns) == ["movieId", "similarity"]
    # Users 1-3 like these two as well, users 4-6 do not.
    assert set(found["movieId"][:2]) == {2, 5}
    assert similar(als, 8).empty
