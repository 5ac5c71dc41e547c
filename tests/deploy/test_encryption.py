"""What lies somewhere is encrypted there, what travels is encrypted on its way, and keys rotate (CASES Z-19, ASVS 13.3)."""

import json

import pytest

from tests.deploy.resources import of_service, of_type

pytestmark = pytest.mark.deploy

OUR_KEY = {"Fn::GetAtt": ["EncryptionKey", "Arn"]}
# Profiles and credentials. What the others hold is a digest, sealed, wrapped, or no secret: AWS's own key has to do.
UNDER_OUR_KEY = {"UsersTable"}


def test_z19_tables_are_encrypted_under_the_key_that_was_decided() -> None:
    for logical_id, table in of_service("AWS::DynamoDB::Table").items():
        encryption = table.properties.get("SSESpecification", {})
        if logical_id in UNDER_OUR_KEY:
            assert encryption == {"SSEEnabled": True, "SSEType": "KMS", "KMSMasterKeyId": OUR_KEY}
        else:
            assert "KMSMasterKeyId" not in encryption, logical_id


def test_z19_queues_are_encrypted() -> None:
    for queue in of_service("AWS::SQS::Queue").values():
        assert queue.properties.get("SqsManagedSseEnabled") is True or "KmsMasterKeyId" in queue.properties, str(queue)


def test_z19_topics_are_encrypted() -> None:
    for topic in of_service("AWS::SNS::Topic").values():
        assert topic.properties["KmsMasterKeyId"], str(topic)


def test_z19_logs_are_encrypted_and_end() -> None:
    """Also those of the templates beside the service; where a log has no key of ours, it is under AWS's own."""
    groups = list(of_type("AWS::Logs::LogGroup"))
    assert groups
    for group in groups:
        assert group.properties["RetentionInDays"], str(group)
    for group in of_service("AWS::Logs::LogGroup").values():
        assert group.properties["KmsKeyId"] == OUR_KEY, str(group)


def test_z19_environments_are_encrypted_under_our_key() -> None:
    for function in of_service("AWS::Lambda::Function").values():
        assert function.properties["KmsKeyArn"] == OUR_KEY, str(function)


def test_z19_buckets_are_encrypted_and_nobody_elses() -> None:
    for bucket in of_type("AWS::S3::Bucket"):
        assert bucket.properties["BucketEncryption"], str(bucket)
        assert set(bucket.properties["PublicAccessBlockConfiguration"].values()) == {True}, str(bucket)


def test_z19_keys_rotate_and_outlive_the_stack() -> None:
    keys = of_service("AWS::KMS::Key")
    for key in keys.values():
        assert key.properties["EnableKeyRotation"] is True
        assert (key.written["DeletionPolicy"], key.written["UpdateReplacePolicy"]) == ("Retain", "Retain")


def test_z19_services_use_the_key_for_this_stack_alone() -> None:
    """Those of other accounts don't use it at all; the account's principals as their own policies say."""
    for key in of_service("AWS::KMS::Key").values():
        for statement in key.properties["KeyPolicy"]["Statement"]:
            if "Service" in statement["Principal"]:
                assert "${AWS::StackName}" in json.dumps(statement["Condition"])
                assert "kms:*" not in statement["Action"]
            else:
                assert statement["Principal"] == {"AWS": {"Fn::Sub": "arn:${AWS::Partition}:iam::${AWS::AccountId}:root"}}


def test_z19_domains_speak_tls_1_2_at_the_least() -> None:
    for domain in of_type("AWS::ApiGatewayV2::DomainName", "AWS::ApiGateway::DomainName"):
        for configuration in domain.properties["DomainNameConfigurations"]:
            assert configuration["SecurityPolicy"] == "TLS_1_2", str(domain)


def test_z19_distributions_speak_tls_1_2_at_the_least_on_both_sides() -> None:
    for distribution in of_type("AWS::CloudFront::Distribution"):
        config = distribution.properties["DistributionConfig"]
        assert config["HttpVersion"]
        for behavior in (config["DefaultCacheBehavior"], *config.get("CacheBehaviors", ())):
            assert behavior["ViewerProtocolPolicy"] in ("https-only", "redirect-to-https"), str(distribution)
        for origin in config["Origins"]:
            assert origin["CustomOriginConfig"]["OriginProtocolPolicy"] == "https-only"
            assert origin["CustomOriginConfig"]["OriginSSLProtocols"] == ["TLSv1.2"]
        assert "TLSv1.2_2021" in json.dumps(config["ViewerCertificate"])


def test_z19_mails_travel_encrypted_or_not_at_all() -> None:
    for configuration in of_service("AWS::SES::ConfigurationSet").values():
        assert configuration.properties["DeliveryOptions"]["TlsPolicy"] == "REQUIRE"
