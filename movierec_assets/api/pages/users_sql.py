"""Statements about users, of MovieLens and fabricated."""

USERS = """
SELECT user_id, cardinality(movie_ids) AS ratings FROM serving.rating_histories
WHERE user_id > %(after)s ORDER BY user_id LIMIT %(limit)s
"""

ANY_USER = "SELECT user_id FROM serving.rating_histories LIMIT 1"

USER_PUBLISHED = "SELECT EXISTS (SELECT FROM serving.rating_histories WHERE user_id = %(user_id)s) AS there"

USER_EXISTS = """
SELECT EXISTS (SELECT FROM serving.rating_histories WHERE user_id = %(user_id)s)
    OR EXISTS (SELECT FROM feedback.ratings WHERE user_id = %(user_id)s) AS there
"""

GENRES_OF_USER = """
WITH published AS (
    SELECT movie_id, rating FROM serving.rating_histories h, unnest(h.movie_ids, h.ratings) AS one (movie_id, rating)
    WHERE h.user_id = %(user_id)s
), written AS (
    SELECT movie_id, rating FROM feedback.ratings WHERE user_id = %(user_id)s
)
SELECT genre, count(*) AS ratings, avg(rating)::float8 AS average_rating
FROM (
    SELECT * FROM written
    UNION ALL SELECT * FROM published p WHERE NOT EXISTS (SELECT FROM written w WHERE w.movie_id = p.movie_id)
) AS rated
JOIN serving.movies m USING (movie_id), unnest(m.genres) AS genre
GROUP BY genre ORDER BY ratings DESC, genre LIMIT 6
"""

FABRICATED = """
SELECT u.user_id, u.birth_date, u.subscription_type, u.subscription_date, u.cancellation_date,
    (SELECT count(*) FROM simulation.sessions s WHERE s.scenario = u.scenario AND s.user_id = u.user_id) AS sessions
FROM simulation.users u
WHERE u.scenario = %(scenario)s AND u.user_id > %(after)s ORDER BY u.user_id LIMIT %(limit)s
"""

FABRICATED_USER = """
SELECT u.*, count(s.session_id) AS sessions, count(s.rating) AS ratings, avg(s.rating)::float8 AS average_rating,
    max(s.started_at) AS last_seen
FROM simulation.users u LEFT JOIN simulation.sessions s USING (scenario, user_id)
WHERE u.scenario = %(scenario)s AND u.user_id = %(user_id)s
GROUP BY u.scenario, u.user_id
"""

WATCHED = """
SELECT t.title_id, t.movie_id, t.title, t.release_year AS year, t.kind, s.rating, s.times, s.started_at,
    ARRAY(SELECT genre FROM catalog.genres g WHERE g.title_id = t.title_id ORDER BY position) AS genres
FROM (
    SELECT title_id, max(rating) AS rating, count(*) AS times, max(started_at) AS started_at
    FROM simulation.sessions WHERE scenario = %(scenario)s AND user_id = %(user_id)s
    GROUP BY title_id ORDER BY max(rating) DESC NULLS LAST, count(*) DESC, max(started_at) DESC, title_id
    LIMIT %(limit)s
) s JOIN catalog.titles t USING (title_id)
ORDER BY s.rating DESC NULLS LAST, s.times DESC, s.started_at DESC, title_id
"""

RECOMMENDERS_OF_USER = """
SELECT DISTINCT recommender FROM feedback.recommendations
WHERE scenario = %(scenario)s AND user_id = %(user_id)s ORDER BY recommender
"""
