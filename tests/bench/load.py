"""Clients that ask as fast as they are answered: four processes with bare sockets, so that they cost the machine little."""

import multiprocessing
import re
import socket
import time
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import chain, cycle
from urllib.parse import urlencode

CLIENTS = 4
HOST = "127.0.0.1"
LENGTH = re.compile(rb"content-length: *(\d+)", re.IGNORECASE)


def request(path: str, *, cookie: str = "", form: dict[str, object] | None = None) -> bytes:
    """A GET, or a POST of this form, as it goes over the wire."""
    body = urlencode(form).encode() if form is not None else b""
    lines = [f"{'GET' if form is None else 'POST'} {path} HTTP/1.1", f"Host: {HOST}", "Accept-Language: it"]
    lines += [f"Cookie: {cookie}"] if cookie else []
    if form is not None:
        lines += ["Content-Type: application/x-www-form-urlencoded", f"Content-Length: {len(body)}"]
    return "\r\n".join([*lines, "", ""]).encode() + body


@dataclass
class Outcome:
    """What clients saw: seconds of each answer, how many of each status, the bytes of a body, seconds it all took."""

    seconds: list[float] = field(default_factory=list)
    statuses: Counter = field(default_factory=Counter)
    size: int = 0
    elapsed: float = 0.0


class Client:
    """One connection, opened again where the server has closed it."""

    def __init__(self, port: int) -> None:
        self.port, self.socket = port, None

    def send(self, message: bytes) -> None:
        if self.socket is None:
            self.socket = socket.create_connection((HOST, self.port), timeout=60)
            self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.socket.sendall(message)

    def receive(self) -> tuple[int, bytes, bytes]:
        """Status, head and body of an answer that gives its length; one that gives none has no body."""
        data = b""
        while (end := data.find(b"\r\n\r\n")) < 0:
            data += self._more()
        head = data[:end]
        told = LENGTH.search(head)
        length = int(told[1]) if told else 0
        while len(data) < end + 4 + length:
            data += self._more()
        if b"Connection: close" in head:
            self.close()
        return int(head[9:12]), head, data[end + 4 :]

    def _more(self) -> bytes:
        if not (data := self.socket.recv(262_144)):
            raise ConnectionError("the server closed the connection in mid-answer")
        return data

    def ask(self, message: bytes) -> tuple[int, bytes, bytes]:
        try:
            self.send(message)
            return self.receive()
        except ConnectionResetError:  # a kept connection may be closed just as it is used again
            self.close()
            self.send(message)
            return self.receive()

    def close(self) -> None:
        if self.socket:
            self.socket.close()
            self.socket = None


def _work(task: tuple[int, Sequence[bytes], bool, float, float]) -> Outcome:
    port, messages, again, begin, seconds = task
    client, outcome = Client(port), Outcome()
    time.sleep(max(0.0, begin - time.monotonic()))
    for message in cycle(messages) if again else messages:
        asked = time.monotonic()
        if outcome.seconds and asked - begin > seconds:
            break
        status, _, body = client.ask(message)
        outcome.seconds.append(time.monotonic() - asked)
        outcome.statuses[status] += 1
        outcome.size = len(body)
    outcome.elapsed = time.monotonic() - begin
    client.close()
    return outcome


class Clients:
    """CLIENTS processes that stay for the whole run."""

    def __enter__(self) -> "Clients":
        self.pool = multiprocessing.get_context("spawn").Pool(CLIENTS)
        return self

    def __exit__(self, *_) -> None:
        self.pool.terminate()
        self.pool.join()

    def run(self, port: int, messages: Iterable[Sequence[bytes]], seconds: float, *, again: bool = True) -> Outcome:
        """Each client sends its own messages for so many seconds, over and over; again=False: each message once. The first one in
        any case."""
        begin = time.monotonic() + 0.05
        tasks = [(port, one, again, begin, seconds) for one in messages]
        outcomes = self.pool.map(_work, tasks, chunksize=1)
        together = Outcome(
            seconds=sorted(chain.from_iterable(one.seconds for one in outcomes)),
            size=max(one.size for one in outcomes),
            elapsed=max(one.elapsed for one in outcomes),
        )
        for one in outcomes:
            together.statuses += one.statuses
        return together


def volley(port: int, messages: Sequence[bytes]) -> list[int]:
    """The statuses of messages sent all at once: each has a connection of its own, and none is read before all are out."""
    clients = [Client(port) for _ in messages]
    for client in clients:
        client.socket = socket.create_connection((HOST, port), timeout=60)
    for client, message in zip(clients, messages, strict=True):
        client.send(message)
    statuses = [client.receive()[0] for client in clients]
    for client in clients:
        client.close()
    return statuses
