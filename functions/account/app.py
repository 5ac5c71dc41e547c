"""Sign-up, sign-in and the signed-in user."""

from functions.account.routes import ROUTERS
from gatepost.config import AccountSettings
from gatepost.readiness import Readiness
from gatepost.service import connect
from gatepost.web.app import create_app, create_handler

service = connect(AccountSettings.from_environment())
app = create_app(*ROUTERS)
app.state.readiness = Readiness(service)
handler = create_handler(app, service)
