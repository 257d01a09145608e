create schema if not exists ledger;
create table if not exists ledger.files (
    key text primary key,
    etag text not null,
    size bigint not null,
    content_hash text not null,
    state text not null check (state in ('seen', 'loading', 'loaded', 'failed', 'deleted')),
    first_seen timestamptz not null default clock_timestamp(),
    changed_at timestamptz not null default clock_timestamp(),
    run_id text,
    error text
);
comment on table ledger.files is 'Files of the landing zone: the version seen last and what became of it.';

CREATE SCHEMA IF NOT EXISTS publication;
CREATE SEQUENCE IF NOT EXISTS publication.snapshot_id;
CREATE TABLE IF NOT EXISTS publication.snapshots (
    snapshot_id bigint PRIMARY KEY,
    dataset text NOT NULL,
    storage text NOT NULL,
    data_version text NOT NULL,
    rows bigint NOT NULL,
    run_id text,
    published_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    UNIQUE (dataset, snapshot_id)
);
CREATE TABLE IF NOT EXISTS publication.current (
    dataset text PRIMARY KEY,
    snapshot_id bigint NOT NULL,
    FOREIGN KEY (dataset, snapshot_id) REFERENCES publication.snapshots (dataset, snapshot_id)
);
COMMENT ON TABLE publication.snapshots IS 'Published snapshots that are kept, one row each.';
COMMENT ON COLUMN publication.snapshots.storage IS 'Table of schema publication that holds the rows.';
COMMENT ON COLUMN publication.snapshots.data_version IS 'Content hash of the rows.';
COMMENT ON COLUMN publication.snapshots.run_id IS 'Dagster run that published it.';
COMMENT ON TABLE publication.current IS 'Which snapshot of each dataset the views show.';

CREATE SCHEMA IF NOT EXISTS catalog;

CREATE SCHEMA IF NOT EXISTS loaded;

CREATE SCHEMA IF NOT EXISTS simulation;

DO $made$ BEGIN IF to_regclass('catalog.people') IS NULL THEN
CREATE TABLE catalog.people (
    person_id BIGINT NOT NULL,
    full_name TEXT NOT NULL,
    first_name TEXT,
    middle_name TEXT,
    last_name TEXT,
    CONSTRAINT people_pkey PRIMARY KEY (person_id),
    CONSTRAINT people_person_id_check CHECK (person_id >= 0),
    CONSTRAINT people_full_name_check CHECK (full_name ~ '^(?:.*\S.*)$')
);
CREATE INDEX people_full_name_idx ON catalog.people (full_name);
CREATE INDEX people_last_name_idx ON catalog.people (last_name);
COMMENT ON TABLE catalog.people IS 'One person who played in or directed a title of the catalogue.';
COMMENT ON COLUMN catalog.people.person_id IS 'Person.';
COMMENT ON COLUMN catalog.people.full_name IS 'Name as the provider writes it.';
COMMENT ON COLUMN catalog.people.first_name IS 'First word of the name.';
COMMENT ON COLUMN catalog.people.middle_name IS 'Words between the first and the last.';
COMMENT ON COLUMN catalog.people.last_name IS 'Last word, where there is more than one.';
END IF; END $made$;

