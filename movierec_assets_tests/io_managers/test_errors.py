"""What the lake does about a store that fails: how often it tries again."""

from __future__ import annotations

import pytest

from movierec_assets.io_managers import errors
from movierec_assets.io_managers.errors import LakePassingError, LakeRefusedError, patient
from movierec_assets.landing.s3_faults import ATTEMPTS


@pytest.fixture(autouse=True)
def _no_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(errors.time, "sleep", lambda _: None)


def test_work_within_work_is_tried_as_often_as_the_whole_and_no_more() -> None:
    calls: list[str] = []

    @patient
    def inner() -> None:
        calls.append("inner")
        raise LakePassingError("busy")

    @patient
    def outer() -> None:
        calls.append("outer")
        inner()

    for _ in range(2):
        calls.clear()
        with pytest.raises(LakePassingError):
            outer()
        assert calls == ["outer", "inner"] * ATTEMPTS


def test_what_passes_is_tried_until_it_has_passed_and_what_is_refused_is_not() -> None:
    left = [LakePassingError("busy"), LakePassingError("busy")]

    @patient
    def passing() -> str:
        if left:
            raise left.pop()
        return "done"

    refused: list[int] = []

    @patient
    def refusing() -> None:
        refused.append(1)
        raise LakeRefusedError("expired")

    assert passing() == "done"
    with pytest.raises(LakeRefusedError):
        refusing()
    assert len(refused) == 1
