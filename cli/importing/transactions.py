"""Batches of users written, each of them with all that is theirs or not at all, and what became of each."""

import random
import time
from collections.abc import Iterator
from dataclasses import dataclass

from cli.importing.admission import Candidate
from cli.importing.batches import Batch, Import, Prepared
from gatepost.audit import Event
from gatepost.errors import Unavailable
from gatepost.storage import administrators, keys
from gatepost.storage.failures import ConditionFailed
from gatepost.storage.writes import Item

# A table may need a minute until it takes so much at once.
_TRIES, _PAUSE, _LONGEST_PAUSE = 9, 0.5, 20.0  # seconds


@dataclass(frozen=True)
class Outcome:
    """What became of a candidate. `before` says that an earlier run has imported it; a `refusal`, why it's not imported."""

    candidate: Candidate
    before: bool = False
    refusal: str | None = None


def commit(all_of: Import, batch: Batch) -> list[Outcome]:
    """Write all users of `batch` but those who can't be, and return what became of each. Raises `Unavailable` if the tables
    don't take them for about a minute; then it isn't known.
    """
    outcomes: list[Outcome] = []
    left = batch.prepared
    doubtful = {each.candidate.ordinal for each in left if each.candidate.uncertain}
    pauses = _pauses()
    while left:
        try:
            for each in left:
                # Who was written and has been deleted since must not come back under the same id.
                if each.candidate.ordinal in doubtful and _has_event(all_of, each.candidate):
                    outcomes.append(Outcome(each.candidate, before=each.candidate.uncertain))
            left = _without(left, outcomes)
            doubtful = set()
            outcomes += _tried(all_of, left) if left else []
        except Unavailable:
            # What was asked for may have been done all the same.
            doubtful = {each.candidate.ordinal for each in left}
            if (pause := next(pauses, None)) is None:
                raise
            time.sleep(pause)
        left = _without(left, outcomes)
    return outcomes


def check(all_of: Import, batch: Batch) -> list[Outcome]:
    """Return what would become of each of `batch` by what the tables hold, and write nothing. Raises `Unavailable`."""
    table, candidates = all_of.service.settings.users_table, [each.candidate for each in batch.prepared]
    claims = [(table, keys.email_claim(candidate.user.email_digest)) for candidate in candidates]
    # An id that we draw can't be there.
    kept = [candidate.user.id for candidate in candidates if candidate.keeps_id]
    found = all_of.service.db.get_many(*claims, *((table, keys.user(user_id)) for user_id in kept))
    taken = {user_id for user_id, profile in zip(kept, found[len(claims) :], strict=True) if profile}
    return [
        _judged(all_of, candidate, claim) if claim or candidate.user.id in taken else Outcome(candidate)
        for candidate, claim in zip(candidates, found, strict=False)
    ]


def _tried(all_of: Import, left: list[Prepared]) -> list[Outcome]:
    """Try to write all who are `left`; return what became of them, or if nothing was written, of those who were in the way."""
    service = all_of.service
    admins = [each.candidate.user.id for each in left if administrators.is_one(each.candidate.user)]
    further = [administrators.add(service.settings.users_table, *admins)] if admins else []
    try:
        service.db.transact(*(write for each in left for write in each.writes), *further)
    except ConditionFailed as exc:
        return list(_refused(all_of, left, exc.items))
    return [Outcome(each.candidate) for each in left]


def _refused(all_of: Import, left: list[Prepared], failed: dict[int, Item | None]) -> Iterator[Outcome]:
    """Yield what became of those of whom a write has `failed`, by its place among all."""
    place = 0
    for each in left:
        if any(number in failed for number in range(place, place + len(each.writes))):
            yield _judged(all_of, each.candidate, failed.get(place))
        place += len(each.writes)


def _judged(all_of: Import, candidate: Candidate, claim: Item | None) -> Outcome:
    """Return what it means that something of `candidate` stands there already, the `claim` of the address if that does."""
    if claim and claim["user_id"] != candidate.user.id:
        return Outcome(candidate, refusal="an account with this address exists")
    # An id that we draw is nobody else's: it's our own write, whose answer was lost.
    if not candidate.keeps_id or _has_event(all_of, candidate):
        return Outcome(candidate, before=candidate.uncertain)
    return Outcome(candidate, refusal="an account with this id exists, or a part of it")


def _has_event(all_of: Import, candidate: Candidate) -> bool:
    """Return whether this import has made the user: their trail says so, which outlives them."""
    service, before = all_of.service, None
    (partition,) = keys.audit_partitions(user_id=candidate.user.id)
    while True:
        items, before = service.db.query_newest(
            service.settings.audit_table,
            partition,
            *keys.audit_range(None, None, before),
            limit=1000,
            equal={"event": str(Event.USER_IMPORTED), "request_id": all_of.id},
        )
        if items or before is None:
            return bool(items)


def _pauses() -> Iterator[float]:
    """Yield how long to wait before each further try, in seconds, jittered."""
    for attempt in range(_TRIES - 1):
        yield random.uniform(0, min(_LONGEST_PAUSE, _PAUSE * 2**attempt))  # noqa: S311 (jitter is no secret)


def _without(left: list[Prepared], outcomes: list[Outcome]) -> list[Prepared]:
    settled = {outcome.candidate.ordinal for outcome in outcomes}
    return [each for each in left if each.candidate.ordinal not in settled]