DO $made$ BEGIN IF to_regclass('catalog.titles') IS NULL THEN
CREATE TABLE catalog.titles (
    title_id TEXT NOT NULL,
    title TEXT NOT NULL,
    kind TEXT NOT NULL,
    release_year INTEGER NOT NULL,
    age_certification TEXT,
    runtime_minutes INTEGER NOT NULL,
    seasons INTEGER,
    imdb_id TEXT,
    imdb_score DOUBLE PRECISION,
    imdb_votes BIGINT,
    is_all_time_best BOOLEAN DEFAULT false NOT NULL,
    is_year_best BOOLEAN DEFAULT false NOT NULL,
    movie_id BIGINT,
    CONSTRAINT titles_pkey PRIMARY KEY (title_id),
    CONSTRAINT titles_title_id_check CHECK (title_id ~ '^(?:t[ms][0-9]+)$'),
    CONSTRAINT titles_title_check CHECK (title ~ '^(?:.*\S.*)$'),
    CONSTRAINT titles_kind_check CHECK (kind ~ '^(?:movie|show)$'),
    CONSTRAINT titles_release_year_check CHECK (release_year >= 1870 AND release_year <= 2200),
    CONSTRAINT titles_age_certification_check CHECK (age_certification ~ '^(?:G|PG|PG-13|R|NC-17|TV-Y|TV-Y7|TV-G|TV-PG|TV-14|TV-MA)$'),
    CONSTRAINT titles_runtime_minutes_check CHECK (runtime_minutes >= 0),
    CONSTRAINT titles_seasons_check CHECK (seasons >= 1),
    CONSTRAINT titles_imdb_id_check CHECK (imdb_id ~ '^(?:tt[0-9]{7,10})$'),
    CONSTRAINT titles_imdb_score_check CHECK (imdb_score >= 0 AND imdb_score <= 10),
    CONSTRAINT titles_imdb_votes_check CHECK (imdb_votes >= 0),
    CONSTRAINT titles_movie_id_check CHECK (movie_id >= 1)
);
CREATE INDEX titles_imdb_id_idx ON catalog.titles (imdb_id);
CREATE INDEX titles_movie_id_idx ON catalog.titles (movie_id);
CREATE INDEX titles_release_year_idx ON catalog.titles (release_year);
CREATE INDEX titles_title_idx ON catalog.titles (title);
COMMENT ON TABLE catalog.titles IS 'One movie or show of the catalogue.';
COMMENT ON COLUMN catalog.titles.title_id IS 'Title: `tm` and a number for a movie, `ts` for a show.';
COMMENT ON COLUMN catalog.titles.title IS 'Title.';
COMMENT ON COLUMN catalog.titles.kind IS '`movie` or `show`.';
COMMENT ON COLUMN catalog.titles.release_year IS 'Year of release. Unit: calendar year.';
COMMENT ON COLUMN catalog.titles.age_certification IS 'Age certification (MPA, TV).';
COMMENT ON COLUMN catalog.titles.runtime_minutes IS 'Runtime, of a show of one episode; 0 where unknown. Unit: minutes.';
COMMENT ON COLUMN catalog.titles.seasons IS 'Seasons of a show, null for a movie.';
COMMENT ON COLUMN catalog.titles.imdb_id IS 'Identifier at IMDb.';
COMMENT ON COLUMN catalog.titles.imdb_score IS 'Score at IMDb. Unit: points of 10.';
COMMENT ON COLUMN catalog.titles.imdb_votes IS 'Votes at IMDb.';
COMMENT ON COLUMN catalog.titles.is_all_time_best IS 'Whether it is in a list of the best of all time.';
COMMENT ON COLUMN catalog.titles.is_year_best IS 'Whether it is the best movie or show of its year.';
COMMENT ON COLUMN catalog.titles.movie_id IS 'The same movie in MovieLens, by IMDb id.';
END IF; END $made$;

DO $made$ BEGIN IF to_regclass('loaded.credits') IS NULL THEN
CREATE TABLE loaded.credits (
    credit_id BIGSERIAL NOT NULL,
    title_id TEXT,
    person_id BIGINT,
    role TEXT,
    character TEXT,
    _gone BOOLEAN DEFAULT false NOT NULL,
    CONSTRAINT credits_pkey PRIMARY KEY (credit_id)
);
COMMENT ON TABLE loaded.credits IS 'Rows of catalog.credits as the graph brought them last.';
END IF; END $made$;

DO $made$ BEGIN IF to_regclass('loaded.genres') IS NULL THEN
CREATE TABLE loaded.genres (
    title_id TEXT NOT NULL,
    genre TEXT NOT NULL,
    position INTEGER,
    is_main_genre BOOLEAN,
    _gone BOOLEAN DEFAULT false NOT NULL,
    CONSTRAINT genres_pkey PRIMARY KEY (title_id, genre)
);
COMMENT ON TABLE loaded.genres IS 'Rows of catalog.genres as the graph brought them last.';
END IF; END $made$;

DO $made$ BEGIN IF to_regclass('loaded.list_entries') IS NULL THEN
CREATE TABLE loaded.list_entries (
    list TEXT NOT NULL,
    rank INTEGER,
    title_id TEXT NOT NULL,
    score DOUBLE PRECISION,
    votes BIGINT,
    runtime_minutes INTEGER,
    seasons INTEGER,
    main_genre TEXT,
    main_country TEXT,
    _gone BOOLEAN DEFAULT false NOT NULL,
    CONSTRAINT list_entries_pkey PRIMARY KEY (list, title_id)
);
COMMENT ON TABLE loaded.list_entries IS 'Rows of catalog.list_entries as the graph brought them last.';
END IF; END $made$;

