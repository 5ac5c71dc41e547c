"""The pages for those who come from another system, pasted into a shell: what they say of the samples happens."""

import pytest

from tests.e2e.shell import walk
from tests.support import ROOT


@pytest.mark.parametrize("system", ["auth0", "cognito", "firebase", "keycloak"])
def test_the_page_imports_its_sample_and_signs_in(system: str, ports: tuple[int, int]) -> None:
    assert walk(ROOT / f"docs/moving-from/{system}.md", *ports) == 3
