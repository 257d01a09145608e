"""What the faults came to: a table by kind, printed and, where a folder is named, kept as JSON and Markdown."""

from __future__ import annotations

import json
import statistics
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from movierec_assets_tests.faults import plan


@dataclass
class Fault:
    """One kill.

    Attributes:
        kind: What was killed.
        at: When (monotonic s).
        back: Seconds until that part answered again; None for a run, which nobody starts again.
        recovered: Seconds until everything held what a clean run gives; None until then.
    """

    kind: str
    at: float
    back: float | None = None
    recovered: float | None = None


@dataclass
class Report:
    """Everything that was done and seen."""

    faults: list[Fault] = field(default_factory=list)
    violations: list[str] = field(default_factory=list)
    seen: Counter[str] = field(default_factory=Counter)
    messages: Counter[str] = field(default_factory=Counter)
    seconds: float = 0.0

    def as_json(self) -> dict[str, Any]:
        """All of it."""
        return {
            "seed": plan.SEED,
            "faults": len(self.faults),
            "seconds": round(self.seconds, 1),
            "violations": self.violations,
            "by_kind": [self._kind(kind) for kind in sorted({f.kind for f in self.faults})],
            "seen": dict(sorted(self.seen.items())),
            "messages_of_failed_runs": dict(self.messages.most_common()),
        }

    def _kind(self, kind: str) -> dict[str, Any]:
        of_kind = [f for f in self.faults if f.kind == kind]
        row: dict[str, Any] = {"kind": kind, "faults": len(of_kind)}
        for name in ("back", "recovered"):
            times = [t for f in of_kind if (t := getattr(f, name)) is not None]
            row[f"{name}_median_s"] = round(statistics.median(times), 2) if times else None
            row[f"{name}_max_s"] = round(max(times), 2) if times else None
        return row

    def as_markdown(self) -> str:
        """The table and what readers saw."""
        found = self.as_json()
        lines = [
            f"# {found['faults']} kills in {found['seconds']:.0f} s, {len(self.violations)} violations",
            "",
            f"`MOVIEREC_TEST_SEED={found['seed']}`. Seconds from the kill until that part answered again (back), and"
            " until lake, quarantine, published tables and ledger held what a clean run gives (recovered).",
            "",
            "| killed | faults | back, median | back, max | recovered, median | recovered, max |",
            "| --- | ---: | ---: | ---: | ---: | ---: |",
        ]
        for row in found["by_kind"]:
            cells = ["" if value is None else str(value) for value in row.values()]
            lines.append(f"| {' | '.join(cells)} |")
        lines += ["", "| seen | times |", "| --- | ---: |"]
        lines += [f"| {what} | {times:,} |" for what, times in found["seen"].items()]
        lines += ["", *(f"- violation: {violation}" for violation in self.violations[:50])]
        return "\n".join(lines).rstrip() + "\n"

    def keep(self) -> None:
        """Print it, and write it where `MOVIEREC_TEST_FAULT_RESULTS` says."""
        print(self.as_markdown())  # noqa: T201
        if plan.RESULTS and self.faults:
            name = f"{datetime.now(UTC):%Y%m%dT%H%M%SZ}-faults-{len(self.faults)}"
            folder = Path(plan.RESULTS)
            (folder / f"{name}.json").write_text(json.dumps(self.as_json(), indent=1) + "\n")
            (folder / f"{name}.md").write_text(self.as_markdown())