DO $made$ BEGIN IF to_regclass('loaded.people') IS NULL THEN
CREATE TABLE loaded.people (
    person_id BIGSERIAL NOT NULL,
    full_name TEXT,
    first_name TEXT,
    middle_name TEXT,
    last_name TEXT,
    _gone BOOLEAN DEFAULT false NOT NULL,
    CONSTRAINT people_pkey PRIMARY KEY (person_id)
);
COMMENT ON TABLE loaded.people IS 'Rows of catalog.people as the graph brought them last.';
END IF; END $made$;

DO $made$ BEGIN IF to_regclass('loaded.production_countries') IS NULL THEN
CREATE TABLE loaded.production_countries (
    title_id TEXT NOT NULL,
    country TEXT NOT NULL,
    position INTEGER,
    is_main_country BOOLEAN,
    _gone BOOLEAN DEFAULT false NOT NULL,
    CONSTRAINT production_countries_pkey PRIMARY KEY (title_id, country)
);
COMMENT ON TABLE loaded.production_countries IS 'Rows of catalog.production_countries as the graph brought them last.';
END IF; END $made$;

DO $made$ BEGIN IF to_regclass('loaded.titles') IS NULL THEN
CREATE TABLE loaded.titles (
    title_id TEXT NOT NULL,
    title TEXT,
    kind TEXT,
    release_year INTEGER,
    age_certification TEXT,
    runtime_minutes INTEGER,
    seasons INTEGER,
    imdb_id TEXT,
    imdb_score DOUBLE PRECISION,
    imdb_votes BIGINT,
    is_all_time_best BOOLEAN,
    is_year_best BOOLEAN,
    movie_id BIGINT,
    _gone BOOLEAN DEFAULT false NOT NULL,
    CONSTRAINT titles_pkey PRIMARY KEY (title_id)
);
COMMENT ON TABLE loaded.titles IS 'Rows of catalog.titles as the graph brought them last.';
END IF; END $made$;

DO $made$ BEGIN IF to_regclass('loaded.versions') IS NULL THEN
CREATE TABLE loaded.versions (
    table_name TEXT NOT NULL,
    data_version TEXT NOT NULL,
    rows BIGINT NOT NULL,
    run_id TEXT,
    loaded_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    CONSTRAINT versions_pkey PRIMARY KEY (table_name)
);
COMMENT ON TABLE loaded.versions IS 'Which version of each editable table the graph brought last.';
END IF; END $made$;

DO $made$ BEGIN IF to_regclass('simulation.scenarios') IS NULL THEN
CREATE TABLE simulation.scenarios (
    scenario TEXT NOT NULL,
    parameters JSONB NOT NULL,
    fidelity JSONB,
    curves JSONB,
    data_version TEXT NOT NULL,
    users BIGINT NOT NULL,
    sessions BIGINT NOT NULL,
    made_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    CONSTRAINT scenarios_pkey PRIMARY KEY (scenario),
    CONSTRAINT scenarios_scenario_check CHECK (scenario ~ '^(?:[a-z0-9][a-z0-9_-]{0,49})$'),
    CONSTRAINT scenarios_users_check CHECK (users >= 0),
    CONSTRAINT scenarios_sessions_check CHECK (sessions >= 0)
);
COMMENT ON TABLE simulation.scenarios IS 'One scenario: what was asked for and what came out.';
COMMENT ON COLUMN simulation.scenarios.scenario IS 'Scenario; several lie side by side.';
COMMENT ON COLUMN simulation.scenarios.parameters IS 'Parameters of the simulation, all of them.';
COMMENT ON COLUMN simulation.scenarios.fidelity IS 'What was asked for beside what came out, one object per figure.';
COMMENT ON COLUMN simulation.scenarios.curves IS 'Both as curves to be drawn, one object per curve.';
COMMENT ON COLUMN simulation.scenarios.data_version IS 'Changes with the parameters, the titles and the generator.';
COMMENT ON COLUMN simulation.scenarios.users IS 'Users as generated.';
COMMENT ON COLUMN simulation.scenarios.sessions IS 'Viewings as generated.';
COMMENT ON COLUMN simulation.scenarios.made_at IS 'When it was loaded. Unit: time with time zone.';
END IF; END $made$;

