"""What others published on MovieLens, as figures with their sources: to be shown beside ours, never as our own.

Figures only, none recomputed. The protocols are described as far as they bear on the comparison; see `split.py` and
`ranking.py` for what runs here.
"""

from __future__ import annotations

from dataclasses import dataclass, field

ITEM_STRATIFIED_75_25 = "item-stratified 75/25"
RANDOM_75_25 = "random 75/25"
RANDOM_90_10 = "random 90/10"

PROTOCOLS = {
    ITEM_STRATIFIED_75_25: (
        "A quarter of each item's ratings is held out at random (seed 42). k = 10, every held-out rating is relevant,"
        " the full catalogue is ranked without the training items. Their MAP divides by all relevant items (`map_all`"
        " here)."
        " Their nDCG is over all users of the test set, which on MovieLens 100k are all trained on."
    ),
    RANDOM_75_25: (
        "A quarter of all ratings is held out at random; else as item-stratified 75/25. SVD was not asked to rank."
    ),
    RANDOM_90_10: "A tenth of all ratings is held out at random; RMSE on it, mean of repetitions where given.",
}
"""By name, what was done."""


@dataclass(frozen=True)
class Published:
    """One row of a published table.

    Attributes:
        protocol: A key of `PROTOCOLS`.
        dataset: `100k`, `1m`, `10m` or `20m`.
        algorithm: As the source names it.
        source: A key of `SOURCES`.
        metrics: By the names used here: `map_all`, `ndcg`, `precision`, `recall` at 10; `rmse`, `mae` in stars.
    """

    protocol: str
    dataset: str
    algorithm: str
    source: str
    metrics: dict[str, float] = field(default_factory=dict)


SOURCES = {
    "recommenders": (
        "recommenders-team/recommenders, README.md, Algorithm Comparison, commit b02c95e2 (2025-09-29); 15 epochs"
    ),
    "recommenders-2019": (
        "recommenders-team/recommenders, benchmarks/movielens.ipynb, commit b8f00c77 (2019-10-02); its last run on 1m"
    ),
    "recommenders-2018": "recommenders-team/recommenders, README.md, Benchmarks, commit 2f71bb98 (2018-11-29)",
    "autorec": "Sedhain et al., 2015, AutoRec: Autoencoders Meet Collaborative Filtering, WWW Companion; its poster",
    "rendle2019": (
        "Rendle, Zhang and Koren, 2019, On the Difficulty of Evaluating Baselines, arXiv:1905.01395, own re-runs,"
        " read in summaries of the paper"
    ),
    "rendle2019-cited": "As cited by Rendle, Zhang and Koren, 2019, arXiv:1905.01395, read in a summary of the paper",
    "strub2016": "Strub, Mary and Gaudel, 2016, arXiv:1606.07659, as cited by Recvani/benchmark, README.md",
}


def _rows(
    protocol: str, dataset: str, source: str, names: tuple[str, ...], figures: dict[str, tuple[float, ...]]
) -> tuple[Published, ...]:
    return tuple(
        Published(protocol, dataset, algorithm, source, dict(zip(names, values, strict=False)))
        for algorithm, values in figures.items()
    )


