"""Whether there are keys that sign, and whether they are renewed in time."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from cli.backup.undone import removed_keys
from cli.diagnosis.findings import Check, Verdict, ok, problem, warning
from cli.diagnosis.refusals import NotSeen
from cli.diagnosis.sight import Sight
from gatepost import clock
from gatepost.signing.ring import PUBLISHED_BEFORE_USE, ROTATION_PERIOD, KeyRing, SigningKey, next_to_sign
from gatepost.storage import signing_keys

# The schedule runs every hour; two runs may fail before it's said to be late.
_SCHEDULE = 3 * 3600
_DAY = 86_400
# What API Gateway's and the load balancer's own verifiers take.
_OF_GATEWAYS = "RS256"
_ALGORITHMS: Mapping[str, str] = {"RSA_2048": "RS256", "RSA_3072": "RS256", "ECC_NIST_P256": "ES256", "ED25519": "EdDSA"}


def _ring(sight: Sight) -> KeyRing:
    table = sight.needed("KEYS_TABLE")
    return sight.read(lambda db: signing_keys.read(db, table))


@dataclass(frozen=True)
class Working:
    """A ring of which a key signs, and this key."""

    ring: KeyRing
    signing: SigningKey


def _working(sight: Sight) -> Working:
    ring = _ring(sight)
    signing = ring.signing()
    if signing is None:
        raise NotSeen("No key signs.", "Mend signing.ring first.")
    return Working(ring, signing)


def _signs(facts: KeyRing) -> Verdict:
    signing = facts.signing()
    if signing is None:
        return problem("No key signs: nobody can sign in.")
    return ok(f"{signing.kid} signs ({signing.algorithm}); {len(facts.keys)} keys are published.")


def _is_young(facts: Working) -> Verdict:
    age = clock.now() - facts.signing.state_since
    told = f"The key has signed for {age // _DAY} of its {ROTATION_PERIOD // _DAY} days"
    late = age - ROTATION_PERIOD
    if late <= _SCHEDULE:
        return ok(f"{told}.")
    return problem(f"{told}: its rotation is {_duration(late)} late, since the schedule doesn't run, or the function fails.")


def _stands_by(facts: Working) -> Verdict:
    following = next_to_sign(facts.ring)
    if following is None:
        return problem("No key stands by: a rotation would have to wait until a new one is known to all.")
    standby, due = following
    ready = standby.created_at + PUBLISHED_BEFORE_USE
    if clock.now() >= ready:
        return ok(f"{standby.kid} was published for long enough to sign, from {clock.rfc3339(due)} on.")
    return ok(
        f"{standby.kid} is known to all who keep the key set at {clock.rfc3339(ready)}, and signs from {clock.rfc3339(due)} on."
    )


@dataclass(frozen=True)
class Algorithms:
    """The algorithm of the key that signs, and the kind of new ones (``RSA_2048``)."""

    signing: str
    spec: str


def _algorithms(sight: Sight) -> Algorithms:
    return Algorithms(_working(sight).signing.algorithm, sight.setting("SIGNING_KEY_SPEC", "KeysFunction") or "RSA_2048")


def _gateways_verify(facts: Algorithms) -> Verdict:
    coming = _ALGORITHMS.get(facts.spec, facts.spec)
    if facts.signing != _OF_GATEWAYS:
        return warning(
            f"Tokens are signed by {facts.signing}, which API Gateway's own JWT authorizer and load balancers refuse."
        )
    if coming != _OF_GATEWAYS:
        return warning(
            f"After the next rotation but one tokens are signed by {coming}, which API Gateway's own verifiers refuse."
        )
    return ok(f"{facts.signing}, which API Gateway's own verifiers take.")


@dataclass(frozen=True)
class Removed:
    """The keys that are there, and those that were removed, by their ids."""

    there: frozenset[str]
    removed: frozenset[str]


def _removed(sight: Sight) -> Removed:
    table = sight.needed("AUDIT_TABLE")
    removed = sight.read(lambda db: removed_keys(db, table))
    return Removed(frozenset(key.kid for key in _ring(sight).keys), frozenset(removed))


def _stay_removed(facts: Removed) -> Verdict:
    revived = facts.there & facts.removed
    if revived:
        return problem(f"{', '.join(sorted(revived))} was removed, and is there again: who has stolen it can sign.")
    return ok(f"None is there of the {len(facts.removed)} that were removed.")


def _duration(seconds: int) -> str:
    return f"{seconds // _DAY} days" if seconds >= 2 * _DAY else f"{seconds // 3600} h"


CHECKS: tuple[Check[Any], ...] = (
    Check(
        "signing.ring",
        "Is there a key that signs?",
        "Have the first two made: `aws lambda invoke --function-name {stack}-keys --cli-binary-format raw-in-base64-out "
        '--payload \'{{"gatepost": "rotate"}}\' /dev/stdout`.',
        _ring,
        _signs,
    ),
    Check(
        "signing.age",
        "Is it rotated in time?",
        "See why the hourly rotation fails: `aws logs tail /aws/lambda/{stack}-keys --since 1d`, and whether the schedule is "
        "ENABLED: `aws scheduler get-schedule --name {stack}-rotation`.",
        _working,
        _is_young,
    ),
    Check(
        "signing.standby",
        "Does another stand by to be the next?",
        "The next run of the keys function makes one; if it doesn't, see why: `aws logs tail /aws/lambda/{stack}-keys --since "
        "1d`.",
        _working,
        _stands_by,
    ),
    Check(
        "signing.removed",
        "Do keys that were removed stay away?",
        "A restore has brought it back. At once: `gatepost --stack {stack} keys remove KID`.",
        _removed,
        _stay_removed,
    ),
    Check(
        "signing.algorithm",
        "Do the gateways' own verifiers take its signatures (RS256 alone)?",
        "If API Gateway or a load balancer verifies tokens itself, set the parameter `SigningKeySpec` to RSA_2048 and deploy. "
        "Gatepost's authorizer takes all kinds.",
        _algorithms,
        _gateways_verify,
    ),
)
