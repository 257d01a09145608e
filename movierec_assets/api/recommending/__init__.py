"""Recommendations over HTTP: for users of MovieLens, for fabricated ones, for ratings in the request; similar, popular.

Belongs here: the published model in memory, ranking at request time, cursors, the routes. Does not: how a model is
trained or asked, which is `domain.recommender`'s.
"""
