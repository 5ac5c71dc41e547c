"""AWS in this process."""

import json
import os
from pathlib import Path

import boto3
import pytest
from botocore.exceptions import ClientError

from local.aws import create_key, embedded_aws
from local.resources import ACCOUNT, REGION

KEY = "3f2504e0-4f89-41d3-9a0c-0305e82c3301"


def test_the_developers_own_settings_stay_out_of_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / ".aws").mkdir()
    (tmp_path / ".aws" / "credentials").write_text("[mine]\naws_access_key_id = mine\naws_secret_access_key = mine\n")
    monkeypatch.setenv("HOME", str(tmp_path))
    for name in ("AWS_PROFILE", "AWS_SESSION_TOKEN", "AWS_ENDPOINT_URL", "AWS_ACCESS_KEY_ID"):
        monkeypatch.setenv(name, "mine")
    with embedded_aws():
        assert "AWS_PROFILE" not in os.environ
        assert "AWS_ENDPOINT_URL" not in os.environ
        assert boto3.Session().available_profiles == []
        assert boto3.client("sts").get_caller_identity()["Account"] == ACCOUNT
        assert boto3.client("dynamodb").meta.region_name == REGION
    assert os.environ["AWS_PROFILE"] == os.environ["AWS_ACCESS_KEY_ID"] == "mine"


def test_dynamodb_local_is_asked_where_the_environment_names_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL_DYNAMODB", "http://localhost:8000")
    with embedded_aws():
        assert boto3.client("dynamodb").meta.endpoint_url == "http://localhost:8000"
        assert boto3.client("dynamodbstreams").meta.endpoint_url == "http://localhost:8000"
    monkeypatch.setenv("AWS_ENDPOINT_URL_DYNAMODB_STREAMS", "http://localhost:8001")
    with embedded_aws():
        assert boto3.client("dynamodbstreams").meta.endpoint_url == "http://localhost:8001"


def test_a_key_has_the_id_it_was_made_with(tmp_path: Path) -> None:
    arn = f"arn:aws:kms:{REGION}:{ACCOUNT}:key/{KEY}"
    with embedded_aws():
        create_key(KEY, tmp_path / "kms-key.json")
        kms = boto3.client("kms")
        for name in (KEY, arn):
            wrapped = kms.encrypt(KeyId=name, Plaintext=b"secret", EncryptionContext={"a": "b"})["CiphertextBlob"]
            assert kms.decrypt(CiphertextBlob=wrapped, EncryptionContext={"a": "b"})["Plaintext"] == b"secret"
        assert kms.describe_key(KeyId=KEY)["KeyMetadata"]["Arn"] == arn
        assert len(kms.list_keys()["Keys"]) == 1
    assert not (tmp_path / "kms-key.json").exists()


def test_what_a_key_wrapped_outlives_the_process_where_tables_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / ".local" / "kms-key.json"
    monkeypatch.setenv("AWS_ENDPOINT_URL_DYNAMODB", "http://localhost:8000")
    with embedded_aws():
        create_key(KEY, file)
        wrapped = boto3.client("kms").encrypt(KeyId=KEY, Plaintext=b"secret")["CiphertextBlob"]
    assert file.stat().st_mode & 0o777 == 0o600
    assert list(json.loads(file.read_text())) == [KEY]
    with embedded_aws():
        create_key(KEY, file)
        assert boto3.client("kms").decrypt(CiphertextBlob=wrapped)["Plaintext"] == b"secret"


def test_without_that_a_key_dies_with_the_process(tmp_path: Path) -> None:
    with embedded_aws():
        create_key(KEY, tmp_path / "kms-key.json")
        wrapped = boto3.client("kms").encrypt(KeyId=KEY, Plaintext=b"secret")["CiphertextBlob"]
    with embedded_aws():
        create_key(KEY, tmp_path / "kms-key.json")
        with pytest.raises(ClientError):
            boto3.client("kms").decrypt(CiphertextBlob=wrapped)
