"""The routes of the admin function. Each names the one permission that it needs."""

from functions.admin.routes import audit, clients, keys, roles, user_roles, user_sessions, users

ROUTERS = (
    users.router,
    user_sessions.router,
    user_roles.router,
    roles.router,
    clients.router,
    audit.router,
    keys.router,
)
