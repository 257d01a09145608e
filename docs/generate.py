"""Makes the documents' picture and tables from the definitions: `make docs`. A test fails when they are not up to date.

A table stands in README.md or docs/database.md between `<!-- begin NAME -->` and `<!-- end NAME -->`; the picture is
`docs/graph.svg`.
"""

from __future__ import annotations

import os
import re
from pathlib import Path

from docs import erd
from docs.picture import Box, draw
from docs.tables import asset_table, command_table, roles_table, settings_table, specs
from movierec_assets.assets.landing import source_key
from movierec_assets.definitions import build_assets
from movierec_assets.schema import LANDING_FILES
from movierec_assets.settings import CHECKOUT, Settings

README = CHECKOUT / "README.md"
DATABASE = CHECKOUT / "docs" / "database.md"
PICTURE = CHECKOUT / "docs" / "graph.svg"
DIAGRAM = CHECKOUT / "docs" / "erd.svg"


def documents() -> dict[Path, str]:
    """The text that each generated document should have now. `MOVIEREC_*` variables must not be set.

    Raises:
        ValueError: A document lacks the markers of a table.
    """
    definitions = build_assets(Settings(_env_file=None))
    files = {source_key(file): file.name for file in LANDING_FILES.values()}
    boxes = [
        Box(
            spec.key.to_user_string(),
            files.get(spec.key, spec.key.path[-1]),
            str(spec.metadata.get("published_as", "")),
            str(spec.group_name),
            tuple(sorted(dep.asset_key.to_user_string() for dep in spec.deps)),
        )
        for spec in specs(definitions)
    ]
    readme = README.read_text()
    tables = {"assets": asset_table(definitions), "settings": settings_table(), "commands": command_table()}
    for name, table in tables.items():
        readme = _replaced(readme, name, table)
    return {
        README: readme,
        DATABASE: _replaced(DATABASE.read_text(), "roles", roles_table()),
        PICTURE: draw(boxes, "The asset graph of movierec_assets"),
        DIAGRAM: erd.draw("The schemas catalog, simulation and feedback"),
    }


def _replaced(text: str, name: str, table: str) -> str:
    begin, end = f"<!-- begin {name} -->", f"<!-- end {name} -->"
    pattern = re.compile(f"{begin}\n.*?{end}", re.DOTALL)
    if len(pattern.findall(text)) != 1:
        raise ValueError(f"a document must have one pair of lines `{begin}` and `{end}`")
    return pattern.sub(lambda _: f"{begin}\n{table}\n{end}", text)


def main() -> None:
    """Write what differs."""
    for name in [n for n in os.environ if n.startswith("MOVIEREC_")]:
        del os.environ[name]
    for path, text in documents().items():
        path.write_text(text)


if __name__ == "__main__":
    main()
