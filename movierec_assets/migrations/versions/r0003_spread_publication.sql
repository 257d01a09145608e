CREATE TABLE publication.loads (
    snapshot_id bigint PRIMARY KEY,
    dataset text NOT NULL,
    storage text NOT NULL,
    begun_at timestamptz NOT NULL DEFAULT clock_timestamp()
);
CREATE TABLE publication.load_parts (
    snapshot_id bigint REFERENCES publication.loads ON DELETE CASCADE,
    part integer,
    rows bigint NOT NULL DEFAULT 0,
    PRIMARY KEY (snapshot_id, part)
);
COMMENT ON TABLE publication.loads IS 'Snapshots that executors are loading, and what a killed publisher left.';
COMMENT ON TABLE publication.load_parts IS 'Parts of them that are loaded.';
