"""Where python -m bench comes in."""

import sys

from .cli import main

sys.exit(main())
