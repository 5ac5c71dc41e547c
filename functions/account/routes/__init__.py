"""The routes of the account function."""

from functions.account.routes import api_keys, auth, me, public, sessions

ROUTERS = (auth.router, me.router, sessions.router, api_keys.router, public.router)
