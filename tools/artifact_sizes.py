"""Prints how large what `sam build` made is. Lambda takes 250 MB, unzipped, for a function and its layers together."""

import sys
from pathlib import Path

artifacts = sorted(folder for folder in Path(sys.argv[1]).iterdir() if folder.is_dir())
for artifact in artifacts:
    sizes = [file.stat().st_size for file in artifact.rglob("*") if file.is_file()]
    print(f"{artifact.name:20} {sum(sizes) / 1e6:7.2f} MB in {len(sizes):5} files")
