"""CloudFront before the API: it keeps nothing that is somebody's, and sends on what the functions read."""

import json
from http import HTTPStatus
from typing import Any

import pytest

from functions.account.routes.public import _KEY_SET_MAX_AGE
from gatepost.errors import RateLimited
from gatepost.web.problems import STATUS, problem
from local.errors import StackError
from local.intrinsics import load_yaml
from local.resources import Resources
from tests.support import ROOT

PATH = ROOT / "edge" / "template.yaml"
WRITTEN: dict[str, Any] = load_yaml(PATH)["Resources"]
PARAMETERS = {
    "DomainName": "auth.example.com",
    "CertificateArn": "arn:aws:acm:us-east-1:123456789012:certificate/1",
    "OriginDomain": "abc123.execute-api.eu-west-1.amazonaws.com",
}
DISTRIBUTION = WRITTEN["Distribution"]["Properties"]["DistributionConfig"]
# CloudFront sends these on unasked.
# https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/RequestAndResponseBehaviorCustomOrigin.html
ALWAYS = {"content-type", "if-none-match"}
# Those of AWS's rules that would look into a body.
# https://docs.aws.amazon.com/waf/latest/developerguide/aws-managed-rule-groups-baseline.html
BODY_RULES = {
    "KnownBadInputs": {"JavaDeserializationRCE_BODY", "Log4JRCE_BODY", "ReactJSRCE_BODY"},
    "Common": {
        "SizeRestrictions_BODY",
        "CrossSiteScripting_BODY",
        "GenericLFI_BODY",
        "GenericRFI_BODY",
        "EC2MetaDataSSRF_BODY",
    },
}


def policy(logical_id: str) -> dict[str, Any]:
    """What a cache policy has in its key, or an origin request policy sends on."""
    config = WRITTEN[logical_id]["Properties"]
    found: dict[str, Any] = (
        config.get("OriginRequestPolicyConfig") or config["CachePolicyConfig"]["ParametersInCacheKeyAndForwardedToOrigin"]
    )
    return found


def headers(logical_id: str) -> set[str]:
    return {name.lower() for name in policy(logical_id)["HeadersConfig"]["Headers"]}


def test_it_is_deployed_where_cloudfront_looks_for_it() -> None:
    with pytest.raises(StackError, match="Deploy it with --region us-east-1"):
        Resources(PATH, "edge", PARAMETERS)


def test_nothing_is_kept_but_the_two_documents_for_everybody() -> None:
    kept = {each["PathPattern"]: each["CachePolicyId"] for each in DISTRIBUTION["CacheBehaviors"]}
    assert kept.keys() == {"/.well-known/jwks.json", "/.well-known/gatepost/revocations"}
    assert all(policy == {"Ref": "KeptAsItSays"} for policy in kept.values())
    assert DISTRIBUTION["DefaultCacheBehavior"]["CachePolicyId"] == {"Ref": "NothingKept"}
    nothing = WRITTEN["NothingKept"]["Properties"]["CachePolicyConfig"]
    # A header can be in a key only where an answer could live at all; each says no-store.
    assert (nothing["MinTTL"], nothing["DefaultTTL"], nothing["MaxTTL"]) == (0, 0, 1)
    # Were one kept nevertheless, it would be nobody else's.
    assert headers("NothingKept") == {"authorization", "origin"}
    assert policy("NothingKept")["CookiesConfig"] == {"CookieBehavior": "all"}
    assert policy("NothingKept")["QueryStringsConfig"] == {"QueryStringBehavior": "all"}
    assert {each["ErrorCachingMinTTL"] for each in DISTRIBUTION["CustomErrorResponses"]} == {0}


def test_the_documents_are_kept_as_long_as_they_say() -> None:
    kept = WRITTEN["KeptAsItSays"]["Properties"]["CachePolicyConfig"]
    assert (kept["MinTTL"], kept["DefaultTTL"], kept["MaxTTL"]) == (0, 0, _KEY_SET_MAX_AGE)
    # An allowed origin's answer says so (`Vary: Origin`), and has nothing else of who asks.
    assert headers("KeptAsItSays") == {"origin"}


def test_the_functions_get_every_header_that_they_read() -> None:
    document = json.loads((ROOT / "openapi.json").read_text("utf-8"))
    operations = [operation for path in document["paths"].values() for operation in path.values()]
    read = {
        parameter["name"].lower()
        for operation in operations
        for parameter in operation.get("parameters", ())
        if parameter["in"] == "header"
    }
    # Besides, those that aren't parameters of a route.
    read |= {"authorization", "origin", "content-type", "user-agent", "x-gatepost-csrf", "cloudfront-viewer-address"}
    read |= {"access-control-request-method", "access-control-request-headers"}
    sent_on = headers("NothingKept") | headers("WhatFunctionsRead") | ALWAYS
    assert read <= sent_on
    assert "host" not in sent_on
    assert DISTRIBUTION["DefaultCacheBehavior"]["OriginRequestPolicyId"] == {"Ref": "WhatFunctionsRead"}


def test_z19_its_secret_is_nowhere_in_the_clear() -> None:
    (origin,) = DISTRIBUTION["Origins"]
    (header,) = origin["OriginCustomHeaders"]
    assert header["HeaderName"] == "x-gatepost-edge"
    assert all(
        each["Fn::Sub"].startswith("{{resolve:secretsmanager:${Secret}:") for each in header["HeaderValue"]["Fn::If"][1:]
    )
    assert "SecretString" not in WRITTEN["Secret"]["Properties"]


def test_the_firewall_stops_floods_and_what_aws_knows_and_looks_into_no_body() -> None:
    rules = {rule["Name"]: rule for rule in WRITTEN["Firewall"]["Properties"]["Rules"]}
    assert rules.keys() == {"TooManyRequests", "IpReputation", "KnownBadInputs", "Common"}
    for name, looking_into_bodies in BODY_RULES.items():
        overrides = rules[name]["Statement"]["ManagedRuleGroupStatement"]["RuleActionOverrides"]
        assert all(each["ActionToUse"] == {"Count": {}} for each in overrides)
        assert {each["Name"] for each in overrides if each["Name"].endswith("_BODY")} == looking_into_bodies


def test_the_firewall_answers_429_as_the_functions_do() -> None:
    firewall = WRITTEN["Firewall"]["Properties"]
    (answer,) = (rule["Action"]["Block"]["CustomResponse"] for rule in firewall["Rules"] if "Action" in rule)
    body = json.loads(firewall["CustomResponseBodies"][answer["CustomResponseBodyKey"]]["Content"])
    status = HTTPStatus(answer["ResponseCode"])
    assert status is STATUS[RateLimited]
    assert body == problem(status, RateLimited.code, body["detail"], body["request_id"])
    assert [header["Name"] for header in answer["ResponseHeaders"]] == ["retry-after"]


def test_z19_the_firewalls_log_has_no_tokens() -> None:
    logging = WRITTEN["FirewallLogging"]["Properties"]
    assert logging["RedactedFields"] == [
        {"SingleHeader": {"Name": "authorization"}},
        {"SingleHeader": {"Name": "cookie"}},
        {"QueryString": {}},
    ]
    firewall = WRITTEN["Firewall"]["Properties"]
    samples = [firewall["VisibilityConfig"], *(rule["VisibilityConfig"] for rule in firewall["Rules"])]
    assert not any(each["SampledRequestsEnabled"] for each in samples)
