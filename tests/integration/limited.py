"""Clients that have reached a limit."""

from gatepost import limits
from gatepost.aws.clients import client
from gatepost.limits import Limit
from gatepost.storage.table import Database
from local.stack import Stack
from tests.support import Api


def client_that_registered_too_often(stack: Stack) -> Api:
    """Return a client whose address has made all the registrations of its hour, without making them."""
    api = Api(stack)
    database, limit = Database(client("dynamodb")), Limit("registration", 60, 3600)
    for _ in range(60):
        limits.reserve(database, api.table_name("SessionsTable"), limit, api.ip)
    return api
