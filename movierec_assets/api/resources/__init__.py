"""The tables of the registry as resources: get, search, write one or many, whole tables in and out, free SQL.

Belongs here: what follows from a table's columns alone, the same for every table. Does not: what a table means, such as
whose recommendations are shown to whom.
"""
