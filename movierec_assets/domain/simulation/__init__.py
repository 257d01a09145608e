"""Fabricated users and viewing sessions, and how near they are to what was asked. Pure NumPy and Arrow.

`parameters` says what to ask for, `users.simulate_users` and `sessions.SessionPlan` stream record batches,
`tally` counts them, `fidelity` and `curves` compare. No Dagster, no files, no database.

The same parameters and titles give the same bytes, in whatever order or process the blocks are drawn. That holds
for one version of NumPy on one kind of processor: NumPy may mend a distribution in a new version, and the last
digit of a logarithm differs between mathematical libraries.
"""
