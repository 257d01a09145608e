"""The asset graph, one module per layer; each body is a few lines that call `domain`."""
