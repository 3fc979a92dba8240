"""Serve files from memory on loopback over HTTP/1.1, with connections kept; validators and a log."""
import asyncio
import hashlib
import threading


class Server:
    """Runs on a thread of its own; `counts` tells how often each path was answered."""

    def __init__(self, address="127.0.0.1", port=0):
        self.address, self.port, self.files, self.counts = address, port, {}, {}
        self._loop, self._started = asyncio.new_event_loop(), threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()
        self._started.wait()

    @property
    def origin(self):
        return f"http://{self.address}:{self.port}"

    def publish(self, files):
        """`files`: path (with query) to media type and text."""
        ready = {}
        for path, (kind, text) in files.items():
            body = text.encode()
            tag = hashlib.sha256(body).hexdigest()[:20]
            head = (f"HTTP/1.1 200 OK\r\nContent-Type: {kind}\r\nContent-Length: {len(body)}\r\n"
                    f'ETag: "{tag}"\r\n\r\n').encode()
            ready[path] = head + body
        self.files = ready

    def close(self):
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()

    def _run(self):
        asyncio.set_event_loop(self._loop)
        server = self._loop.run_until_complete(asyncio.start_server(self._serve, self.address, self.port))
        self.port = server.sockets[0].getsockname()[1]
        self._started.set()
        self._loop.run_forever()
        server.close()

    async def _serve(self, reader, writer):
        try:
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                path = head.split(b" ", 2)[1].decode("latin-1")
                self.counts[path] = self.counts.get(path, 0) + 1
                answer = self.files.get(path)
                writer.write(answer or b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n")
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError, asyncio.LimitOverrunError):
            pass
        finally:
            writer.close()
