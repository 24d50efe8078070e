"""`python sftp.py FOLDER KEYS`: serves FOLDER by SFTP to whoever has a key of the file KEYS, until it is killed."""

import asyncio
import sys

import asyncssh


async def serve(folder: str, keys: str) -> None:
    server = await asyncssh.listen(
        "127.0.0.1",
        0,
        server_host_keys=[asyncssh.generate_private_key("ssh-ed25519")],
        authorized_client_keys=keys,
        sftp_factory=lambda channel: asyncssh.SFTPServer(channel, chroot=folder),
    )
    print(f"port {server.get_port()}", flush=True)
    await server.wait_closed()


asyncio.run(serve(*sys.argv[1:]))
