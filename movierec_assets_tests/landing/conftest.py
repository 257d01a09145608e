"""Fixtures of the landing tests."""

from movierec_assets_tests.landing.zones import zone

__all__ = ["zone"]