DO $made$ BEGIN IF to_regclass('simulation.users') IS NULL THEN
CREATE TABLE simulation.users (
    scenario TEXT NOT NULL,
    user_id BIGINT NOT NULL,
    birth_date DATE NOT NULL,
    subscription_date DATE NOT NULL,
    cancellation_date DATE,
    subscription_type TEXT NOT NULL,
    taste_profile SMALLINT,
    activity_rank INTEGER,
    CONSTRAINT users_pkey PRIMARY KEY (scenario, user_id),
    CONSTRAINT users_birth_date_subscription_date_check CHECK (birth_date < subscription_date),
    CONSTRAINT users_subscription_date_cancellation_date_check CHECK (subscription_date < cancellation_date),
    CONSTRAINT users_scenario_check CHECK (scenario ~ '^(?:[a-z0-9][a-z0-9_-]{0,49})$'),
    CONSTRAINT users_user_id_check CHECK (user_id >= 1),
    CONSTRAINT users_subscription_type_check CHECK (subscription_type ~ '^(?:basic|standard|premium)$'),
    CONSTRAINT users_activity_rank_check CHECK (activity_rank >= 1)
)
 PARTITION BY LIST (scenario);
COMMENT ON TABLE simulation.users IS 'One fabricated user of one scenario.';
COMMENT ON COLUMN simulation.users.scenario IS 'Scenario; several lie side by side.';
COMMENT ON COLUMN simulation.users.user_id IS 'Fabricated user, from 1 in each scenario.';
COMMENT ON COLUMN simulation.users.birth_date IS 'Date of birth.';
COMMENT ON COLUMN simulation.users.subscription_date IS 'First day with a subscription.';
COMMENT ON COLUMN simulation.users.cancellation_date IS 'First day without one, null while subscribed.';
COMMENT ON COLUMN simulation.users.subscription_type IS 'basic, standard or premium.';
COMMENT ON COLUMN simulation.users.taste_profile IS 'Archetype of taste that the viewings were drawn by.';
COMMENT ON COLUMN simulation.users.activity_rank IS '1 is the most active user of the scenario.';
CREATE TABLE simulation.users_other PARTITION OF simulation.users DEFAULT;
END IF; END $made$;

DO $made$ BEGIN IF to_regclass('catalog.credits') IS NULL THEN
CREATE TABLE catalog.credits (
    credit_id BIGINT GENERATED BY DEFAULT AS IDENTITY,
    title_id TEXT NOT NULL,
    person_id BIGINT NOT NULL,
    role TEXT NOT NULL,
    character TEXT,
    CONSTRAINT credits_pkey PRIMARY KEY (credit_id),
    CONSTRAINT credits_title_id_fkey FOREIGN KEY(title_id) REFERENCES catalog.titles (title_id) ON DELETE CASCADE,
    CONSTRAINT credits_person_id_fkey FOREIGN KEY(person_id) REFERENCES catalog.people (person_id) ON DELETE CASCADE,
    CONSTRAINT credits_title_id_key UNIQUE NULLS NOT DISTINCT (title_id, person_id, role, character),
    CONSTRAINT credits_title_id_check CHECK (title_id ~ '^(?:t[ms][0-9]+)$'),
    CONSTRAINT credits_person_id_check CHECK (person_id >= 0),
    CONSTRAINT credits_role_check CHECK (role ~ '^(?:actor|director)$')
);
CREATE INDEX credits_person_id_idx ON catalog.credits (person_id);
COMMENT ON TABLE catalog.credits IS 'One part of one person in one title.';
COMMENT ON COLUMN catalog.credits.credit_id IS 'Credit; hash of the other columns where it comes from the files.';
COMMENT ON COLUMN catalog.credits.title_id IS 'Title: `tm` and a number for a movie, `ts` for a show.';
COMMENT ON COLUMN catalog.credits.person_id IS 'Person.';
COMMENT ON COLUMN catalog.credits.role IS '`actor` or `director`.';
COMMENT ON COLUMN catalog.credits.character IS 'Character played.';
END IF; END $made$;

