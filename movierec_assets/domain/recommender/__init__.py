"""The recommender: training, top-N, evaluation. Pure functions on arrays; `mllib` is the same on Spark."""
