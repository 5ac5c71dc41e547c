"""Sign-up, sign-in and the signed-in user."""

from gatepost.config import AccountSettings
from gatepost.service import connect
from gatepost.web.app import create_app, create_handler

from functions.account.routes import auth, me, public

app = create_app(auth.router, me.router, public.router)
handler = create_handler(app, connect(AccountSettings.from_environment()))
