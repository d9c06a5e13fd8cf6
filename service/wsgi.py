"""Where gunicorn comes in."""

from . import access_log
from .app import create_app
from .config import from_env_or_exit

access_log.to_stream()
app = create_app(from_env_or_exit())
