"""Asks the questions, prints the figures beside their peers', and keeps them in `results.json` and `plot.svg` beside this file,
which are the machine's alone.

    python -m benchmarks [QUESTION ...]    all of them, if none is named
    python -m benchmarks --list            what can be asked
    python -m benchmarks --markdown        what was last measured, as a table for a document

It fails only where something couldn't be measured: a goal that is missed is a figure like any other.
"""

import argparse
import multiprocessing
import sys
from concurrent.futures import ProcessPoolExecutor

from benchmarks import plot, results, tables
from benchmarks.figures import CannotMeasureError, Figure
from benchmarks.questions import QUESTIONS, ask
from tools.dynamodb_local import CannotRunError


def main() -> int:
    """Do what the command line asks for. Returns the exit code: 1 if something couldn't be measured."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__.partition("\n\n")[0])
    parser.add_argument("question", nargs="*", choices=[[], *QUESTIONS], help="what is to be measured (all, if none is named)")
    only = parser.add_mutually_exclusive_group()
    only.add_argument("--list", action="store_true", help="print what can be asked")
    only.add_argument("--markdown", action="store_true", help="print what was last measured, as a table for a document")
    arguments = parser.parse_args()
    if arguments.list:
        print("\n".join(QUESTIONS))
        return 0
    if arguments.markdown:
        try:
            print(tables.markdown(results.read()))
        except CannotMeasureError as exc:
            sys.exit(str(exc))
        return 0
    return _ask(arguments.question or QUESTIONS)


def _ask(questions: tuple[str, ...] | list[str]) -> int:
    answers: dict[str, list[Figure]] = {}
    missing: dict[str, Exception] = {}
    for question in questions:
        print(f"\n{question.replace('_', ' ')} ...", file=sys.stderr, flush=True)
        # One process a question, begun anew rather than forked: it shares no import with this one.
        with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as process:
            try:
                answers[question] = process.submit(ask, question).result()
            except (CannotMeasureError, CannotRunError) as exc:
                missing[question] = exc
                continue
        print(tables.plain(answers[question]), flush=True)
    measured = results.write(answers)
    plot.write(measured)
    for question, why in missing.items():
        print(f"\n{question.replace('_', ' ')} was not measured: {why}", file=sys.stderr)
    return 1 if missing else 0


if __name__ == "__main__":
    sys.exit(main())
