"""The API: the same package under gunicorn and in Lambda."""
