"""Settings of gunicorn, for the container and the plain process alike.

What the proxy in front bounds, AWS's load balancer bounds as well (16 K a header, 64 K all), so
gunicorn's own narrower limits are opened.
"""

import os

bind = os.environ.get("BIND", "unix:.run/service.sock")
umask = 0o077  # of the socket: no other local user can speak for the proxy
worker_class = "gthread"
workers = int(os.environ.get("WORKERS", "2"))
threads = int(os.environ.get("THREADS", "4"))
wsgi_app = "service.wsgi:app"

# A load balancer keeps idle connections for 60 s; who closes first must not be us.
keepalive = 75
timeout = 90
graceful_timeout = 30

limit_request_line = 0
limit_request_field_size = 128 * 1024  # 0 is not unlimited, as documented, but 8190
limit_request_fields = 4096

# Headers with "_" in their names are dropped: WSGI would make them equal to those with "-".
header_map = "drop"
# By default a trusted peer may also set SCRIPT_NAME and PATH_INFO by header.
forwarder_headers = ""
trusted = os.environ.get("TRUSTED_PROXIES", "").replace(",", " ").split()
forwarded_allow_ips = ",".join(peer for peer in trusted if peer not in {"unix", "elb"})
# By default X-Forwarded-Ssl, which clients can send, contradicts the proxy's own header: 400.
secure_scheme_headers = {"X-FORWARDED-PROTO": "https"}

# Nothing outside needs to command it while it runs.
control_socket_disable = True

accesslog = None  # the service writes the one line per request
errorlog = "-"
loglevel = "warning"


def on_starting(_server: object) -> None:
    """Tell a fault in the configuration once, before any worker meets it."""
    from service.config import from_env_or_exit, or_exit  # noqa: PLC0415  (no path is set up before)

    registry = from_env_or_exit().registry
    if registry is not None:
        from service.registry.opening import open_at_start  # noqa: PLC0415

        or_exit(lambda: open_at_start(registry)).close()
