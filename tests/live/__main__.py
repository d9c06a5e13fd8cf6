"""python -m tests.live."""

from tests.live.cli import main

main()
