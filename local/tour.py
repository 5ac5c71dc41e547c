"""What is printed once everything is ready: addresses, the administrator, and a tour to paste into a shell."""

from collections.abc import Mapping

_TOUR = """\
Gatepost is ready.

  API            {api}
  Mailbox        {api}/_local/mailbox
  Events         {api}/_local/events
  Documentation  {api}/docs
{examples}
  Administrator  {email}
  Password       {password}
  Command line   .venv/bin/gatepost --local {api} --help

A tour, to paste into another terminal:

  # Sign up. The answer is the same for an address that has an account already.
  curl -s {api}/v1/auth/register -H 'content-type: application/json' \\
    -d '{{"email": "ada@example.com", "password": "correct horse battery staple"}}'

  # The mail holds a link with a token; the token and the password together make the account and sign in.
  TOKEN=$(curl -s '{api}/_local/mailbox?to=ada@example.com' | sed -n 's/.*token=\\([A-Za-z0-9_-]*\\).*/\\1/p' | head -n 1)
  curl -s {api}/v1/auth/verify-email -H 'content-type: application/json' \\
    -d "{{\\"token\\": \\"$TOKEN\\", \\"password\\": \\"correct horse battery staple\\"}}"

  # Sign in, and read the profile.
  ACCESS=$(curl -s {api}/v1/auth/login -H 'content-type: application/json' \\
    -d '{{"email": "ada@example.com", "password": "correct horse battery staple"}}' \\
    | sed -n 's/.*"access_token": *"\\([^"]*\\)".*/\\1/p')
  curl -s {api}/v1/me -H "authorization: Bearer $ACCESS"
{example_tour}
Ctrl-C stops it; what it holds is gone then{kept}.
"""

_EXAMPLE_TOUR = """
  # Another team's API accepts that token, and knows whose it is.
  curl -s {example}/me -H "authorization: Bearer $ACCESS"
"""

_IN_TOUR = "Example API"


def tour(api: str, examples: Mapping[str, str], email: str, password: str, database: str | None) -> str:
    """Return the text for the service at `api` and the addresses of the examples by their titles.

    `database` is where tables outlive it.
    """
    return _TOUR.format(
        api=api,
        examples="".join(f"  {title:14} {url}\n" for title, url in examples.items()),
        example_tour=_EXAMPLE_TOUR.format(example=examples[_IN_TOUR]) if _IN_TOUR in examples else "",
        email=email,
        password=password,
        kept=f", except for the tables at {database}" if database else "",
    )
