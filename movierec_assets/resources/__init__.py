"""Connections to what lies outside: the engine, the database, the landing zone."""
