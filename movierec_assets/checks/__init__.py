"""Asset checks. Most are generated from the registry and run before a table is written, so bad data never lands."""
