"""Programs that measure themselves, each in a process of its own: with another Python's packages, or in another language.

Such a program gets ready and prints a line. From then on it answers each line that it reads by one that holds a number: what
one round took. So two of them are asked in turns, and none sees what another one has imported.
"""

import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, TextIO

from benchmarks.figures import CannotMeasureError


class Program:
    """A running program."""

    def __init__(self, command: Sequence[str], questions: IO[str], answers: IO[str]) -> None:
        self._command, self._questions, self._answers = command, questions, answers

    def ask(self, line: str = "") -> str:
        """Return the program's answer to `line`.

        Raises:
            CannotMeasureError: it has ended; why, it has said on its standard error, which is ours.
        """
        # Where nobody reads any more, there's no answer either.
        with suppress(BrokenPipeError):
            print(line, file=self._questions, flush=True)
        return self.answer()

    def answer(self) -> str:
        """Return the next line that the program prints. Raises as `ask`."""
        line = self._answers.readline()
        if not line:
            raise CannotMeasureError(f"a program has ended instead of answering: {' '.join(self._command)}")
        return line.strip()

    def round(self) -> float:
        """Return what one round took. Raises as `ask`."""
        return float(self.ask())


@contextmanager
def program(command: Sequence[str], environment: Mapping[str, str], folder: Path) -> Iterator[Program]:
    """Run `command` with this environment alone in `folder`, from when it's ready to the end of the block."""
    pipe = subprocess.PIPE
    with subprocess.Popen(command, cwd=folder, env=environment, stdin=pipe, stdout=pipe, text=True) as process:
        if process.stdin is None or process.stdout is None:
            raise RuntimeError("no pipes, though they were asked for")
        running = Program(command, process.stdin, process.stdout)
        try:
            running.answer()
            yield running
        finally:
            process.kill()
            # What it hasn't read, it won't.
            with suppress(BrokenPipeError):
                process.stdin.close()


def answer_with(measure: Callable[[], float], answers: TextIO = sys.stdout) -> None:
    """The program's side, in Python: say that it's ready, then answer every line with what `measure` gives."""
    print("ready", file=answers, flush=True)
    for _ in sys.stdin:
        print(measure(), file=answers, flush=True)
