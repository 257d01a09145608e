"""Homes for tests of the whole: the command run on them in this process, and finished ones to copy."""

from __future__ import annotations

import contextlib
import io
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from movierec_assets.resources.embedded_postgres import start_embedded, stop_embedded
from movierec_assets.settings import Settings, load_settings
from movierec_assets_tests.catalogue_files import TINY_CATALOGUE
from movierec_assets_tests.movielens_files import TINY

if TYPE_CHECKING:
    import psycopg

MOVIELENS_ASSETS = 23
"""Assets that a run over MovieLens alone makes."""
CATALOGUE_ASSETS = 26
"""Assets that a run over the catalogue alone makes; with MovieLens there, the bridge between them comes on top."""
AFTER_MODELS = {
    "model_evaluation",
    "evaluation_history",
    "recommendations",
    "similar_movies",
    "movie_factors",
}
AFTER_RATINGS = AFTER_MODELS | {
    "joined_features",
    "movie_stats",
    "popular_movies",
    "rating_histories",
    "als_model",
    "ranking_model",
}
"""What follows from changed ratings, and of it what follows from a changed ranking model."""
NOT_LANDED = "its dataset has not landed"


FEW_USERS = {"users": 20, "sessions_per_user": 5.0}
"""Parameters of the simulation's default scenario in every home."""


@dataclass(frozen=True)
class Done:
    """What a command left behind."""

    code: int
    out: str
    err: str


@dataclass(frozen=True)
class Home:
    """One `MOVIEREC_HOME`."""

    path: Path

    @property
    def landing(self) -> Path:
        """Folder of the MovieLens files."""
        return self.path / "landing" / "movielens"

    @property
    def catalogue(self) -> Path:
        """Folder of the catalogue's files."""
        return self.path / "landing" / "netflix"

    @property
    def variables(self) -> dict[str, str]:
        """What sets it."""
        return {"MOVIEREC_HOME": str(self.path), "MOVIEREC_SIMULATION": json.dumps(FEW_USERS)}

    def settings(self, **overrides: Any) -> Settings:
        """Its settings."""
        return load_settings(**{"home": self.path, "simulation": FEW_USERS, **overrides})

    def movierec(self, *arguments: str, **variables: str) -> Done:
        """Run the command here, in this process, with these further environment variables."""
        from movierec_assets.cli import main

        out, err = io.StringIO(), io.StringIO()
        with pytest.MonkeyPatch.context() as patch:
            for name in [n for n in os.environ if n.startswith("MOVIEREC_")]:
                patch.delenv(name)
            for name, value in {**self.variables, "COLUMNS": "300", **variables}.items():
                patch.setenv(name, value)
            patch.setitem(Settings.model_config, "env_file", None)
            patch.setattr(sys, "argv", ["movierec", *arguments])
            with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
                try:
                    main()
                    code = 0
                except SystemExit as end:
                    code = int(end.code or 0)
        return Done(code, out.getvalue(), err.getvalue())

    def start(self, *arguments: str, quiet: bool = False, **variables: str) -> subprocess.Popen[bytes]:
        """Start the command in a process of its own; `quiet` where nobody reads what it says."""
        program = "from movierec_assets.cli import script; script()"
        kept = {k: v for k, v in os.environ.items() if not k.startswith("MOVIEREC_")}
        return subprocess.Popen(
            [sys.executable, "-c", program, *arguments],
            env={**kept, **self.variables, **variables},
            stdout=subprocess.DEVNULL if quiet else subprocess.PIPE,
            stderr=subprocess.DEVNULL if quiet else subprocess.PIPE,
            cwd=self.path,
            start_new_session=True,
        )

    def run(self, *arguments: str, ok: bool = True, **variables: str) -> dict[str, dict[str, Any]]:
        """`movierec run --json`: what became of each asset, by name, but for those whose dataset has not landed."""
        done = self.movierec("run", "--json", *arguments, **variables)
        report = json.loads(done.out)
        assert (done.code == 0, report["ok"]) == (ok, ok), done
        return {asset["asset"]: asset for asset in report["assets"] if asset["cause"] != NOT_LANDED}

    def made(self, *arguments: str, **variables: str) -> set[str]:
        """`movierec run`: the names of what was materialised; nothing may fail."""
        outcomes = self.run(*arguments, **variables)
        return {name for name, asset in outcomes.items() if asset["status"] == "materialised"}

    def write(self, name: str, text: str) -> None:
        """Put a MovieLens file there as an upload does: whole, under a new inode."""
        _upload(self.landing / name, text.encode())

    def write_catalogue(self, name: str, content: str | bytes) -> None:
        """Put a file of the catalogue there, in the same way."""
        _upload(self.catalogue / name, content.encode() if isinstance(content, str) else content)

    def connect(self) -> psycopg.Connection:
        """A connection to its database."""
        import psycopg

        return psycopg.connect(start_embedded(self.path).uri(), autocommit=True)

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        """Rows of a query on its database."""
        with self.connect() as connection:
            return connection.execute(query.encode()).fetchall()

    def copy(self, to: Path) -> Home:
        """The same home elsewhere; its server must be stopped."""
        # cp keeps owners, which PostgreSQL's data directory needs where tests run as root.
        subprocess.run(["cp", "-a", str(self.path), str(to)], check=True)
        return Home(to)


