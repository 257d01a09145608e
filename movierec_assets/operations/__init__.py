"""What keeps the system running: upgrade, examine, back up and restore, prune, measure.

Belongs here: work across several parts (database, lake, Dagster's storage), which no part knows alone. Does not: how it
is asked for and shown (`cli`).
"""
