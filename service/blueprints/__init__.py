"""Your endpoints. A new one is a file here and a name in BLUEPRINTS."""

from . import health, root, whoami

BLUEPRINTS = (health.bp, root.bp, whoami.bp)
