"""Tests, one folder per package of `movierec_assets`."""
