"""Tests of recommendations over HTTP, on what a real run published."""