DO $made$ BEGIN IF to_regclass('catalog.genres') IS NULL THEN
CREATE TABLE catalog.genres (
    title_id TEXT NOT NULL,
    genre TEXT NOT NULL,
    position INTEGER NOT NULL,
    is_main_genre BOOLEAN DEFAULT false NOT NULL,
    CONSTRAINT genres_pkey PRIMARY KEY (title_id, genre),
    CONSTRAINT genres_title_id_fkey FOREIGN KEY(title_id) REFERENCES catalog.titles (title_id) ON DELETE CASCADE,
    CONSTRAINT genres_title_id_check CHECK (title_id ~ '^(?:t[ms][0-9]+)$'),
    CONSTRAINT genres_genre_check CHECK (genre ~ '^(?:action|animation|comedy|crime|documentation|drama|european|family|fantasy|history|horror|music|reality|romance|scifi|sport|thriller|war|western)$'),
    CONSTRAINT genres_position_check CHECK (position >= 1)
);
CREATE INDEX genres_genre_idx ON catalog.genres (genre);
COMMENT ON TABLE catalog.genres IS 'One genre of one title.';
COMMENT ON COLUMN catalog.genres.title_id IS 'Title: `tm` and a number for a movie, `ts` for a show.';
COMMENT ON COLUMN catalog.genres.genre IS 'Genre, in the titles'' words.';
COMMENT ON COLUMN catalog.genres.position IS 'Place in the file''s list, 1 is the first.';
COMMENT ON COLUMN catalog.genres.is_main_genre IS 'Whether a list of the best names it as the title''s main genre.';
END IF; END $made$;

DO $made$ BEGIN IF to_regclass('catalog.list_entries') IS NULL THEN
CREATE TABLE catalog.list_entries (
    list TEXT NOT NULL,
    rank INTEGER NOT NULL,
    title_id TEXT NOT NULL,
    score DOUBLE PRECISION NOT NULL,
    votes BIGINT,
    runtime_minutes INTEGER,
    seasons INTEGER,
    main_genre TEXT NOT NULL,
    main_country TEXT NOT NULL,
    CONSTRAINT list_entries_pkey PRIMARY KEY (list, title_id),
    CONSTRAINT list_entries_title_id_fkey FOREIGN KEY(title_id) REFERENCES catalog.titles (title_id) ON DELETE CASCADE,
    CONSTRAINT list_entries_list_check CHECK (list ~ '^(?:all_time|year)$'),
    CONSTRAINT list_entries_rank_check CHECK (rank >= 1),
    CONSTRAINT list_entries_title_id_check CHECK (title_id ~ '^(?:t[ms][0-9]+)$'),
    CONSTRAINT list_entries_score_check CHECK (score >= 0 AND score <= 10),
    CONSTRAINT list_entries_votes_check CHECK (votes >= 0),
    CONSTRAINT list_entries_runtime_minutes_check CHECK (runtime_minutes >= 0),
    CONSTRAINT list_entries_seasons_check CHECK (seasons >= 1),
    CONSTRAINT list_entries_main_genre_check CHECK (main_genre ~ '^(?:action|animation|comedy|crime|documentation|drama|european|family|fantasy|history|horror|music|reality|romance|scifi|sport|thriller|war|western)$'),
    CONSTRAINT list_entries_main_country_check CHECK (main_country ~ '^(?:[A-Z]{2})$')
);
CREATE INDEX list_entries_title_id_idx ON catalog.list_entries (title_id);
COMMENT ON TABLE catalog.list_entries IS 'One title''s place in one list of the best.';
COMMENT ON COLUMN catalog.list_entries.list IS '`all_time` or `year`; of movies or shows, as the title is one.';
COMMENT ON COLUMN catalog.list_entries.rank IS 'Place in the file, 1 is the first.';
COMMENT ON COLUMN catalog.list_entries.title_id IS 'Title: `tm` and a number for a movie, `ts` for a show.';
COMMENT ON COLUMN catalog.list_entries.score IS 'Score in the list. Unit: points of 10.';
COMMENT ON COLUMN catalog.list_entries.votes IS 'Votes in the list.';
COMMENT ON COLUMN catalog.list_entries.runtime_minutes IS 'Runtime in the list. Unit: minutes.';
COMMENT ON COLUMN catalog.list_entries.seasons IS 'Seasons in the list.';
COMMENT ON COLUMN catalog.list_entries.main_genre IS 'Main genre, in the titles'' words.';
COMMENT ON COLUMN catalog.list_entries.main_country IS 'ISO 3166-1 code of the main country.';
END IF; END $made$;

