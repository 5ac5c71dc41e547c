"""Answer every question, print the ratios, and write them to `benchmarks/results.json`, which is the machine's alone."""

import json
import sys
from dataclasses import asdict
from pathlib import Path

from benchmarks import import_of_authorizer, import_of_users, memory_of_import, new_token, repeated_token
from benchmarks.issuer import issuer
from tools.dynamodb_local import CannotRunError

results = [import_of_authorizer.compare()]
with issuer() as running:
    for question in (new_token.compare, new_token.compare_whole, repeated_token.compare, repeated_token.compare_whole):
        results.append(question(running))
print("A million users are read: this takes a few minutes.", file=sys.stderr)
results.append(memory_of_import.compare())
try:
    results.append(import_of_users.compare())
    missing = None
except CannotRunError as exc:
    missing = f"The import of users was not measured. It needs DynamoDB Local, which can't be used: {exc}"
for result in results:
    print(result)
document = [{**asdict(result), "ratio": round(result.ratio, 3)} for result in results]
Path(__file__).with_name("results.json").write_text(json.dumps(document, indent=2) + "\n", "utf-8")
if missing:
    sys.exit(missing)
