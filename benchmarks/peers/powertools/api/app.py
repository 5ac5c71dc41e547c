from typing import Literal

from aws_lambda_powertools import Logger
from aws_lambda_powertools.event_handler import APIGatewayHttpResolver
from aws_lambda_powertools.logging import correlation_paths
from pydantic import BaseModel, EmailStr, Field

logger = Logger(service="auth")
app = APIGatewayHttpResolver(enable_validation=True)


class RegisterRequest(BaseModel):
    email: EmailStr
    password: str = Field(min_length=12, max_length=256)
    name: str | None = Field(default=None, max_length=100)


class Registered(BaseModel):
    status: Literal["verification_required"] = "verification_required"


@app.post("/v1/auth/register")
def register(body: RegisterRequest) -> Registered:
    logger.info("request", extra={"route": "/v1/auth/register"})
    return Registered()


@logger.inject_lambda_context(correlation_id_path=correlation_paths.API_GATEWAY_HTTP)
def handler(event, context):
    return app.resolve(event, context)
