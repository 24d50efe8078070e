"""A server on loopback."""

import socket
import threading
import time

import pytest


@pytest.fixture
def serve():
    """Starts a server of model folders on a free port; returns its address."""
    import uvicorn

    from kassandra.serving.app import Limits, create_app

    servers = []

    def serve(*folders, **limits):
        config = uvicorn.Config(create_app(list(folders), Limits(**limits)), log_level="error", lifespan="off")
        server = uvicorn.Server(config)
        opened = socket.create_server(("127.0.0.1", 0))
        thread = threading.Thread(target=server.run, args=([opened],), daemon=True)
        thread.start()
        servers.append((server, thread, opened))
        while not server.started:
            time.sleep(0.01)
        return f"http://127.0.0.1:{opened.getsockname()[1]}"

    yield serve
    for server, thread, opened in servers:
        server.should_exit = True
        thread.join(10)
        opened.close()
