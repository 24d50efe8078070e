"""`python dying.py SERVER PORT UP DOWN`: PORT leads to SERVER, another port, till clients sent UP bytes or got DOWN.

Then it is gone at once, in the middle of whatever was going on. PORT 0: any that is free.
"""

import asyncio
import os
import sys


async def serve(server: int, port: int, *limits: int) -> None:
    left = list(limits)

    async def pass_on(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, direction: int) -> None:
        while data := await reader.read(4096):
            left[direction] -= len(data)
            if left[direction] < 0:
                os._exit(1)
            writer.write(data)
            await writer.drain()
        writer.close()

    async def connect(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        answers, requests = await asyncio.open_connection("127.0.0.1", server)
        await asyncio.gather(pass_on(reader, requests, 0), pass_on(answers, writer, 1), return_exceptions=True)

    listening = await asyncio.start_server(connect, "127.0.0.1", port)
    print(f"port {listening.sockets[0].getsockname()[1]}", flush=True)
    await listening.serve_forever()


asyncio.run(serve(*map(int, sys.argv[1:])))
