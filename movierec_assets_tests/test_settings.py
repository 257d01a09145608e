"""Settings: what is wrong is named with its variable, what was given and what is allowed; secrets never print."""

from __future__ import annotations

from pathlib import Path

import pytest

from movierec_assets.schema import ROLES
from movierec_assets.settings import CHECKOUT, PasswordSettings, Settings, SettingsError, load_settings


@pytest.fixture(autouse=True)
def no_file(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(Settings.model_config, "env_file", None)


@pytest.mark.parametrize(
    ("variable", "given", "allowed"),
    [
        ("MOVIEREC_ENGINE", "spark", "`embedded`, `local[N]`, `local[*]` or `sc://host:port`"),
        ("MOVIEREC_TOP_N", "0", "greater than or equal to 1"),
        ("MOVIEREC_TOP_N", "many", "integer"),
        ("MOVIEREC_PROFILE", "laptop", "'embedded', 'compose' or 'production'"),
        ("MOVIEREC_LAKE_URI", "gs://bucket", "a folder or `s3://bucket/prefix`"),
        ("MOVIEREC_ALS__RANK", "-3", "greater than or equal to 1"),
        ("MOVIEREC_ALS__COLD_START_STRATEGY", "guess", "'drop' or 'nan'"),
    ],
)
def test_a_wrong_value_is_told_with_its_variable_what_was_given_and_what_is_allowed(
    monkeypatch: pytest.MonkeyPatch, variable: str, given: str, allowed: str
) -> None:
    monkeypatch.setenv(variable, given)
    with pytest.raises(SettingsError) as error:
        load_settings()
    assert str(error.value).startswith(f"{variable}: ")
    assert repr(given) in str(error.value)
    assert allowed in str(error.value)


@pytest.mark.parametrize(
    ("misspelt", "meant"),
    [("MOVIEREC_ENGIN", "MOVIEREC_ENGINE"), ("MOVIEREC_LANDING_URL", "MOVIEREC_LANDING_URI")],
)
def test_a_misspelt_variable_is_refused_with_the_one_that_was_meant(
    monkeypatch: pytest.MonkeyPatch, misspelt: str, meant: str
) -> None:
    monkeypatch.setenv(misspelt, "embedded")
    with pytest.raises(SettingsError, match=f"{misspelt} is not a setting; did you mean {meant}"):
        load_settings()


def test_a_misspelt_line_of_the_file_is_refused_too(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("MOVIEREC_TOPN=5\n")
    monkeypatch.setitem(Settings.model_config, "env_file", tmp_path / ".env")
    with pytest.raises(SettingsError, match="did you mean MOVIEREC_TOP_N"):
        load_settings()


def test_the_file_is_the_checkouts_wherever_the_command_is_called(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.undo()
    assert Settings.model_config["env_file"] == CHECKOUT / ".env"


def test_a_password_is_never_printed(monkeypatch: pytest.MonkeyPatch) -> None:
    good = load_settings(database_url="postgresql://me:hunter2@db/movierec")
    assert "hunter2" not in f"{good!r} {good}"
    monkeypatch.setenv("MOVIEREC_DATABASE_URL", "mysql://me:hunter2@db/movierec")
    with pytest.raises(SettingsError) as error:
        load_settings()
    assert "hunter2" not in str(error.value)
    assert "postgresql://user:password@host:port/database" in str(error.value)


@pytest.mark.parametrize(
    ("password", "reason"),
    [
        ("short", "must have 12 characters or more, has 5"),
        ("analyst_reader", "is easy to guess"),
        ("Data-Scientist", "is easy to guess"),
        ("postgres12345", "is easy to guess"),
        ("Change-me-12!", "is easy to guess"),
        ("123456789012", "is easy to guess"),
        ("abababababababab", "is easy to guess"),
    ],
)
def test_a_password_that_is_easy_to_guess_is_refused_and_not_repeated(
    monkeypatch: pytest.MonkeyPatch, password: str, reason: str
) -> None:
    monkeypatch.setenv("MOVIEREC_PASSWORDS__ANALYST_READER", password)
    with pytest.raises(SettingsError, match=f"MOVIEREC_PASSWORDS__ANALYST_READER: {reason}") as error:
        load_settings()
    assert password not in str(error.value)


def test_the_password_of_a_role_that_does_not_exist_is_refused_and_not_repeated(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("MOVIEREC_PASSWORDS__ANALYST", "correct-horse-battery")
    with pytest.raises(SettingsError, match="MOVIEREC_PASSWORDS__ANALYST") as error:
        load_settings()
    assert "horse" not in str(error.value)


def test_there_is_a_password_for_every_role() -> None:
    assert set(PasswordSettings.model_fields) == set(ROLES)


def test_a_port_without_a_password_is_refused_with_what_to_set(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MOVIEREC_POSTGRES_PORT", "5544")
    with pytest.raises(SettingsError, match="set one of MOVIEREC_PASSWORDS__ANALYST_READER, "):
        load_settings()
    monkeypatch.setenv("MOVIEREC_PASSWORDS__ANALYST_READER", "correct-horse-battery")
    chosen = load_settings()
    assert (chosen.postgres_port, chosen.passwords.given()) == (
        5544,
        {"analyst_reader": "correct-horse-battery"},
    )
    assert "horse" not in f"{chosen!r} {chosen}"


@pytest.mark.parametrize("port", ["0", "65536", "many"])
def test_a_port_that_is_none_is_refused(monkeypatch: pytest.MonkeyPatch, port: str) -> None:
    monkeypatch.setenv("MOVIEREC_POSTGRES_PORT", port)
    with pytest.raises(SettingsError, match=f"MOVIEREC_POSTGRES_PORT: .*{port}"):
        load_settings()


def test_a_port_is_for_the_embedded_database_only() -> None:
    with pytest.raises(SettingsError, match="unset MOVIEREC_DATABASE_URL"):
        load_settings(
            postgres_port=5544,
            passwords={"movierec_api": "correct-horse-battery"},
            database_url="postgresql://me@db/movierec",
        )


def test_production_has_no_defaults_and_names_every_part_that_is_missing() -> None:
    with pytest.raises(SettingsError, match="set MOVIEREC_LANDING_URI, MOVIEREC_DATABASE_URL"):
        load_settings(profile="production", lake_uri="s3://lake")


def test_the_profile_gives_defaults_and_a_variable_wins_over_them(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MOVIEREC_LAKE_URI", "s3://mine/lake/")
    chosen = load_settings(profile="compose")
    assert (chosen.landing_uri, chosen.lake_uri) == ("s3://landing", "s3://mine/lake")
    assert not chosen.embedded_database


def test_everything_lies_below_the_home_unless_it_is_moved(tmp_path: Path) -> None:
    chosen = load_settings(home=tmp_path)
    assert (chosen.landing_uri, chosen.lake_uri) == (f"{tmp_path}/landing", f"{tmp_path}/lake")
    assert chosen.embedded_database
