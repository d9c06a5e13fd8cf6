"""Your endpoints. A new one is a file here and a name in BLUEPRINTS, or in of_the_registry()."""

from flask import Blueprint

from . import description, health, root, whoami

BLUEPRINTS = (health.bp, root.bp, whoami.bp, description.bp)


def of_the_registry() -> tuple[Blueprint, ...]:
    """Return those that need CLIENT_REGISTRY. Without it none of what they import is imported."""
    from . import clients, orders  # noqa: PLC0415

    return (clients.bp, orders.bp)


def without_the_registry() -> tuple[Blueprint, ...]:
    """Return what stands in for them where it is not set."""
    from . import unregistered  # noqa: PLC0415

    return (unregistered.bp,)
