"""Nobody prepares an account on another's address, or has its owner confirm one (I-06)."""

from tests.integration.tables import items
from tests.support import Api, new_email, problem, token_of

VICTIMS = "the victim's own password"
ATTACKERS = "what the attacker chose"


def verify(api: Api, token: str, password: str) -> int:
    return api.post("/verify-email", {"token": token, "password": password}).status


def test_i06_what_an_attacker_registered_before_dies_when_the_victim_verifies(api: Api) -> None:
    email, attacker = new_email(), Api(api.stack)
    attacker.register(email, ATTACKERS, name="Mallory")
    attackers_token = api.mailed_token(email)
    api.register(email, VICTIMS, name="Victoria")
    victims_token = api.mailed_token(email)

    signed_in = api.post("/verify-email", {"token": victims_token, "password": VICTIMS}).json()

    assert signed_in["user"]["name"] == "Victoria"
    assert problem(attacker.login(email, ATTACKERS)) == (401, "invalid_credentials")
    assert verify(attacker, attackers_token, ATTACKERS) == 400
    assert api.login(email, VICTIMS).status == 200
    assert api.me(signed_in["access_token"]).status == 200
    assert not items(api, "SessionsTable", "email = :email", email=email)


def test_i06_what_an_attacker_registered_after_the_victim_dies_too(api: Api) -> None:
    email, attacker = new_email(), Api(api.stack)
    api.register(email, VICTIMS)
    victims_token = api.mailed_token(email)
    attacker.register(email, ATTACKERS)
    attackers_token = api.mailed_token(email)
    assert verify(api, victims_token, VICTIMS) == 200
    assert verify(attacker, attackers_token, ATTACKERS) == 400
    assert problem(attacker.login(email, ATTACKERS)) == (401, "invalid_credentials")


def test_i06_a_victim_who_follows_the_attackers_link_confirms_nothing(api: Api) -> None:
    email, attacker = new_email(), Api(api.stack)
    attacker.register(email, ATTACKERS)
    link = api.mailed_token(email)
    assert problem(api.post("/verify-email", {"token": link, "password": VICTIMS})) == (401, "invalid_credentials")
    assert problem(attacker.login(email, ATTACKERS)) == (401, "invalid_credentials")
    assert problem(api.login(email, VICTIMS)) == (401, "invalid_credentials")
    assert not items(api, "UsersTable", "email = :email", email=email)


def test_i06_a_victim_who_asks_for_the_mail_again_is_not_led_to_the_attackers_attempt(api: Api) -> None:
    """The newest attempt, which is mailed again, is the attacker's; the victim's own link is as good as before."""
    email, attacker = new_email(), Api(api.stack)
    api.register(email, VICTIMS)
    victims_token = api.mailed_token(email)
    attacker.register(email, ATTACKERS)
    api.post("/resend-verification", {"email": email})
    assert verify(api, api.mailed_token(email), VICTIMS) == 401
    assert verify(api, victims_token, VICTIMS) == 200
    assert problem(attacker.login(email, ATTACKERS)) == (401, "invalid_credentials")


def test_i06_an_attacker_gets_no_token_by_asking(api: Api) -> None:
    """Only the mailbox of the address gets one."""
    email, attacker = new_email(), Api(api.stack)
    answers = [
        attacker.register(email, ATTACKERS),
        attacker.post("/resend-verification", {"email": email}),
        attacker.login(email, ATTACKERS),
    ]
    tokens = {token_of(mail) for mail in api.mails(email)}
    assert len(tokens) == 2
    assert not [token for token in tokens for answer in answers if token in answer.body.decode() + str(answer.headers)]
    assert [mail.to for mail in api.mails(email)] == [email, email]


def test_i06_registering_an_address_that_has_an_account_changes_nothing_of_it(api: Api) -> None:
    email, attacker = new_email(), Api(api.stack)
    victim = api.sign_up(email, VICTIMS, name="Victoria")
    before = items(api, "UsersTable", "email = :email", email=email)

    assert attacker.register(email, ATTACKERS, name="Mallory").json() == {"status": "verification_required"}
    assert attacker.post("/resend-verification", {"email": email}).json() == {"status": "accepted"}

    notice = api.mails(email)[0]
    assert len(api.mails(email)) == 2  # the first is the victim's own
    assert notice.subject == "You already have an account at Gatepost"
    assert "token" not in notice.text + notice.html
    assert not notice.links
    assert "Mallory" not in notice.text + notice.html
    assert problem(attacker.login(email, ATTACKERS)) == (401, "invalid_credentials")
    assert api.me(victim["access_token"]).json() == victim["user"]
    assert api.login(email, VICTIMS).status == 200
    assert items(api, "UsersTable", "email = :email", email=email) == before


def test_i06_an_old_link_of_the_attacker_does_not_work_after_the_victims_account_stands(api: Api) -> None:
    """Nor does the attacker's own password make the victim's link work for them."""
    email, attacker = new_email(), Api(api.stack)
    attacker.register(email, ATTACKERS)
    api.post("/resend-verification", {"email": email})
    links = [token_of(mail) for mail in api.mails(email)]
    api.register(email, VICTIMS)
    victims_token = api.mailed_token(email)
    assert verify(attacker, victims_token, ATTACKERS) == 401
    assert verify(api, victims_token, VICTIMS) == 200
    assert [verify(attacker, link, ATTACKERS) for link in links] == [400, 400]
    assert [verify(api, link, VICTIMS) for link in links] == [400, 400]
