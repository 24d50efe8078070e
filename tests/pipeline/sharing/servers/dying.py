"""`python dying.py PORT UP DOWN`: a way to the server at PORT that dies once clients sent UP bytes or got DOWN."""

import asyncio
import os
import sys


async def serve(port: str, *limits: str) -> None:
    left = [int(limit) for limit in limits]

    async def pass_on(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, direction: int) -> None:
        while data := await reader.read(4096):
            left[direction] -= len(data)
            if left[direction] < 0:
                os._exit(1)  # at once, in the middle of whatever was going on
            writer.write(data)
            await writer.drain()
        writer.close()

    async def connect(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        answers, requests = await asyncio.open_connection("127.0.0.1", int(port))
        await asyncio.gather(pass_on(reader, requests, 0), pass_on(answers, writer, 1), return_exceptions=True)

    server = await asyncio.start_server(connect, "127.0.0.1", 0)
    print(f"port {server.sockets[0].getsockname()[1]}", flush=True)
    await server.serve_forever()


asyncio.run(serve(*sys.argv[1:]))
