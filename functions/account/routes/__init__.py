"""The routes of the account function."""

from functions.account.routes import auth, me, public

ROUTERS = (auth.router, me.router, public.router)
