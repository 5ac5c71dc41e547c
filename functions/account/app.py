"""Sign-up, sign-in and the signed-in user."""

# First: it says how models are built, FastAPI's own included.
import gatepost.web  # noqa: F401

# isort: split

from functions.account.routes import ROUTERS
from gatepost.config import AccountSettings
from gatepost.service import connect
from gatepost.web.app import create_app, create_handler

handler = create_handler(create_app(*ROUTERS), connect(AccountSettings.from_environment()))
