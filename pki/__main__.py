"""Where python -m pki comes in."""

import gc
import sys

# A file of 2 MiB becomes half a million objects, and none of them is garbage: by default the
# collector looks at them again and again, for half of the time that reading takes.
gc.set_threshold(50_000)

try:
    from .cli import main

    main()
except KeyboardInterrupt:  # while still importing
    sys.exit(130)
