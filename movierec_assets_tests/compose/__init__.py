"""The whole of docker-compose.yml, built and started from a clone: `make compose-test`."""
