"""Administration: users, roles, clients, security events and keys."""

# First: it says how models are built, FastAPI's own included.
import gatepost.web  # noqa: F401

# isort: split

from functions.admin.routes import ROUTERS
from gatepost.aws.functions import RemoteFunction
from gatepost.config import AdminSettings
from gatepost.service import connect
from gatepost.web.app import create_app, create_handler

settings = AdminSettings.from_environment()
app = create_app(*ROUTERS)
app.state.keys_function = RemoteFunction(settings.keys_function)
handler = create_handler(app, connect(settings))
