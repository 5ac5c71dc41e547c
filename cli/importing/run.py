"""An import from its first entry to its last: many transactions in flight, and never more of the file in memory than these."""

import time
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import ExitStack, closing
from dataclasses import dataclass, field

from cli.importing import journal
from cli.importing.admission import Rules, admit
from cli.importing.batches import Batch, Import, prepare
from cli.importing.first_lines import FirstLines
from cli.importing.journal import WINDOW, Journal, Progress
from cli.importing.pace import Pace
from cli.importing.records import Entries, Record, Refusal
from cli.importing.reports import Files, Reports
from cli.importing.transactions import Outcome, check, commit

IN_FLIGHT = 4  # transactions


@dataclass
class Summary:
    """How many entries became users now, had become users in an earlier run, were refused; how many of the first have no
    password that works; and the seconds it took.
    """

    imported: int = 0
    before: int = 0
    without_password: int = 0
    refused: int = 0
    seconds: float = 0.0


def import_users(
    rules: Rules,
    entries: Entries,
    files: Files,
    about: Mapping[str, str],
    *,
    dry_run: bool = False,
    rate: int | None = None,
    on_entry: Callable[[], object] = lambda: None,
) -> Summary:
    """Import all `entries` that can be, but for those that an earlier run with the same journal has; with `dry_run`, find out
    what that would do. `about` says which file and which deployment it is, `rate` how many users a second are written at
    most.

    Raises:
        JournalRefused: the journal is of another import, or this one runs already.
        Unavailable: the tables don't answer. Another run goes on where this one was.
    """
    began = time.monotonic()
    with ExitStack() as stack:
        if dry_run:
            progress, note = journal.look(files.journal, about), _note_nothing
        else:
            kept = stack.enter_context(Journal(files.journal, about))
            progress, note = kept.progress, kept.note
        all_of = Import(progress.import_id, rules.service, rules.operator)
        do = check if dry_run else commit
        run = _Run(
            rules,
            all_of,
            progress,
            note,
            reports=stack.enter_context(Reports(files.refused, None if dry_run else files.ids)),
            first_lines=stack.enter_context(closing(FirstLines())),
            do=lambda batch: do(all_of, batch),
            threads=stack.enter_context(ThreadPoolExecutor(IN_FLIGHT)),
            pace=Pace(rate),
        )
        for entry in entries:
            run.take(entry)
            on_entry()
        run.finish()
    run.summary.seconds = time.monotonic() - began
    return run.summary


def _note_nothing(imported: Iterable[int], settled: int) -> None:
    """A dry run does nothing that would be noted."""


@dataclass
class _Run:
    rules: Rules
    all_of: Import
    progress: Progress
    note: Callable[[Iterable[int], int], None]
    reports: Reports
    first_lines: FirstLines
    do: Callable[[Batch], list[Outcome]]
    threads: ThreadPoolExecutor
    pace: Pace
    summary: Summary = field(default_factory=Summary)
    _ordinal: int = 0  # of the next entry
    _settled: int = 0  # before this one nothing is left to do, as the journal knows
    _batch: Batch = field(default_factory=Batch)
    _flying: dict[Future[list[Outcome]], Batch] = field(default_factory=dict)

    def take(self, entry: Record | Refusal) -> None:
        """Deal with the next entry of the file."""
        refusal = entry.reason if isinstance(entry, Refusal) else self._begin(entry)
        if refusal is not None:
            self._refuse(entry.line, refusal)
        self._ordinal += 1

    def finish(self) -> None:
        """Deal with all that is left."""
        self._send()
        while self._flying:
            self._settle()

    def _begin(self, record: Record) -> str | None:
        """Begin to import `record`, if that's left to do. Return why it can't be, if that's certain by now."""
        ordinal, user_id = self._ordinal, record.id or self.progress.id_of(self._ordinal)
        repeated = self.first_lines.refusal(record)
        if self.progress.is_imported(ordinal):
            self.summary.before += 1
            self.reports.identify(record.source_id, user_id)
            return None
        if repeated:
            return repeated
        admitted = admit(self.rules, record, ordinal, user_id, uncertain=self.progress.may_be_imported(ordinal))
        if isinstance(admitted, Refusal):
            return admitted.reason
        prepared = prepare(self.all_of, admitted)
        if prepared is None:
            return "has more items, or larger ones, than a transaction of DynamoDB takes"
        self._stay_in_window()
        if not self._batch.add(prepared):
            self._send()
            self._batch.add(prepared)
        return None

    def _stay_in_window(self) -> None:
        """Wait until the journal knows that nothing is left to do `WINDOW` entries ago."""
        while self._ordinal >= self._settled + WINDOW:
            if self._first_unsettled() > self._settled:
                self._note([])
            elif self._batch.prepared:
                self._send()
            else:
                self._settle()

    def _send(self) -> None:
        """Send the batch on its way."""
        while len(self._flying) >= IN_FLIGHT:
            self._settle()
        if self._batch.prepared:
            self.pace.wait(len(self._batch.prepared))
            self._flying[self.threads.submit(self.do, self._batch)] = self._batch
            self._batch = Batch()

    def _settle(self) -> None:
        """Wait for batches to be through, and note what became of them."""
        through, _ = wait(self._flying, return_when=FIRST_COMPLETED)
        outcomes = [outcome for each in through for outcome in each.result()]
        for each in through:
            del self._flying[each]
        self._note([outcome.candidate.ordinal for outcome in outcomes if outcome.refusal is None])
        for outcome in outcomes:
            self._count(outcome)

    def _note(self, imported: list[int]) -> None:
        self._settled = self._first_unsettled()
        self.note(imported, self._settled)

    def _first_unsettled(self) -> int:
        waiting = [*self._flying.values(), *([self._batch] if self._batch.prepared else [])]
        return min((batch.first for batch in waiting), default=self._ordinal)

    def _count(self, outcome: Outcome) -> None:
        candidate = outcome.candidate
        if outcome.refusal is not None:
            self._refuse(candidate.line, outcome.refusal)
            return
        self.reports.identify(candidate.source_id, candidate.user.id)
        if outcome.before:
            self.summary.before += 1
        else:
            self.summary.imported += 1
            self.summary.without_password += not candidate.has_password

    def _refuse(self, line: int, reason: str) -> None:
        self.summary.refused += 1
        self.reports.refuse(line, reason)
