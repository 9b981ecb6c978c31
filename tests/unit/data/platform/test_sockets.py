"""Two programs never listen on one port, and a port is free again at once."""

from __future__ import annotations

import socket

import pytest

from data.platform.sockets import bind_alone


def _listener(port: int) -> socket.socket:
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    try:
        bind_alone(listener, ("127.0.0.1", port))
        listener.listen()
    except BaseException:
        listener.close()
        raise
    return listener


def test_a_port_that_is_taken_is_refused() -> None:
    with _listener(0) as first, pytest.raises(OSError, match=r".") as caught:
        _listener(first.getsockname()[1])
    assert caught.value.errno is not None


def test_a_port_is_free_again_at_once() -> None:
    with _listener(0) as first:
        port = first.getsockname()[1]
        with socket.create_connection(("127.0.0.1", port)) as client:
            served, _ = first.accept()
            served.close()  # the side that closes first keeps the port in TIME_WAIT
            client.recv(1)
    _listener(port).close()
