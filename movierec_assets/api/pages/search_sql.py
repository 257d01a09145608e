"""Statements that find movies and titles by the words of their titles.

Every word must occur, as it stands, in the title or as the year; a title that is or begins with what was typed comes
first, then what most people know.
"""

MOVIES = """
SELECT m.movie_id, m.title, m.year, m.genres, 'movie' AS kind, s.average_rating, s.rating_count,
    count(*) OVER () AS found
FROM serving.movies m LEFT JOIN serving.movie_stats s USING (movie_id)
WHERE concat_ws(' ', m.title, m.year) ILIKE ALL(%(words)s)
ORDER BY lower(m.title) = lower(%(text)s) DESC, m.title ILIKE %(beginning)s DESC, s.rating_count DESC NULLS LAST,
    m.movie_id
LIMIT %(limit)s OFFSET %(offset)s
"""

TITLES = """
SELECT t.title_id, t.movie_id, t.title, t.release_year AS year, t.kind, t.imdb_score, t.imdb_votes,
    ARRAY(SELECT genre FROM catalog.genres g WHERE g.title_id = t.title_id ORDER BY position) AS genres,
    count(*) OVER () AS found
FROM catalog.titles t
WHERE concat_ws(' ', t.title, t.release_year) ILIKE ALL(%(words)s)
ORDER BY lower(t.title) = lower(%(text)s) DESC, t.title ILIKE %(beginning)s DESC, t.imdb_votes DESC NULLS LAST,
    t.title_id
LIMIT %(limit)s OFFSET %(offset)s
"""

MOST_WORDS = 8


def patterns(text: str) -> dict[str, object]:
    """Parameters of both for what somebody typed, which is no pattern itself."""
    plain = text.replace("\\", r"\\").replace("%", r"\%").replace("_", r"\_")
    words = plain.split()[:MOST_WORDS]
    return {"words": [f"%{word}%" for word in words], "text": text.strip(), "beginning": f"{plain.strip()}%"}
