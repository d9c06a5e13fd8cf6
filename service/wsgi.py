"""Where gunicorn comes in."""

from .access_log import SoonAfter
from .app import create_app
from .config import from_env_or_exit, or_exit

config = from_env_or_exit()
app = or_exit(lambda: create_app(config, log=SoonAfter()))
