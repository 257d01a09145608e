"""The viewing sessions: how many each user has, and their drawing block by block."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np

from movierec_assets.domain.simulation.arrays import Floats, Ints
from movierec_assets.domain.simulation.choice import ChoicePerRow
from movierec_assets.domain.simulation.parameters import SimulationParameterError, SimulationParameters
from movierec_assets.domain.simulation.population import Population
from movierec_assets.domain.simulation.ratings import rate, stars
from movierec_assets.domain.simulation.schedule import (
    SECONDS_PER_DAY,
    Calendar,
    capacity,
    one_after_the_other,
)
from movierec_assets.domain.simulation.streams import Purpose, generator
from movierec_assets.domain.simulation.tastes import balance, liking
from movierec_assets.domain.simulation.titles import Titles
from movierec_assets.domain.simulation.zipf import apportion, zipf_weights

if TYPE_CHECKING:
    import pyarrow as pa

SESSIONS_PER_BLOCK = 131_072


class SessionPlan:
    """Everything about the sessions that has the size of the users or the titles, and the drawing of the rest.

    Memory: at most 90 bytes a user, 25 a title and profile, and one block, whatever the number of sessions.

    Attributes:
        parameters: What was asked for.
        population: The users.
        titles: The titles by popularity.
        counts: int64[users] sessions of each user.
        held: bool[users] users whose subscribed days have no room for the sessions of their activity rank.
        shares: float64[profiles, titles] expected share of all sessions; the sum over profiles is the power law
            of popularity, exactly.
        blocks: How many blocks there are.
    """

    def __init__(self, parameters: SimulationParameters, titles: pa.Table):
        """Draws the users and plans their sessions among `titles`, a table as `Titles.of` takes it.

        Raises:
            SimulationParameterError: The users have no time for so many sessions.
            ValueError: The titles are not usable.
        """
        self.parameters, self.titles = parameters, Titles.of(titles)
        self.population, self.calendar = Population.of(parameters), Calendar(parameters)
        self.counts, self.held = self._apportioned()
        self.first_session = np.cumsum(self.counts) - self.counts
        self.blocks = -(-parameters.sessions // SESSIONS_PER_BLOCK)

        likes = liking(parameters, self.titles)
        self.shares = self._balanced(np.exp(parameters.taste_strength * likes))
        self._choice = ChoicePerRow(self.shares)
        self._stars = stars(parameters, parameters.taste_strength * likes)

    def batches(self) -> Iterator[pa.RecordBatch]:
        """The sessions, ordered by user and start, about 131,072 a batch. Never more than one batch is held.

        session_id is 1 to n in this order. title_id has the titles' type. started_at and ended_at are UTC, whole
        seconds, from the user's subscription date on, before the cancellation date and inside the period;
        between two sessions of a user are at least 30 seconds. rating is 1 to 5, null where none was given.
        """
        for block in range(self.blocks):
            batch = self.draw(block)
            if batch.num_rows:
                yield batch

    def draw(self, block: int) -> pa.RecordBatch:
        """One block, whatever others were drawn before; a user's sessions are never in two blocks."""
        import pyarrow as pa

        first, stop = np.searchsorted(
            self.first_session, [block * SESSIONS_PER_BLOCK, (block + 1) * SESSIONS_PER_BLOCK]
        )
        watching = first + np.flatnonzero(self.counts[first:stop])
        owner = np.repeat(np.arange(watching.size), self.counts[watching])
        if not owner.size:
            return pa.RecordBatch.from_pylist([], self.schema())
        user, rng = watching[owner], generator(self.parameters.seed, Purpose.SESSION, block)

        profile = self.population.profile[user].astype(np.int64)
        title = self._choice.draw(profile, rng.random(owner.size))
        finished, seconds = self._watch(self.titles.seconds[title], rng)
        first_day = self.population.first_day[user]
        stop_day = self.population.stop_day[user]
        wanted = self.calendar.draw(first_day, stop_day, rng.random(owner.size))
        stops = self.population.stop_day[watching].astype(np.int64) * SECONDS_PER_DAY
        started = one_after_the_other(owner, wanted, seconds, stops)
        rated, rating = rate(self.parameters, self._stars[profile, title], finished, rng)

        epoch = np.datetime64(self.parameters.start_date, "us").astype(np.int64)
        time = self.schema().field("started_at").type
        number = int(self.first_session[watching[0]])
        columns = [
            pa.array(np.arange(number + 1, number + 1 + owner.size)),
            pa.array(user + 1),
            self.titles.ids.take(pa.array(title)),
            pa.array(epoch + started * 1_000_000).cast(time),
            pa.array(epoch + (started + seconds) * 1_000_000).cast(time),
            pa.array(rating, mask=~rated),
        ]
        return pa.RecordBatch.from_arrays(columns, schema=self.schema())

    def schema(self) -> pa.Schema:
        """The columns of the batches; only rating has nulls."""
        import pyarrow as pa

        columns = [
            ("session_id", pa.int64()),
            ("user_id", pa.int64()),
            ("title_id", self.titles.ids.type),
            ("started_at", pa.timestamp("us", tz="UTC")),
            ("ended_at", pa.timestamp("us", tz="UTC")),
            ("rating", pa.int8()),
        ]
        return pa.schema([pa.field(name, kind, name == "rating") for name, kind in columns])

    def _apportioned(self) -> tuple[Ints, np.ndarray]:
        """Sessions of each user by activity rank, as far as the user's subscribed days have room."""
        people, asked = self.population, self.parameters.sessions
        order = np.argsort(people.activity_rank)
        room = capacity(people.stop_day - people.first_day, int(self.titles.seconds.max()))[order]
        if asked > room.sum():
            raise SimulationParameterError(
                f"sessions_per_user must be at most {room.sum() / self.parameters.users:.6g}, not "
                f"{self.parameters.sessions_per_user}: more do not fit into the users' subscribed days"
            )
        weights = zipf_weights(people.activity_rank[order], self.parameters.activity_exponent)
        counts, held = np.empty(order.size, np.int64), np.empty(order.size, bool)
        counts[order], held[order] = apportion(asked, weights, room)
        return counts, held

    def _balanced(self, affinity: Floats) -> Floats:
        """Shares whose margins are the sessions of each profile's users and the popularity of each title."""
        wanted = np.bincount(self.population.profile, self.counts, minlength=len(affinity))
        popularity = zipf_weights(self.titles.ranks, self.parameters.popularity_exponent)
        popularity /= popularity.sum()
        shares, used = np.zeros_like(affinity), wanted > 0
        shares[used] = balance(popularity * affinity[used], wanted[used] / wanted.sum(), popularity)
        return shares

    def _watch(self, whole: Ints, rng: np.random.Generator) -> tuple[np.ndarray, Ints]:
        """Which viewings go to the end, and the seconds of all; who drops out sees at least the first second."""
        asked = self.parameters
        finished = rng.random(whole.size) >= asked.dropout_rate
        seconds, dropped = whole.copy(), np.flatnonzero(~finished)
        part = whole[dropped]
        seen = rng.beta(asked.dropout_alpha, asked.dropout_beta, dropped.size) * part
        seconds[dropped] = np.clip(seen.astype(np.int64), 1, part - 1)
        return finished, seconds
