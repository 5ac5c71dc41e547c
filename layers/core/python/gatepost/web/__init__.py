"""The edge to HTTP: the only part of the core that knows FastAPI.

Models build what validates and writes them when they are first used, not as they are defined: FastAPI's own too, most of which
are for an OpenAPI document that no function serves. To build them takes a sixth of FastAPI's import.
https://docs.pydantic.dev/latest/api/config/#pydantic.config.ConfigDict.defer_build
"""

import warnings

from pydantic import BaseModel
from pydantic.warnings import UnsupportedFieldAttributeWarning

# All models inherit it; so it's said before FastAPI defines its own.
BaseModel.model_config["defer_build"] = True
# FastAPI silences it while it makes its routes, and what it's about is built later now.
warnings.filterwarnings("ignore", category=UnsupportedFieldAttributeWarning)
