"""Administration: users, roles, clients, security events and keys."""

from functions.admin.routes import ROUTERS
from gatepost.config import AdminSettings
from gatepost.service import connect
from gatepost.web.app import create_app, create_handler

handler = create_handler(create_app(*ROUTERS), connect(AdminSettings.from_environment()))
