"""Where results are kept, and on what they were measured."""

from __future__ import annotations

import os
import platform
from pathlib import Path

import psutil

from movierec_assets.domain.recommender.threads import cores

RESULTS = Path(__file__).parent / "results"


def machine() -> dict[str, object]:
    """What runs it, and how busy that is."""
    return {
        "processor": platform.machine(),
        "cores": cores(),
        "memory_bytes": psutil.virtual_memory().total,
        "system": platform.system(),
        "python": platform.python_version(),
        "load_average": os.getloadavg(),
    }
