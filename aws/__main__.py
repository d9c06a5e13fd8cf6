"""Where python -m aws comes in."""

import sys

try:
    from .cli import main

    main()
except KeyboardInterrupt:  # while still importing
    sys.exit(130)
