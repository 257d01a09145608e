"""How assets are stored and loaded: the lake, the published tables, the model factors."""
