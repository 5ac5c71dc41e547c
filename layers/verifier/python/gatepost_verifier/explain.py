"""Says what rules decide about a call and why, and what an IAM policy makes of them: `python -m gatepost_verifier explain`."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from gatepost_verifier.claims import AccessToken, check_claims
from gatepost_verifier.decision import Decision, Default, decide
from gatepost_verifier.envelope import encode, parse
from gatepost_verifier.iam_policy import PolicyCompiler
from gatepost_verifier.method_arn import MethodArn
from gatepost_verifier.route_rules import CONNECT, Rule

# As long as real ones are, since the size of a policy is limited.
PREFIX = "arn:aws:execute-api:eu-central-1:123456789012:a1b2c3d4e5/prod/"

_VERDICTS = {200: "allowed", 401: "denied with 401", 403: "denied with 403"}
_REASONS = {
    "public": "the rule is public",
    "permitted": "the caller has what the rule asks for",
    "not_permitted": "the caller lacks what the rule asks for",
    "token_required": "there is no token",
    "path_ambiguous": "the API behind could read this path as another one",
    "no_rule": "no rule names this path, and the default is deny",
    "default": "no rule names this path, and the default is authenticated",
}
_WITH_WILDCARDS = (
    "  kept for other calls, it denies percent-encoded paths, and can't tell *, ? and control characters from others"
)


def unverified_token(token: str) -> AccessToken:
    """What a token says about its bearer, believed as it stands: not its signature, issuer, audience or times.

    Raises VerificationError if it hasn't the form of an access token.
    """
    return assumed_caller(parse(encode(token)).payload)


def assumed_caller(claims: Mapping[str, Any]) -> AccessToken:
    """The caller of whom `claims` are true; required ones that are absent are made up. Raises VerificationError."""
    whole = {"iss": "-", "sub": "user", "aud": "-", "client_id": "client", "jti": "-", **claims, "iat": 0, "nbf": 0, "exp": 1}
    audience = whole["aud"][0] if isinstance(whole["aud"], list) and whole["aud"] else whole["aud"]
    return check_claims(whole, issuer=whole["iss"], audience=audience, now=0, leeway=0)


def explain(
    rules: Sequence[Rule], default: Default, method: str, path: str, token: AccessToken | None
) -> tuple[Decision, Iterator[str]]:
    """What is decided about a call by the bearer of `token`, and the lines that say why."""
    decision = decide(rules, default, method, path, token)
    return decision, _lines(decision, PolicyCompiler(rules, default), MethodArn(PREFIX, method, path), token)


def _lines(decision: Decision, policies: PolicyCompiler, arn: MethodArn, token: AccessToken | None) -> Iterator[str]:
    yield f"{arn.method} {arn.path}: {_VERDICTS[decision.status]}, since {_REASONS[decision.reason]}"
    if decision.rule:
        yield f"rule: {decision.rule} = {decision.rule.requirement}"
        yield from _conditions(decision.rule, token)
    yield ""
    if decision.status == 401:
        yield "IAM policy: none, the gateway is told Unauthorized"
        return
    document = policies.policy(arn, decision.allowed, token)
    if document is None:
        yield "IAM policy: the path is too long to be allowed by one, so the call is denied with 403"
        return
    yield f"IAM policy, each resource after {PREFIX}"
    for statement in document["Statement"]:
        for resource in statement["Resource"]:
            yield f"  {statement['Effect']:<5} {resource.removeprefix(PREFIX)}"
    if arn.method != CONNECT:
        yield from _differences(policies, token)


def _conditions(rule: Rule, token: AccessToken | None) -> Iterator[str]:
    if token is None:
        return
    unmet = rule.requirement.unmet_by(token)
    for conditions, failing in zip(rule.requirement.alternatives, unmet, strict=True):
        yield f"  {' & '.join(conditions)}: {'holds' if not failing else 'fails at ' + ', '.join(failing)}"


def _differences(policies: PolicyCompiler, token: AccessToken | None) -> Iterator[str]:
    grant, fits = policies.grant(token), policies.fits(PREFIX, token)
    yield ""
    yield f"representable for this caller: {'yes' if fits and not grant.gaps else 'no'}"
    for gap in grant.gaps:
        yield f"  {gap}"
    if not fits:
        yield "  the policy for the whole API is over the gateway's limits, so each speaks about a part"
    if not all(resource.literal for resource in grant.allow):
        yield _WITH_WILDCARDS
