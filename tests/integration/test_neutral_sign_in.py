"""A refused sign-in tells nothing: not by its answer, and not by the work it was (I-05)."""

from collections.abc import Callable

import bcrypt
import boto3
import pytest
from time_machine import Traveller

from local.events import Response
from tests.calls import Work, measured
from tests.integration.inside import change_user
from tests.support import PASSWORD, Api, new_email, problem

WRONG = "not the password of anybody"
# What differs from one request to the next, whatever was asked.
OF_THE_REQUEST = {"x-request-id", "apigw-requestid"}


def unknown(api: Api) -> str:
    return new_email()


def known(api: Api) -> str:
    return str(api.sign_up()["user"]["email"])


def unverified(api: Api) -> str:
    email = new_email()
    assert api.register(email).status == 202
    return email


def disabled(api: Api) -> str:
    """No call of the API disables a user so far."""
    user = api.sign_up()["user"]
    boto3.client("dynamodb").update_item(
        TableName=api.table_name("UsersTable"),
        Key={"pk": {"S": f"USER#{user['id']}"}, "sk": {"S": "PROFILE"}},
        UpdateExpression="SET #status = :disabled",
        ConditionExpression="attribute_exists(pk)",
        ExpressionAttributeNames={"#status": "status"},
        ExpressionAttributeValues={":disabled": {"S": "disabled"}},
    )
    return str(user["email"])


def imported(api: Api) -> str:
    """An account that came with its hash of another system, which is quicker than ours."""
    user = api.sign_up()["user"]
    change_user(api, user["id"], password_hash=bcrypt.hashpw(PASSWORD.encode(), bcrypt.gensalt(4)).decode())
    return str(user["email"])


# Whose address, with what password.
REFUSED: dict[str, tuple[Callable[[Api], str], str]] = {
    "an unknown address": (unknown, PASSWORD),
    "a wrong password": (known, WRONG),
    "an unverified registration": (unverified, PASSWORD),
    "an unverified registration and a wrong password": (unverified, WRONG),
    "a disabled account": (disabled, PASSWORD),
    "a disabled account and a wrong password": (disabled, WRONG),
    "an imported account and a wrong password": (imported, WRONG),
    "a wrong password of one character": (known, "x"),
    "a wrong password of 256 characters": (known, "x" * 256),
}


def seen(answer: Response) -> tuple[int, dict[str, str], dict[str, object]]:
    """What of an answer could tell one case from another."""
    headers = {name: value for name, value in answer.headers if name not in OF_THE_REQUEST}
    return answer.status, headers, {name: value for name, value in answer.json().items() if name != "request_id"}


def refused(api: Api, case: str) -> tuple[Response, Work]:
    address, password = REFUSED[case]
    email = address(api)
    caller = Api(api.stack)  # as if it came from a client that nothing is known of
    return measured(lambda: caller.login(email, password))


@pytest.mark.parametrize("case", REFUSED)
def test_i05_every_refusal_of_a_sign_in_is_the_same_answer_for_the_same_work(api: Api, case: str) -> None:
    """The same calls to AWS on the same tables with the same capacity, and one password verified with the same parameters."""
    answer, (calls, hashes) = refused(api, case)
    other_answer, other_work = refused(api, "an unknown address")
    assert problem(answer) == (401, "invalid_credentials")
    assert seen(answer) == seen(other_answer)
    assert hashes == ("verify $argon2id$v=19$m=19456,t=2,p=1",)
    assert (calls, hashes) == other_work
    assert sum(calls.values()) == 5  # claim, two limits, user, audit event


def test_i05_a_good_sign_in_verifies_no_more_than_a_refused_one(api: Api) -> None:
    email = known(api)
    _, (_, hashes) = measured(lambda: api.login(email))
    assert hashes == ("verify $argon2id$v=19$m=19456,t=2,p=1",)


@pytest.mark.parametrize("address", [known, unverified, disabled])
def test_i05_a_limited_account_and_a_limited_unknown_address_get_the_same_answer_for_the_same_work(
    api: Api, clock: Traveller, address: Callable[[Api], str]
) -> None:
    outcomes = []
    for email in (address(api), unknown(api)):
        caller = Api(api.stack)
        assert [caller.login(email, WRONG).status for _ in range(10)] == [401] * 10
        clock.shift(7)
        outcomes.append([measured(lambda: caller.login(email, WRONG)), measured(lambda: caller.login(email))])  # noqa: B023
        clock.shift(-7)
    for answer, (_, hashes) in outcomes[0]:
        assert problem(answer) == (429, "too_many_requests")
        assert answer.header("retry-after") == "893"
        assert hashes == ()
    (first, second), (other_first, other_second) = outcomes
    assert (seen(first[0]), seen(second[0])) == (seen(other_first[0]), seen(other_second[0]))
    assert (first[1], second[1]) == (other_first[1], other_second[1])


def test_i05_a_refusal_does_not_name_the_account(api: Api) -> None:
    email = known(api)
    answer = api.login(email, WRONG)
    assert email not in answer.body.decode()
    assert WRONG not in answer.body.decode()
