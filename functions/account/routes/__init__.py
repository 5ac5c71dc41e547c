"""The routes of the account function."""

from functions.account.routes import auth, me, public, sessions

ROUTERS = (auth.router, me.router, sessions.router, public.router)
