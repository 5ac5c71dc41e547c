"""What today's code writes is what the newest recording holds: where an item has changed, other code must get on with it."""

from datetime import UTC, datetime

from gatepost.storage import item_shapes
from local.template import read_template
from tests.shapes.recording import Recording, catalogue, recorded, recordings
from tests.support import PARAMETERS, ROOT

CHANGED = "The items that the code writes have changed: see docs/changing-items.md, then `python -m tests.shapes.recording`."


def test_r33_the_newest_recording_has_what_todays_code_writes() -> None:
    newest = Recording.read(recordings()[-1])
    today = recorded(datetime(2026, 11, 23, 12, tzinfo=UTC))
    assert catalogue(today.tables) == catalogue(newest.tables), CHANGED


def test_a_recording_has_every_table_and_nothing_is_empty() -> None:
    declared = read_template(ROOT / "template.yaml", "test", PARAMETERS).tables
    for file in recordings():
        tables = Recording.read(file).tables
        assert declared.keys() == tables.keys() if file == recordings()[-1] else tables.keys() <= declared.keys()
        assert all(tables.values())


def test_the_first_recording_is_of_the_oldest_shape_that_the_code_reads() -> None:
    """Who raises it may delete the recordings of what the code no longer reads."""
    assert item_shapes.OLDEST == 1
