"""Tests of the web API on a real PostgreSQL."""