DO $made$ BEGIN IF to_regclass('catalog.production_countries') IS NULL THEN
CREATE TABLE catalog.production_countries (
    title_id TEXT NOT NULL,
    country TEXT NOT NULL,
    position INTEGER NOT NULL,
    is_main_country BOOLEAN DEFAULT false NOT NULL,
    CONSTRAINT production_countries_pkey PRIMARY KEY (title_id, country),
    CONSTRAINT production_countries_title_id_fkey FOREIGN KEY(title_id) REFERENCES catalog.titles (title_id) ON DELETE CASCADE,
    CONSTRAINT production_countries_title_id_check CHECK (title_id ~ '^(?:t[ms][0-9]+)$'),
    CONSTRAINT production_countries_country_check CHECK (country ~ '^(?:[A-Z]{2})$'),
    CONSTRAINT production_countries_position_check CHECK (position >= 1)
);
CREATE INDEX production_countries_country_idx ON catalog.production_countries (country);
COMMENT ON TABLE catalog.production_countries IS 'One country that produced one title.';
COMMENT ON COLUMN catalog.production_countries.title_id IS 'Title: `tm` and a number for a movie, `ts` for a show.';
COMMENT ON COLUMN catalog.production_countries.country IS 'ISO 3166-1 alpha-2 code.';
COMMENT ON COLUMN catalog.production_countries.position IS 'Place in the file''s list, 1 is the first.';
COMMENT ON COLUMN catalog.production_countries.is_main_country IS 'Whether a list of the best names it as the title''s main country.';
END IF; END $made$;

DO $made$ BEGIN IF to_regclass('simulation.sessions') IS NULL THEN
CREATE TABLE simulation.sessions (
    scenario TEXT NOT NULL,
    session_id BIGINT NOT NULL,
    user_id BIGINT NOT NULL,
    title_id TEXT NOT NULL,
    started_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    ended_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    rating SMALLINT,
    CONSTRAINT sessions_pkey PRIMARY KEY (scenario, session_id),
    CONSTRAINT sessions_title_id_fkey FOREIGN KEY(title_id) REFERENCES catalog.titles (title_id) ON DELETE RESTRICT,
    CONSTRAINT sessions_started_at_ended_at_check CHECK (started_at < ended_at),
    CONSTRAINT sessions_scenario_check CHECK (scenario ~ '^(?:[a-z0-9][a-z0-9_-]{0,49})$'),
    CONSTRAINT sessions_session_id_check CHECK (session_id >= 1),
    CONSTRAINT sessions_user_id_check CHECK (user_id >= 1),
    CONSTRAINT sessions_title_id_check CHECK (title_id ~ '^(?:t[ms][0-9]+)$'),
    CONSTRAINT sessions_rating_check CHECK (rating >= 1 AND rating <= 5)
)
 PARTITION BY LIST (scenario);
CREATE INDEX sessions_scenario_idx ON simulation.sessions (scenario, user_id, started_at);
CREATE INDEX sessions_title_id_idx ON simulation.sessions (title_id);
COMMENT ON TABLE simulation.sessions IS 'One viewing of one title by one fabricated user.';
COMMENT ON COLUMN simulation.sessions.scenario IS 'Scenario; several lie side by side.';
COMMENT ON COLUMN simulation.sessions.session_id IS 'Viewing, from 1 in each scenario.';
COMMENT ON COLUMN simulation.sessions.user_id IS 'Fabricated user, from 1 in each scenario.';
COMMENT ON COLUMN simulation.sessions.title_id IS 'Title seen.';
COMMENT ON COLUMN simulation.sessions.started_at IS 'When it began. Unit: time with time zone, to the second.';
COMMENT ON COLUMN simulation.sessions.ended_at IS 'When it ended. Unit: time with time zone, to the second.';
COMMENT ON COLUMN simulation.sessions.rating IS 'Rating given, null where none was. Unit: stars.';
CREATE TABLE simulation.sessions_other PARTITION OF simulation.sessions DEFAULT;
ALTER TABLE simulation.sessions_other ADD CONSTRAINT sessions_scenario_fkey FOREIGN KEY (scenario, user_id) REFERENCES simulation.users_other ON DELETE CASCADE;
END IF; END $made$;
