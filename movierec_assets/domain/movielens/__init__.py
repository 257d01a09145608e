"""MovieLens: cleaning, joining and statistics, as pure functions on DataFrames of any engine."""
