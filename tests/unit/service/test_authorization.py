"""What a view demands: marked where it is found."""

from collections.abc import Callable
from typing import Any

import pytest
from flask.views import MethodView

from service.authorization import demands, public, requires, requires_api_key, requires_token

MARKS: list[Callable[..., Any]] = [public, requires_token, requires_api_key, requires("a:b")]


@pytest.mark.parametrize("mark", MARKS, ids=["public", "token", "api key", "scope"])
def test_a_method_cannot_be_marked_since_nobody_would_look_there(mark: Callable[..., Any]) -> None:
    def get(self: MethodView) -> str:
        return type(self).__name__

    with pytest.raises(ValueError, match=r"get' is a method, expected a function"):
        mark(get)


def test_a_class_is_marked_by_its_decorators() -> None:
    class Orders(MethodView):
        decorators = [requires("orders:read")]  # noqa: RUF012  (as Flask has it)

        def get(self) -> str:
            return type(self).__name__

    assert demands(Orders.as_view("orders")).scopes == {"orders:read"}


def test_nothing_is_required_by_no_scope() -> None:
    with pytest.raises(ValueError, match="without a scope means nothing"):
        requires()
