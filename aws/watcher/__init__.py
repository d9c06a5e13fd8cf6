"""The expiry watcher: a function that looks once a day, as `python -m aws watch-expiry` does.

In the function's zip are with it aws/errors.py, aws/expiry*.py but for what reads the index, and
cryptography; boto3 is the runtime's.
"""
