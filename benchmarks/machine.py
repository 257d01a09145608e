"""Where results are kept, and on what they were measured."""

from __future__ import annotations

import os
import platform
from pathlib import Path

import psutil

RESULTS = Path(__file__).parent / "results"


def machine() -> dict[str, object]:
    """What runs it, and how busy that is."""
    return {
        "processor": platform.machine(),
        "cores": len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count(),
        "memory_bytes": psutil.virtual_memory().total,
        "system": platform.system(),
        "python": platform.python_version(),
        "load_average": os.getloadavg(),
    }
