"""Pure functions: no Dagster, no input or output. They know the registry and nothing else of the project."""
