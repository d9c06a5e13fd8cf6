"""Why an API with mutual TLS does not work, from the outside in.

probe.py asks, and makes Facts; checks.CHECKS makes findings of them, and asks nothing; causes.py
says what each finding means, and docs/troubleshooting.md is made of it.
"""
