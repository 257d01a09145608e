"""The web API: HTTP over PostgreSQL, for applications, scientists and scripts, and the explorer page.

Belongs here: routes and what they say of themselves, validation, problems, SQL of its own modules. Does not: the lake,
Dagster, rights, which PostgreSQL's grants decide for the role that a key works as.
"""
