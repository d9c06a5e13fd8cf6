"""Where `python -m proxy` comes in."""

from .cli import main

if __name__ == "__main__":
    main()
