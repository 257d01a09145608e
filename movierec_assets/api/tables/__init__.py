"""Whole tables in and out, and free SQL, as Arrow, Parquet, CSV or JSON, streamed.

Belongs here: formats, and the way of rows between them and PostgreSQL in bounded memory. Does not: single rows and
pages, which `api.resources` has.
"""
