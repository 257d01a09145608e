"""MovieLens's files of a home, which come, change, go and come back by chance, as many people's uploads do."""

from __future__ import annotations

from typing import TYPE_CHECKING

from movierec_assets_tests.movielens_files import TINY

if TYPE_CHECKING:
    import random

    from movierec_assets_tests.homes import Home

KINDS = {"change": 6, "same again": 2, "go": 2, "unfinished": 1, "bad": 1, "other": 1}
"""What happens to a file, and how often: other content, equal content in a new file, deletion, an upload that is not
renamed, a file without its header, a file that is none of the dataset's."""
ADDED = {
    "movies.csv": "{n},Film {n} (2001),Drama\n",
    "ratings.csv": "{n},1,3.5,1000000300\n{n},2,4.5,1000000301\n",
    "tags.csv": "1,1,tag {n},1000000300\n",
    "links.csv": "{n},{n:07},{n}\n",
}
"""Lines of which each number makes other content."""


class ComingAndGoing:
    """Changes the landing zone, and remembers what is there.

    Args:
        home: In which `TINY` has landed.
        chance: Decides what happens.

    Attributes:
        files: What is there, by name; MovieLens's line ends.
        changes: How often a file came to hold what it did not hold before, or came back.
    """

    def __init__(self, home: Home, chance: random.Random) -> None:
        self.home, self._chance = home, chance
        self.files = {name: text.replace("\n", "\r\n") for name, text in TINY.items()}
        self.changes = 0

    def something(self) -> None:
        """Let one thing happen."""
        name = self._chance.choice(list(TINY))
        kind = self._chance.choices(list(KINDS), list(KINDS.values()))[0]
        if kind == "change" or (kind == "same again" and name not in self.files):
            self._write(name, self._other(name))
        elif kind == "same again":
            self.home.write(name, self.files[name])
        elif kind == "go" and name in self.files:
            (self.home.landing / name).unlink()
            del self.files[name]
        elif kind == "unfinished":
            (self.home.landing / f"{name}.part").write_text(self._other(name)[:100])
        elif kind == "bad":
            self._write(name, f"no header {self._chance.random()}\r\n")
        elif kind == "other":
            self.home.write("notes.txt", str(self._chance.random()))

    def settle(self) -> None:
        """Have every file there, each with good content."""
        for name in TINY:
            if not self.files.get(name, "").startswith(TINY[name].partition("\n")[0]):
                self._write(name, self._other(name))

    def _other(self, name: str) -> str:
        line = ADDED[name].format(n=self._chance.randrange(100, 1000))
        return (TINY[name] + line).replace("\n", "\r\n")

    def _write(self, name: str, text: str) -> None:
        self.changes += self.files.get(name) != text
        self.files[name] = text
        self.home.write(name, text)
