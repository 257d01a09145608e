"""`movierec key`: made, listed without themselves, revoked."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from movierec_assets_tests.homes import Home


def test_a_key_is_printed_once_and_listed_without_itself(empty_home: Home) -> None:
    made = empty_home.movierec("key", "create", "app", "--days", "30")
    assert made.code == 0
    assert re.fullmatch(r"movierec_[\w-]{43}\n", made.out)
    assert "shown this once" in made.err
    listed = empty_home.movierec("key", "list", "--csv")
    head, row = listed.out.splitlines()
    assert head == "name,role,created,expires,state"
    assert row.startswith("app,movierec_api,")
    assert row.endswith(",valid")
    assert made.out.strip() not in listed.out + listed.err


def test_a_revoked_key_is_listed_as_such_and_one_of_zero_days_never_expires(empty_home: Home) -> None:
    for name in ("app", "ever"):
        assert empty_home.movierec("key", "create", name, "--days", "0", "--role", "analyst_reader").code == 0
    assert empty_home.movierec("key", "revoke", "app").code == 0
    _, app, ever = empty_home.movierec("key", "list", "--csv").out.splitlines()
    assert app.endswith(",,revoked")
    assert ever.startswith("ever,analyst_reader,")
    assert ever.endswith(",,valid")


def test_a_wrong_name_or_role_is_told_and_nothing_is_made(empty_home: Home) -> None:
    for arguments, message in (
        (("create", "Some One"), "name 'Some One': must be 1 to 50 of"),
        (("create", "app", "--role", "owner"), "role 'owner': a key may have one of analyst_reader"),
        (("revoke", "app"), "there is no key app that is not revoked; there are none"),
    ):
        done = empty_home.movierec("key", *arguments)
        assert (done.code, done.out) == (1, "")
        assert message in done.err
    assert empty_home.movierec("key", "list", "--csv").out.splitlines() == ["name,role,created,expires,state"]
