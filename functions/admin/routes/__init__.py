"""The routes of the admin function. Each names the one permission that it needs."""

from functions.admin.routes import roles

ROUTERS = (roles.router,)
