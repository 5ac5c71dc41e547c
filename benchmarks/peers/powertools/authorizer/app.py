import os

from aws_lambda_powertools.utilities.auth_alpha.jwt import JWTVerifier

verifier = JWTVerifier(
    issuer=os.environ["ISSUER"],
    audience=os.environ["AUDIENCE"],
    algorithms=["RS256"],
    required_claims=["sub"],
)


def handler(event, context):
    return verifier.authorize(event, scopes=["orders:read"], response_format="simple", context_claims=["sub"])
