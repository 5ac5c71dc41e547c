"""Whether the service answers at its issuer's address, and says there what its tables say."""

from typing import Any

from cli.diagnosis.findings import Check, Verdict, ok, problem
from cli.diagnosis.sight import Sight
from cli.diagnosis.web import Answer, json_of
from gatepost import clock
from gatepost.signing.ring import KeyRing
from gatepost.storage import signing_keys

# Seconds for which an HTTP cache, such as CloudFront's, may answer with the key set before.
_CACHED = 3600


def _health(facts: Answer) -> Verdict:
    return ok(f"{facts}.") if facts.status == 200 else problem(f"{facts}.")


def _key_set_and_ring(sight: Sight) -> tuple[Answer, KeyRing]:
    table = sight.needed("KEYS_TABLE")
    return sight.published("/.well-known/jwks.json"), sight.read(lambda db: signing_keys.read(db, table))


def _has_the_keys(facts: tuple[Answer, KeyRing]) -> Verdict:
    answer, ring = facts
    document = json_of(answer)
    if document is None:
        return problem(f"{answer}, without a key set.")
    published = {key.get("kid") for key in document.get("keys", ()) if isinstance(key, dict)}
    # What was made just now may not be in a cache yet; nothing signs with it for hours.
    due = {key.kid for key in ring.keys if key.state != "standby" or key.created_at < clock.now() - _CACHED}
    if missing := sorted(due - published):
        return problem(f"The key set at {answer.url} lacks {', '.join(missing)}, by which tokens are verified.")
    if removed := sorted({key.kid for key in ring.removed} & published):
        return problem(f"The key set at {answer.url} still has {', '.join(removed)}, which must not be trusted any more.")
    return ok(f"The key set has the {len(ring.keys)} keys of the ring.")


def _revocations(facts: Answer) -> Verdict:
    document = json_of(facts)
    if document is None or not {"sessions", "users", "complete"} <= document.keys():
        return problem(f"{facts}, without a revocation list.")
    revoked = len(document["sessions"]) + len(document["users"])
    if not document["complete"]:
        return problem(f"More was revoked than the list has room for: it ends after {revoked} entries.")
    return ok(f"The revocation list has {revoked} entries.")


CHECKS: tuple[Check[Any], ...] = (
    Check(
        "issuer.health",
        "Does `/health` answer at the issuer's address?",
        "Let the DNS record of the issuer's domain point to the API (output `ApiEndpoint`, or what stands in front of it); "
        "where it answers 5xx, read the log: `aws logs tail /aws/lambda/{stack}-account --since 1h`.",
        lambda sight: sight.published("/health"),
        _health,
    ),
    Check(
        "issuer.key-set",
        "Does the key set there hold the ring's keys, and none that was removed?",
        "If the issuer's domain leads to another deployment, mend its DNS record. Else empty the cache in front of it: `aws "
        "cloudfront create-invalidation --paths /.well-known/jwks.json --distribution-id ID`.",
        _key_set_and_ring,
        _has_the_keys,
    ),
    Check(
        "issuer.revocations",
        "Does the revocation list answer there, and is it complete?",
        "Mend `issuer.health` first. If the list is full, wait a quarter of an hour; until then verifiers treat it as they "
        "are told to treat a missing one (`GATEPOST_REVOCATION_MAX_AGE`).",
        lambda sight: sight.published("/.well-known/gatepost/revocations"),
        _revocations,
    ),
)
