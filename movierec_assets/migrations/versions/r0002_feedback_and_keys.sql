CREATE SCHEMA IF NOT EXISTS feedback;

DO $made$ BEGIN IF to_regclass('feedback.ratings') IS NULL THEN
CREATE TABLE feedback.ratings (
    user_id BIGINT NOT NULL,
    movie_id BIGINT NOT NULL,
    rating REAL NOT NULL,
    rated_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    CONSTRAINT ratings_pkey PRIMARY KEY (user_id, movie_id),
    CONSTRAINT ratings_user_id_check CHECK (user_id >= 1 AND user_id <= 2147483647),
    CONSTRAINT ratings_movie_id_check CHECK (movie_id >= 1 AND movie_id <= 2147483647),
    CONSTRAINT ratings_rating_check CHECK (rating >= 0.5 AND rating <= 5)
);
CREATE INDEX ratings_movie_id_idx ON feedback.ratings (movie_id);
COMMENT ON TABLE feedback.ratings IS 'One rating of one movie of MovieLens that an application wrote; it counts in place of the user''s earlier one.';
COMMENT ON COLUMN feedback.ratings.user_id IS 'User of MovieLens, or a new one.';
COMMENT ON COLUMN feedback.ratings.movie_id IS 'Movie of MovieLens.';
COMMENT ON COLUMN feedback.ratings.rating IS 'Rating. Unit: stars.';
COMMENT ON COLUMN feedback.ratings.rated_at IS 'When it was given. Unit: time with time zone.';
END IF; END $made$;

DO $made$ BEGIN IF to_regclass('feedback.recommendations') IS NULL THEN
CREATE TABLE feedback.recommendations (
    recommender TEXT NOT NULL,
    scenario TEXT NOT NULL,
    user_id BIGINT NOT NULL,
    rank INTEGER NOT NULL,
    title_id TEXT NOT NULL,
    score DOUBLE PRECISION,
    reason TEXT,
    model_version TEXT,
    made_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    CONSTRAINT recommendations_pkey PRIMARY KEY (recommender, scenario, user_id, rank),
    CONSTRAINT recommendations_title_id_fkey FOREIGN KEY(title_id) REFERENCES catalog.titles (title_id) ON DELETE CASCADE,
    CONSTRAINT recommendations_recommender_key UNIQUE NULLS NOT DISTINCT (recommender, scenario, user_id, title_id),
    CONSTRAINT recommendations_recommender_check CHECK (recommender ~ '^(?:[a-z0-9][a-z0-9_-]{0,49})$'),
    CONSTRAINT recommendations_scenario_check CHECK (scenario ~ '^(?:[a-z0-9][a-z0-9_-]{0,49})$'),
    CONSTRAINT recommendations_user_id_check CHECK (user_id >= 1),
    CONSTRAINT recommendations_rank_check CHECK (rank >= 1),
    CONSTRAINT recommendations_title_id_check CHECK (title_id ~ '^(?:t[ms][0-9]+)$')
);
CREATE INDEX recommendations_scenario_idx ON feedback.recommendations (scenario, user_id);
CREATE INDEX recommendations_title_id_idx ON feedback.recommendations (title_id);
COMMENT ON TABLE feedback.recommendations IS 'One recommendation of a title to a fabricated user by a recommender outside the graph.';
COMMENT ON COLUMN feedback.recommendations.recommender IS 'The recommender''s name.';
COMMENT ON COLUMN feedback.recommendations.scenario IS 'Scenario; several lie side by side.';
COMMENT ON COLUMN feedback.recommendations.user_id IS 'Fabricated user, from 1 in each scenario.';
COMMENT ON COLUMN feedback.recommendations.rank IS '1 is the best.';
COMMENT ON COLUMN feedback.recommendations.title_id IS 'Title recommended.';
COMMENT ON COLUMN feedback.recommendations.score IS 'What the order follows.';
COMMENT ON COLUMN feedback.recommendations.reason IS 'Why, in words.';
COMMENT ON COLUMN feedback.recommendations.model_version IS 'The recommender''s own version.';
COMMENT ON COLUMN feedback.recommendations.made_at IS 'When it was written. Unit: time with time zone.';
END IF; END $made$;

CREATE SCHEMA IF NOT EXISTS access;
COMMENT ON SCHEMA access IS 'Keys of the web API.';
CREATE TABLE IF NOT EXISTS access.keys (
    name text PRIMARY KEY,
    digest text NOT NULL UNIQUE,
    role text NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    expires_at timestamptz,
    revoked_at timestamptz
);
COMMENT ON TABLE access.keys IS 'Keys of the web API, one row each.';
COMMENT ON COLUMN access.keys.name IS 'Whose it is.';
COMMENT ON COLUMN access.keys.digest IS 'SHA-256 of the key, hexadecimal.';
COMMENT ON COLUMN access.keys.role IS 'Role of the database that it works as.';
COMMENT ON COLUMN access.keys.expires_at IS 'From when on it is refused; null for never.';
COMMENT ON COLUMN access.keys.revoked_at IS 'When it was revoked; null where it was not.';
