"""Where gunicorn comes in."""

from __future__ import annotations

import sys

from . import access_log
from .app import create_app
from .config import Config, InvalidConfiguration

access_log.to_stream()
try:
    app = create_app(Config.from_env())
except InvalidConfiguration as faults:
    for fault in str(faults).splitlines():
        sys.stderr.write(f"error: {fault}\n")
    sys.stderr.write("  hint: the variables stand in service/config.py\n")
    sys.exit(1)
