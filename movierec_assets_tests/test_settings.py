"""Settings: what is wrong is named with its variable, what was given and what is allowed; secrets never print."""

from __future__ import annotations

from pathlib import Path

import pytest

from movierec_assets.schema import ROLES
from movierec_assets.settings import CHECKOUT, Settings, SettingsError, load_settings
from movierec_assets.settings_passwords import PasswordSettings


@pytest.fixture(autouse=True)
def no_file(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(Settings.model_config, "env_file", None)


@pytest.mark.parametrize(
    ("variable", "given", "allowed"),
    [
        ("MOVIEREC_ENGINE", "spark", "`embedded`, `local[N]`, `local[*]` or `sc://host:port`"),
        ("MOVIEREC_ENGINE", "local[0]", "`local[N]`"),
        ("MOVIEREC_TOP_N", "0", "a whole number from 1 to 1000"),
        ("MOVIEREC_TOP_N", "many", "a whole number from 1 to 1000"),
        ("MOVIEREC_PROFILE", "laptop", "'embedded', 'compose' or 'production'"),
        ("MOVIEREC_LAKE_URI", "gs://bucket", "a folder or `s3://bucket/prefix`"),
        ("MOVIEREC_ALS__RANK", "-3", "a whole number from 1 to 512"),
        ("MOVIEREC_ALS__SEED", "2147483648", "a whole number from 0 to 2147483647"),
        ("MOVIEREC_ALS__REG_PARAM", "inf", "a number, 0 or more"),
        ("MOVIEREC_ALS__REG_PARAM", "nan", "a number, 0 or more"),
        ("MOVIEREC_ALS__NONNEGATIVE", "maybe", "`true` or `false`"),
        ("MOVIEREC_RANKING__ALPHA", "0", "a number above 0"),
        ("MOVIEREC_RANKING", "foo", 'a JSON object such as `{"rank": 20}`, or left out and its parts set'),
        ("MOVIEREC_SIMULATION", "foo", 'a JSON object such as `{"users": 20000'),
        ("MOVIEREC_ALS", "foo", 'a JSON object such as `{"rank": 20}`, or left out and its parts set'),
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
    [
        ("MOVIEREC_ENGIN", "MOVIEREC_ENGINE"),
        ("MOVIEREC_LANDING_URL", "MOVIEREC_LANDING_URI"),
        ("MOVIEREC_ALS__RANKS", "MOVIEREC_ALS__RANK"),
        ("MOVIEREC_TOP_N__X", "MOVIEREC_TOP_N"),
    ],
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


def test_a_token_in_the_engines_address_is_never_printed(monkeypatch: pytest.MonkeyPatch) -> None:
    address = "sc://spark.example.org:15002/;use_ssl=true;token=hunter2"
    good = load_settings(engine=address)
    assert good.engine == address
    assert "hunter2" not in f"{good!r} {good}"
    for wrong in (address.replace("sc://", "http://"), "sc://me:hunter2@spark.example.org:15002"):
        monkeypatch.setenv("MOVIEREC_ENGINE", wrong)
        with pytest.raises(SettingsError, match=r"MOVIEREC_ENGINE: must be .*`sc://host:port`") as error:
            load_settings()
        assert "hunter2" not in str(error.value)
        assert "spark.example.org:15002" in str(error.value)


@pytest.mark.parametrize("variable", ["MOVIEREC_LANDING_URI", "MOVIEREC_LAKE_URI"])
@pytest.mark.parametrize(
    "uri", ["s3://AKIA:hunter2@bucket/lake", "s3://AKIA:hun/ter2@hunter2@bucket", "gs://k:hunter2@b"]
)
def test_credentials_in_a_uri_are_refused_and_not_repeated(
    monkeypatch: pytest.MonkeyPatch, variable: str, uri: str
) -> None:
    monkeypatch.setenv(variable, uri)
    with pytest.raises(SettingsError, match="without credentials: they are AWS_ACCESS_KEY_ID") as error:
        load_settings()
    assert str(error.value).startswith(f"{variable}: ")
    assert not any(secret in str(error.value) for secret in ("hun", "ter2", "AKIA"))


def test_an_unknown_parameter_in_json_is_told_with_those_there_are(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MOVIEREC_ALS", '{"ranks": 5}')
    with pytest.raises(
        SettingsError, match=r"MOVIEREC_ALS__RANKS is not a setting; there are MOVIEREC_ALS__RANK,"
    ):
        load_settings()
    monkeypatch.setenv("MOVIEREC_ALS", "5")
    with pytest.raises(SettingsError, match=r"MOVIEREC_ALS: must be a JSON object .* was given 5"):
        load_settings()


def test_an_unknown_parameter_of_the_simulation_is_refused_with_those_there_are(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("MOVIEREC_SIMULATION", '{"usrs": 5}')
    with pytest.raises(SettingsError, match=r"MOVIEREC_SIMULATION: .*usrs.*known are .*'users'"):
        load_settings()
    monkeypatch.setenv("MOVIEREC_SIMULATION", '{"users": "many"}')
    with pytest.raises(SettingsError, match=r"MOVIEREC_SIMULATION: users must be .*, not 'many'"):
        load_settings()


PARTS = ("MOVIEREC_LANDING_URI", "MOVIEREC_LAKE_URI", "MOVIEREC_DATABASE_URL")


def test_a_variable_without_a_value_counts_as_not_set(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("MOVIEREC_HOME", "MOVIEREC_ENGINE", "MOVIEREC_TOP_N", "MOVIEREC_ALS__RANK", *PARTS):
        monkeypatch.setenv(name, "")
    assert load_settings() == Settings(_env_file=None)  # type: ignore[call-arg]
    assert load_settings().home == CHECKOUT / ".movierec"
    monkeypatch.setenv("MOVIEREC_PROFILE", "compose")
    assert load_settings().lake_uri == "s3://lake"
    monkeypatch.setenv("MOVIEREC_PROFILE", "production")
    for given in ({}, {"landing_uri": "", "lake_uri": "", "database_url": ""}):
        with pytest.raises(SettingsError, match=f"set {', '.join(PARTS)}"):
            load_settings(**given)


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


@pytest.mark.parametrize(
    "given", ["correct-horse-battery", '["correct-horse-battery"]', '{"analyst_reader": ']
)
def test_passwords_that_are_no_object_are_not_repeated(monkeypatch: pytest.MonkeyPatch, given: str) -> None:
    monkeypatch.setenv("MOVIEREC_PASSWORDS", given)
    with pytest.raises(SettingsError, match=r"MOVIEREC_PASSWORDS: .*__ANALYST_READER") as error:
        load_settings()
    assert given not in str(error.value)
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


def test_a_secret_may_lie_in_a_file_beside_others_in_the_environment(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "url").write_text("postgresql://movierec:from%20a%20file@db/movierec\n")
    (tmp_path / "password").write_text("  Correct-Horse-1 \n")
    monkeypatch.setenv("MOVIEREC_DATABASE_URL_FILE", str(tmp_path / "url"))
    monkeypatch.setenv("MOVIEREC_PASSWORDS__MOVIEREC_API_FILE", str(tmp_path / "password"))
    monkeypatch.setenv("MOVIEREC_PASSWORDS__MOVIEREC_LOGIN", "Battery-Staple-2")
    found = load_settings()
    assert found.database_url.get_secret_value() == "postgresql://movierec:from%20a%20file@db/movierec"
    assert found.passwords.given() == {
        "movierec_api": "Correct-Horse-1",
        "movierec_login": "Battery-Staple-2",
    }
    assert "from%20a%20file" not in repr(found)
    assert "Correct-Horse-1" not in repr(found)


def test_a_secrets_file_that_cannot_be_read_or_is_one_too_many_is_named_without_the_secret(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("MOVIEREC_DATABASE_URL_FILE", str(tmp_path / "none"))
    with pytest.raises(SettingsError, match=r"^MOVIEREC_DATABASE_URL_FILE: must be a file that can be read"):
        load_settings()
    (tmp_path / "none").write_text("postgresql://a:secret-in-a-file@b/c")
    monkeypatch.setenv("MOVIEREC_DATABASE_URL", "postgresql://d")
    with pytest.raises(SettingsError) as error:
        load_settings()
    assert str(error.value) == "MOVIEREC_DATABASE_URL and MOVIEREC_DATABASE_URL_FILE are both set: unset one"


def test_a_wrong_value_in_a_file_is_told_like_one_in_the_environment(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "password").write_text("short")
    monkeypatch.setenv("MOVIEREC_PASSWORDS__MOVIEREC_API_FILE", str(tmp_path / "password"))
    with pytest.raises(SettingsError) as error:
        load_settings()
    assert str(error.value) == "MOVIEREC_PASSWORDS__MOVIEREC_API: must have 12 characters or more, has 5"


def test_only_secrets_lie_in_files(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("MOVIEREC_TOP_N_FILE", str(tmp_path))
    with pytest.raises(SettingsError, match="MOVIEREC_TOP_N_FILE is not a setting; did you mean"):
        load_settings()
