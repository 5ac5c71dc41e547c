"""The routes of the admin function. Each names the one permission that it needs."""

from functions.admin.routes import audit, clients, keys, roles

ROUTERS = (roles.router, clients.router, audit.router, keys.router)
