"""R-34, the restore drill: by the commands that operators have, on the engine itself. `make restore-drill` prints it."""

from collections.abc import Callable, Iterator

import pytest

from local.mailbox import Mailbox
from tests.dynamodb import restore_drill
from tests.dynamodb.night import Night
from tests.dynamodb.projects import project_in
from tests.dynamodb.restore_drill import SCENARIOS, Drill, night_on

pytestmark = pytest.mark.dynamodb


@pytest.fixture(scope="module")
def night(mailbox: Mailbox, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Night]:
    """The night: one for all, which lose other tables of it."""
    for project in project_in(tmp_path_factory.mktemp("drill")):
        with night_on(project, mailbox) as night:
            yield night


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda scenario: scenario.__name__)
def test_r34_what_must_hold_after_a_restore_holds(night: Night, scenario: Callable[[Drill], None]) -> None:
    drill = Drill(night)
    scenario(drill)
    assert drill.failed == []


def test_r34_the_drill_sees_what_comes_alive(night: Night, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without `SessionsNotBefore`, all that was issued before is good again."""
    monkeypatch.setattr(Drill, "deploy", lambda drill: drill.night.deploy())
    drill = Drill(night)
    restore_drill.everything(drill)
    assert "no refresh token of before is good" in drill.failed
    assert "no API key of before is good, ended or not" in drill.failed
    assert "password reset: what was used stays used" in drill.failed
