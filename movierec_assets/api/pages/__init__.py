"""The explorer: pages that a person looks at recommendations with, made on the server.

Belongs here: routes that answer with HTML, their templates and stylesheet, the statements that only they need. Does
not: what to recommend, which the pages ask the same functions for as the routes under `/v1`.
"""
