"""HTTP/1.1 and WebSocket as bytes, for clients that look at every one."""
import base64
import hashlib
import os
import re
import socket
import struct
from collections import namedtuple

PATIENCE_S = 20

TEXT, BINARY, CLOSE, PING, PONG = 1, 2, 8, 9, 10

Answer = namedtuple('Answer', 'status head names headers body')
Frame = namedtuple('Frame', 'first is_masked payload')


class Stream:
    """A socket that is read by lines and counts of bytes."""

    def __init__(self, sock):
        sock.settimeout(PATIENCE_S)
        self.socket = sock
        self.unread = b''

    def send(self, data):
        self.socket.sendall(data)

    def _more(self):
        """Returns whether there was any."""
        try:
            data = self.socket.recv(1 << 16)
        except ConnectionResetError:
            data = b''
        self.unread += data
        return bool(data)

    def read(self, n):
        while len(self.unread) < n:
            if not self._more():
                raise EOFError(f'the stream ended behind {self.unread!r}')
        data, self.unread = self.unread[:n], self.unread[n:]
        return data

    def read_head(self):
        while b'\r\n\r\n' not in self.unread:
            if not self._more():
                raise EOFError(f'the stream ended behind {self.unread!r}')
        return self.read(self.unread.index(b'\r\n\r\n') + 4)

    def read_to_end(self):
        while self._more():
            pass
        data, self.unread = self.unread, b''
        return data

    def read_answer(self):
        head = self.read_head()
        lines = head.decode('latin-1').split('\r\n')[:-2]
        pairs = [line.split(': ', 1) for line in lines[1:]]
        headers = {name.lower(): value for name, value in pairs}
        body = self.read(int(headers.get('content-length', 0)))
        return Answer(int(lines[0].split()[1]), head,
                      [name for name, _ in pairs], headers, body)

    def close(self):
        self.socket.close()


def request(method, target, headers, body=b''):
    lines = [f'{method} {target} HTTP/1.1']
    lines += [f'{name}: {value}' for name, value in headers]
    return '\r\n'.join(lines + ['', '']).encode('latin-1') + body


def accept_of(key):
    salted = key + '258EAFA5-E914-47DA-95CA-C5AB0DC85B11'
    return base64.b64encode(hashlib.sha1(salted.encode()).digest()).decode()


def frame(opcode, payload=b'', fin=True, rsv=0, mask=True, size=None):
    """A client's frame. @size: what the header says, if not the truth."""
    size = len(payload) if size is None else size
    first = bytes([(0x80 if fin else 0) | rsv << 4 | opcode])
    bit = 0x80 if mask else 0
    if size < 126:
        length = bytes([bit | size])
    elif size < 1 << 16:
        length = struct.pack('>BH', bit | 126, size)
    else:
        length = struct.pack('>BQ', bit | 127, size)
    if not mask:
        return first + length + payload
    key = os.urandom(4)
    pad = (key * (len(payload) // 4 + 1))[:len(payload)]
    masked = int.from_bytes(payload, 'big') ^ int.from_bytes(pad, 'big')
    return first + length + key + masked.to_bytes(len(payload), 'big')


class Client(Stream):
    """An open WebSocket."""

    def __init__(self, sock, answer):
        super().__init__(sock)
        self.answer = answer
        self.frames = []  # of the last message

    def send_frame(self, *args, **more):
        self.send(frame(*args, **more))

    def send_text(self, text, piece=32768):
        """In frames of at most @piece bytes."""
        data = text.encode() if isinstance(text, str) else text
        pieces = [data[i:i + piece] for i in range(0, len(data), piece)] or [b'']
        for i, part in enumerate(pieces):
            self.send_frame(0 if i else TEXT, part, fin=part is pieces[-1])

    def read_frame(self):
        first, second = self.read(2)
        size = second & 0x7f
        if size == 126:
            size, = struct.unpack('>H', self.read(2))
        elif size == 127:
            size, = struct.unpack('>Q', self.read(8))
        return Frame(first, bool(second & 0x80), self.read(size))

    def read_text(self):
        """The next message; anything but text frames is not welcome."""
        self.frames = [self.read_frame()]
        while not self.frames[-1].first & 0x80:
            self.frames.append(self.read_frame())
        expected = [TEXT] + [0] * (len(self.frames) - 1)
        if [f.first & 0x7f for f in self.frames] != expected:
            raise AssertionError(f'not a text message: {self.frames!r:.300}')
        return b''.join(f.payload for f in self.frames).decode()

    def read_close(self):
        """Returns code (None: there is none) and reason."""
        got = self.read_frame()
        if got.first != 0x80 | CLOSE or got.is_masked:
            raise AssertionError(f'not a close frame: {got!r:.300}')
        if not got.payload:
            return None, ''
        return struct.unpack('>H', got.payload[:2])[0], got.payload[2:].decode()

    def has_ended(self):
        """Whether the server ends the stream, and says no more before."""
        return self.read_to_end() == b''

    def whoami(self):
        self.send_text('whoami')
        return self.read_text()


def close_payload(code, reason=''):
    return struct.pack('>H', code) + reason.encode()


def dial(host, port, small=False, context=None):
    """@small: with little room for what is received."""
    if small:
        sock = socket.socket()
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        sock.connect((host, port))
    else:
        sock = socket.create_connection((host, port))
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return context.wrap_socket(sock) if context else sock


def is_match(pattern, text):
    return re.fullmatch(pattern, text) is not None
