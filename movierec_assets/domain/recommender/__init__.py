"""The recommender: training, top-N, evaluation. Pure functions on arrays; `mllib` is the same on Spark."""


def warm() -> None:
    """Compile the kernels into numba's cache, so that the first run does not wait for it."""
    from importlib import import_module

    for name in ("index_kernels", "kernels", "top_kernels", "explain_kernels", "knn_kernels"):
        import_module(f"movierec_assets.domain.recommender.{name}")
