"""The laptop stack: certificates, service and proxy, started and stopped together.

The standard library alone: this runs before anything is installed.
"""