def _upload(target: Path, content: bytes) -> None:
    part = target.with_name(f".{target.name}.part")
    part.write_bytes(content)
    part.replace(target)


def home_with(path: Path, files: dict[str, str]) -> Home:
    """A home in which these MovieLens files have landed, with MovieLens's own line ends."""
    home = Home(path)
    home.landing.mkdir(parents=True)
    for name, text in files.items():
        home.write(name, text.replace("\n", "\r\n"))
    return home


@contextlib.contextmanager
def _folder() -> Iterator[Path]:
    # Not pytest's own: each start of pytest closes that to the account that the embedded server runs as.
    folder = Path(tempfile.mkdtemp(prefix="movierec-test-"))
    try:
        yield folder
        stop_embedded(folder / "home")
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def _finished_tiny() -> Iterator[Home]:
    with _folder() as folder:
        home = home_with(folder / "home", TINY)
        assert len(home.made()) == MOVIELENS_ASSETS
        stop_embedded(home.path)
        yield home


@pytest.fixture
def tiny_home(_finished_tiny: Home) -> Iterator[Home]:
    """A home in which a run over `TINY` has succeeded."""
    with _folder() as folder:
        yield _finished_tiny.copy(folder / "home")


@pytest.fixture(scope="session")
def _finished_catalogue() -> Iterator[Home]:
    with _folder() as folder:
        home = Home(folder / "home")
        home.catalogue.mkdir(parents=True)
        for name, text in TINY_CATALOGUE.items():
            home.write_catalogue(name, text)
        assert len(home.made()) == CATALOGUE_ASSETS
        stop_embedded(home.path)
        yield home


@pytest.fixture
def catalogue_home(_finished_catalogue: Home) -> Iterator[Home]:
    """A home in which a run over `TINY_CATALOGUE` has succeeded, and nothing else has landed."""
    with _folder() as folder:
        yield _finished_catalogue.copy(folder / "home")


@pytest.fixture(scope="session")
def _finished_both(_finished_tiny: Home) -> Iterator[Home]:
    with _folder() as folder:
        home = _finished_tiny.copy(folder / "home")
        home.catalogue.mkdir()
        for name, text in TINY_CATALOGUE.items():
            home.write_catalogue(name, text)
        assert len(home.made()) == CATALOGUE_ASSETS + 1
        stop_embedded(home.path)
        yield home


@pytest.fixture
def both_home(_finished_both: Home) -> Iterator[Home]:
    """A home in which a run over `TINY` has succeeded, and then one over `TINY_CATALOGUE` too."""
    with _folder() as folder:
        yield _finished_both.copy(folder / "home")


@pytest.fixture
def landed_home() -> Iterator[Home]:
    """A home in which `TINY` has landed and nothing has run."""
    with _folder() as folder:
        yield home_with(folder / "home", TINY)


@pytest.fixture(scope="session")
def _ready_tiny() -> Iterator[Home]:
    with _folder() as folder:
        home = home_with(folder / "home", TINY)
        assert home.movierec("run", "--dry-run").code == 0
        stop_embedded(home.path)
        yield home


@pytest.fixture
def ready_home(_ready_tiny: Home) -> Iterator[Home]:
    """A home in which `TINY` has landed, every storage is made, and nothing has run."""
    with _folder() as folder:
        yield _ready_tiny.copy(folder / "home")


@pytest.fixture
def empty_home() -> Iterator[Home]:
    """A home in which nothing is."""
    with _folder() as folder:
        (folder / "home").mkdir()
        yield Home(folder / "home")


@pytest.fixture(scope="module")
def module_home() -> Iterator[Home]:
    """A home in which nothing is; a module's tests go on from each other's state."""
    with _folder() as folder:
        (folder / "home").mkdir()
        yield Home(folder / "home")


@pytest.fixture(scope="module")
def real_home(shared_movielens: Path) -> Iterator[Home]:
    """A home in which ml-latest-small has landed; a module's tests go on from each other's state."""
    with _folder() as folder:
        home = Home(folder / "home")
        home.landing.mkdir(parents=True)
        for name in TINY:
            shutil.copyfile(shared_movielens / name, home.landing / name)
        yield home


@pytest.fixture(scope="module")
def real_catalogue_home(shared_catalogue: Path) -> Iterator[Home]:
    """A home in which a run over the real catalogue has succeeded; a module's tests go on from each other's state."""
    with _folder() as folder:
        home = Home(folder / "home")
        home.catalogue.mkdir(parents=True)
        for name in TINY_CATALOGUE:
            shutil.copyfile(shared_catalogue / name, home.catalogue / name)
        home.made()
        yield home
