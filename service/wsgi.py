"""Where gunicorn comes in."""

from .access_log import SoonAfter
from .app import create_app
from .config import from_env_or_exit

app = create_app(from_env_or_exit(), log=SoonAfter())
