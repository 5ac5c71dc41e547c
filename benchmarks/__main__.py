"""Answer every question, print the ratios, and write them to `benchmarks/results.json`, which is the machine's alone."""

import json
from dataclasses import asdict
from pathlib import Path

from benchmarks import import_of_authorizer, new_token, repeated_token
from benchmarks.issuer import issuer

results = [import_of_authorizer.compare()]
with issuer() as running:
    for question in (new_token.compare, new_token.compare_whole, repeated_token.compare, repeated_token.compare_whole):
        results.append(question(running))
for result in results:
    print(result)
document = [{**asdict(result), "ratio": round(result.ratio, 3)} for result in results]
Path(__file__).with_name("results.json").write_text(json.dumps(document, indent=2) + "\n", "utf-8")
