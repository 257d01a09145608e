"""A missing part skips a test, or fails it where the machine promised the part."""

from __future__ import annotations

import pytest

from movierec_assets_tests.requirements_of_tests import require


def test_a_found_part_lets_the_test_go_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MOVIEREC_TEST_REQUIRE", "java")
    require("java", True, "install it")


def test_a_missing_part_skips_with_a_line_that_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MOVIEREC_TEST_REQUIRE", "s3")
    with pytest.raises(pytest.skip.Exception, match="java is missing: install it"):
        require("java", False, "install it")


def test_a_missing_part_fails_where_it_is_required(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MOVIEREC_TEST_REQUIRE", "s3, java")
    with pytest.raises(pytest.fail.Exception, match=r"java is missing although .*: install it"):
        require("java", False, "install it")


def test_a_required_part_that_does_not_exist_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MOVIEREC_TEST_REQUIRE", "jawa")
    with pytest.raises(
        pytest.UsageError, match="jawa unknown; may name java, peers, s3, browser, docker, cluster"
    ):
        require("java", True, "install it")