TABLES: tuple[Published, ...] = (
    *_rows(
        ITEM_STRATIFIED_75_25,
        "100k",
        "recommenders",
        ("map_all", "ndcg", "precision", "recall", "rmse", "mae"),
        {
            "ALS": (0.004732, 0.044239, 0.048462, 0.017796, 0.965038, 0.753001),
            "BiVAE": (0.146126, 0.475077, 0.411771, 0.219145),
            "BPR": (0.132478, 0.441997, 0.388229, 0.212522),
            "embdotbias": (0.018954, 0.117810, 0.104242, 0.042450, 0.992760, 0.776040),
            "LightGCN": (0.088526, 0.419846, 0.379626, 0.144336),
            "NCF": (0.107720, 0.396118, 0.347296, 0.180775),
            "SAR": (0.110591, 0.382461, 0.330753, 0.176385, 1.253805, 1.048484),
            "SVD": (0.012873, 0.095930, 0.091198, 0.032783, 0.938681, 0.742690),
        },
    ),
    *_rows(
        ITEM_STRATIFIED_75_25,
        "1m",
        "recommenders-2019",
        ("map_all", "ndcg", "precision", "recall", "rmse", "mae"),
        {
            "ALS": (0.002144, 0.025975, 0.032284, 0.010219, 0.860514, 0.679387),
            "BPR": (0.067077, 0.353277, 0.324449, 0.118385),
            "fastai": (0.026265, 0.184667, 0.168561, 0.055841, 0.874488, 0.695508),
            "NCF": (0.063082, 0.350428, 0.322213, 0.109614),
            "SAR": (0.066214, 0.313502, 0.279692, 0.111135),
            "SVD": (0.008828, 0.089320, 0.082856, 0.021582, 0.883017, 0.695366),
        },
    ),
    *_rows(
        RANDOM_75_25,
        "100k",
        "recommenders-2018",
        ("map_all", "ndcg", "precision", "recall", "rmse", "mae"),
        {
            "ALS": (0.026, 0.100, 0.096, 0.079, 1.110, 0.860),
            "SAR": (0.106, 0.373, 0.327, 0.176),
        },
    ),
    *_rows(RANDOM_75_25, "100k", "recommenders-2018", ("rmse", "mae"), {"SVD": (0.958, 0.755)}),
    *_rows(
        RANDOM_75_25,
        "1m",
        "recommenders-2018",
        ("map_all", "ndcg", "precision", "recall", "rmse", "mae"),
        {
            "ALS": (0.022, 0.119, 0.120, 0.062, 0.950, 0.735),
            "SAR": (0.064, 0.308, 0.277, 0.109),
        },
    ),
    *_rows(RANDOM_75_25, "1m", "recommenders-2018", ("rmse", "mae"), {"SVD": (0.889, 0.697)}),
    *_rows(
        RANDOM_75_25,
        "10m",
        "recommenders-2018",
        ("map_all", "ndcg", "precision", "recall", "rmse", "mae"),
        {
            "ALS": (0.015, 0.084, 0.090, 0.057, 0.850, 0.647),
            "SAR": (0.101, 0.321, 0.276, 0.156),
        },
    ),
    *_rows(RANDOM_75_25, "10m", "recommenders-2018", ("rmse", "mae"), {"SVD": (0.804, 0.616)}),
    *_rows(
        RANDOM_75_25,
        "20m",
        "recommenders-2018",
        ("map_all", "ndcg", "precision", "recall", "rmse", "mae"),
        {
            "ALS": (0.014, 0.076, 0.081, 0.052, 0.830, 0.633),
            "SAR": (0.085, 0.287, 0.247, 0.135),
        },
    ),
    *_rows(RANDOM_75_25, "20m", "recommenders-2018", ("rmse", "mae"), {"SVD": (0.790, 0.601)}),
    *_rows(
        RANDOM_90_10,
        "1m",
        "autorec",
        ("rmse",),
        {
            "BiasedMF": (0.845,),
            "I-RBM": (0.854,),
            "U-RBM": (0.881,),
            "LLORMA": (0.833,),
            "I-AutoRec": (0.831,),
            "U-AutoRec": (0.874,),
        },
    ),
    *_rows(
        RANDOM_90_10,
        "10m",
        "autorec",
        ("rmse",),
        {
            "BiasedMF": (0.803,),
            "I-RBM": (0.825,),
            "U-RBM": (0.823,),
            "LLORMA": (0.782,),
            "I-AutoRec": (0.782,),
            "U-AutoRec": (0.867,),
        },
    ),
    *_rows(
        RANDOM_90_10,
        "10m",
        "rendle2019-cited",
        ("rmse",),
        {"RSVD": (0.8256,), "BPMF": (0.8197,), "ALS-WR": (0.7830,), "MRMA": (0.7634,)},
    ),
    *_rows(
        RANDOM_90_10,
        "10m",
        "rendle2019",
        ("rmse",),
        {
            "SGD MF, 512 factors": (0.7720,),
            "Bayesian MF, 512 factors": (0.7633,),
            "Bayesian SVD++": (0.7563,),
            "Bayesian timeSVD++": (0.7523,),
            "Bayesian timeSVD++ flipped": (0.7485,),
        },
    ),
    *_rows(RANDOM_90_10, "20m", "strub2016", ("rmse",), {"ALS-WR": (0.7746,), "I-AutoRec": (0.7742,)}),
)
"""Every figure at hand. The `recommenders` repository publishes 100k only since 2020; its notebook's last run differs
slightly from its README, whose figures these are."""
DATASETS = {"100k": 100_000, "1m": 1_000_209, "10m": 10_000_054, "20m": 20_000_263}
"""Ratings of each set."""


def nearest_dataset(ratings: int) -> str | None:
    """The set of about so many ratings: not more than half as many again, nor fewer than two thirds; None for none."""
    return next((name for name, size in DATASETS.items() if size / 1.5 <= ratings <= size * 1.5), None)
