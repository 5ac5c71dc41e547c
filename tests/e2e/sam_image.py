"""`python -m tests.e2e.sam_image NAME`: sees to it that Docker has the image that `sam local` runs functions in."""

import subprocess
import sys

from tests.support import SHARED

# Makes an image of this machine's Linux, where no registry can be reached; some machines have it.
_MAKER = SHARED / "tools/sam-local-image"
_HELP = """\
Docker doesn't answer, or has no image {image}. Where a registry can be reached, take Lambda's own:

    docker pull public.ecr.aws/lambda/python:3.13
    make test-sam-local SAM_IMAGE=public.ecr.aws/lambda/python:3.13

Elsewhere make one that has CPython 3.13 in /var/lang, and in /var/runtime awslambdaric and a `bootstrap` that runs it."""


def main() -> None:
    """Find or make the image. Ends the process with what to do if there's none."""
    image = sys.argv[1]
    if not _is_there(image) and _MAKER.exists():
        # What counts is the image: it may be there although the maker fails at something else.
        subprocess.run([_MAKER], check=False)
    if not _is_there(image):
        sys.exit(_HELP.format(image=image))


def _is_there(image: str) -> bool:
    try:
        return subprocess.run(["docker", "image", "inspect", image], capture_output=True, check=False).returncode == 0
    except FileNotFoundError:
        return False


if __name__ == "__main__":
    main()
