"""Statements about one movie, one title, and what there is in all."""

MOVIE = """
SELECT m.movie_id, m.title, m.year, m.genres, 'movie' AS kind, s.average_rating, s.rating_count,
    p.rank AS popularity_rank, p.damped_mean
FROM serving.movies m
LEFT JOIN serving.movie_stats s USING (movie_id)
LEFT JOIN serving.popular_movies p USING (movie_id)
WHERE m.movie_id = %(movie_id)s
"""

TITLE_OF_MOVIE = "SELECT title_id FROM catalog.titles WHERE movie_id = %(movie_id)s ORDER BY title_id LIMIT 1"

TITLE = """
SELECT t.*, ARRAY(SELECT genre FROM catalog.genres g WHERE g.title_id = t.title_id ORDER BY position) AS genres,
    ARRAY(SELECT country FROM catalog.production_countries c WHERE c.title_id = t.title_id ORDER BY position)
        AS countries
FROM catalog.titles t WHERE t.title_id = %(title_id)s
"""

PEOPLE = """
SELECT p.full_name, c.role, c.character FROM catalog.credits c JOIN catalog.people p USING (person_id)
WHERE c.title_id = %(title_id)s ORDER BY c.role DESC, p.full_name, c.character LIMIT 60
"""

LISTS = "SELECT list, rank FROM catalog.list_entries WHERE title_id = %(title_id)s ORDER BY list"

MOVIES_IN_ALL = """
SELECT (SELECT count(*) FROM serving.movies) AS movies, sum(rating_count)::bigint AS ratings FROM serving.movie_stats
"""

TITLES_IN_ALL = "SELECT count(*) AS titles FROM catalog.titles"

SCENARIOS = "SELECT scenario, users, sessions, made_at FROM simulation.scenarios ORDER BY scenario"
