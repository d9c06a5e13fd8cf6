"""Where python -m pki comes in."""

from .cli import main

main()
