"""`movierec benchmark quality`: published protocols re-run on the landed ratings, others' figures beside ours."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from movierec_assets.cli.app import app, fail, say, settings
from movierec_assets.cli.printing import Csv, print_rows
from movierec_assets.runtime import open_lake

if TYPE_CHECKING:
    from collections.abc import Iterator

    from movierec_assets.domain.recommender.evaluation import Evaluation
    from movierec_assets.domain.recommender.protocols import Protocol
    from movierec_assets.domain.recommender.ratings import Ratings
    from movierec_assets.settings import Settings

commands = typer.Typer(help="Measurements of the recommender.", no_args_is_help=True)
app.add_typer(commands, name="benchmark")

LISTS = ("ndcg", "precision", "recall", "map", "map_all", "coverage", "novelty")
ERRORS = ("rmse", "mae")
PLAIN = 4
"""Digits for people."""


@commands.callback()
def _group() -> None:
    """Measurements of the recommender."""


@commands.command()
def quality(
    protocol: Annotated[
        str,
        typer.Option(help="time, per-user, leave-last-out, recommenders-75-25 or rmse-90-10."),
    ],
    k: Annotated[int, typer.Option(min=1, max=1000, help="Length of the lists.")] = 10,
    as_csv: Csv = False,
) -> None:
    """Compare the configured models with the baselines and published figures, on the cleaned ratings."""
    from movierec_assets.domain.recommender.protocols import PROTOCOLS

    if protocol not in PROTOCOLS:
        fail(f"--protocol {protocol!r}: there are {', '.join(PROTOCOLS)}")
    chosen, ratings = settings(), _ratings(settings())
    say(f"{protocol}: {PROTOCOLS[protocol].description}; {len(ratings):,} ratings")
    found = dict(_evaluated(chosen, PROTOCOLS[protocol], ratings, k))
    asked = next(iter(found.values())).asked
    say(
        f"{asked.train_rows:,} ratings to train, {asked.test_rows:,} held out, {asked.cold_rows:,} of them cold;"
        f" {asked.users:,} users asked"
    )
    metrics = (*LISTS, *ERRORS) if PROTOCOLS[protocol].ranks else ERRORS
    rows = [
        *(_ours(name, one, metrics, as_csv) for name, one in found.items()),
        *_published(PROTOCOLS[protocol], len(ratings), k, metrics, as_csv),
    ]
    with_intervals = [m for name in metrics for m in (name, *(_ends(name) if as_csv else ()))]
    print_rows(["recommender", *with_intervals, "seconds", "source"], rows, as_csv)


def _ratings(chosen: Settings) -> Ratings:
    from movierec_assets.domain.movielens.times import with_times
    from movierec_assets.domain.recommender.ratings import Ratings
    from movierec_assets.domain.recommender.training import of_known_movies

    lake = open_lake(chosen)
    movies = lake.open("cleaned_movies").arrow(["movieId"])
    rows = lake.open("cleaned_ratings").arrow(["userId", "movieId", "rating", "timestamp"])
    return Ratings.from_table(with_times(of_known_movies(rows, movies)))


def _evaluated(
    chosen: Settings, protocol: Protocol, ratings: Ratings, k: int
) -> Iterator[tuple[str, Evaluation]]:
    from movierec_assets.domain.recommender.evaluation import evaluate_each
    from movierec_assets.domain.recommender.protocols import contenders
    from movierec_assets.domain.recommender.question import Question

    held = protocol.split(ratings)
    if not held.any() or held.all():
        fail(f"{len(ratings):,} ratings are too few for this protocol: land more")
    question = Question.of(ratings.where(~held), ratings.where(held))
    trainers = contenders(chosen.ranking, chosen.als, len(ratings), ranks=protocol.ranks)
    for name, trainer in trainers.items():
        say(f"{name} …")
        yield from evaluate_each({name: trainer}, question, k).items()


def _ours(name: str, found: Evaluation, metrics: tuple[str, ...], as_csv: bool) -> tuple[Any, ...]:
    cells: list[str] = []
    for metric in metrics:
        interval = found.metrics.get(metric)
        if interval is None:
            cells.append(_number(getattr(found, metric), as_csv))
        elif as_csv:
            cells += [_number(x, as_csv) for x in (interval.value, interval.low, interval.high)]
        else:
            ends = f" ({_number(interval.low, False)}-{_number(interval.high, False)})"
            cells.append(_number(interval.value, False) + (ends if metric == "ndcg" else ""))
    return (name, *cells, round(found.fit_seconds + found.recommend_seconds, 2), "here")


def _published(
    protocol: Protocol, ratings: int, k: int, metrics: tuple[str, ...], as_csv: bool
) -> Iterator[tuple[Any, ...]]:
    """What others published by this protocol for the set of about this size; nothing for lists of another length."""
    from movierec_assets.domain.recommender.published import SOURCES, TABLES, nearest_dataset

    dataset = nearest_dataset(ratings)
    rows = [t for t in TABLES if t.protocol in protocol.published and t.dataset == dataset]
    if protocol.ranks and k != 10:
        rows = []
    if rows:
        say(f"beside: what others published for ml-{dataset}, a set of about this size, not this very one")
    else:
        say("no published figures for this protocol, set and k are at hand")
    for row in rows:
        cells: list[Any] = []
        for metric in metrics:
            value = row.metrics.get(metric)
            cells.append(None if value is None else _number(value, as_csv))
            cells += [None for _ in _ends(metric) if as_csv]
        source = f"ml-{row.dataset}, {row.protocol}: {SOURCES[row.source]}"
        yield (row.algorithm, *cells, None, source)


def _ends(metric: str) -> tuple[str, ...]:
    """Names of the columns of the interval; errors and coverage have none."""
    return () if metric in (*ERRORS, "coverage") else (f"{metric}_low", f"{metric}_high")


def _number(value: float, exact: bool) -> str:
    if value != value:
        return ""
    return repr(value) if exact else f"{value:.{PLAIN}f}"
