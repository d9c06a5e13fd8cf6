"""A Flask application with the view of /orders/{id}, and nothing that asks who is calling."""

from __future__ import annotations

from flask import Flask, Response
from msgspec.json import Encoder

from service.orders.opening import open_orders


def create_app(url: str, client: str) -> Flask:
    """Answer GET /orders/{id} with that order of *client*, from the store at *url*."""
    orders, encode = open_orders(url), Encoder().encode
    app = Flask(__name__, static_folder=None)

    @app.get("/orders/<order_id>")
    def read(order_id: str) -> Response:
        body = encode(orders.get(client, order_id)) + b"\n"
        return Response(body, mimetype="application/json")

    return app
