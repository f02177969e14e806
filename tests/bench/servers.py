"""The relays that are measured: how to start each, and what it speaks."""

import glob
import json
import os
import shutil
import socket
import subprocess
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
PATIENCE_S = 20
KEY = "benchmarkbenchmarkbenchmark"


class Missing(Exception):
    """What a server needs is not on this machine."""


def find_program(name):
    path = shutil.which(name, path=os.environ.get("PATH", "") + ":/usr/sbin:/usr/local/sbin")
    if not path:
        raise Missing(f"no {name} here")
    return path


def free_port():
    """For those who cannot choose one themselves."""
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def wait_until_served(port, process):
    until = time.monotonic() + PATIENCE_S
    while time.monotonic() < until:
        if process.poll() is not None:
            raise RuntimeError(f"{process.args[-1]} ended with {process.returncode}")
        with socket.socket() as s:
            if s.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.01)
    raise RuntimeError(f"nobody listens on {port}")


class Server:
    """One process; used as `with Server(...) as server`."""

    name = dialect = None
    is_tls = False
    load_options = []

    def __init__(self, build, folder, cpu):
        self.build, self.folder, self.cpu = build, folder, cpu
        self.process = self.port = None

    def program(self, *parts):
        return os.path.join(self.build, *parts)

    def spawn(self, *command, **options):
        pin = ["taskset", "-c", str(self.cpu)]
        self.process = subprocess.Popen([*pin, *command], stdin=subprocess.DEVNULL, **options)

    def spawn_and_read_port(self, *command):
        """The program's first line ends with its port, or with PORT/PATH."""
        self.spawn(*command, stdout=subprocess.PIPE, text=True)
        line = self.process.stdout.readline()
        if not line.strip():
            raise RuntimeError(f"{command[0]} says no port")
        self.port = int(line.strip().split(":")[-1].split("/")[0])

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *_):
        if self.process:
            self.process.terminate()
            self.process.wait(PATIENCE_S)


class Floor(Server):
    name, dialect = "bench-floor", "raw"

    def start(self):
        self.spawn_and_read_port(self.program("tests/bench/bench-floor"))


def certificate(build, folder):
    """Made by the daemon; both kinds of server use it."""
    files = [os.path.join(folder, name) for name in ("cert.pem", "key.pem")]
    if not os.path.exists(files[1]):
        with Monologued(build, folder, 0, ["--listen=wss://127.0.0.1:0", f"--tls-certificate={files[0]}",
                                           f"--tls-key={files[1]}", "--tls-self-signed=true"]):
            pass
    return files


class FloorTls(Floor):
    name, is_tls = "bench-floor, TLS", True

    def start(self):
        self.spawn_and_read_port(self.program("tests/bench/bench-floor"), *certificate(self.build, self.folder))


class Monologued(Server):
    name, dialect = "monologued", "ws"
    load_options = [f"--key={KEY}"]

    def __init__(self, build, folder, cpu, settings=(), workers=1):
        super().__init__(build, folder, cpu)
        self.settings = [f"--workers={workers}", f"--api-key={KEY}", "--log-level=error",
                         *(settings or ["--listen=ws://127.0.0.1:0"])]

    def start(self):
        self.spawn_and_read_port(self.program("daemon/monologued"), *self.settings)


class MonologuedTls(Monologued):
    name, is_tls = "monologued, TLS", True

    def start(self):
        cert, key = certificate(self.build, self.folder)
        self.settings += ["--listen=wss://127.0.0.1:0", f"--tls-certificate={cert}", f"--tls-key={key}"]
        self.settings.remove("--listen=ws://127.0.0.1:0")
        super().start()


class Monologued4(Monologued):
    name = "monologued, 4 workers"

    def __init__(self, build, folder, cpu):
        super().__init__(build, folder, cpu, workers=4)


class NodeRelay(Server):
    name, dialect = "Node ws", "ws"

    def start(self):
        if not os.path.isdir(os.path.join(HERE, "../interop/node_modules/ws8")):
            raise Missing("no node_modules: run tests/run/npm.sh")
        self.spawn_and_read_port(find_program("node"), os.path.join(HERE, "node-relay.js"))


class Nats(Server):
    name, dialect = "nats-server", "nats"

    def start(self):
        ports = os.path.join(self.folder, "nats")
        os.makedirs(ports, exist_ok=True)
        self.spawn(find_program("nats-server"), "-a", "127.0.0.1", "-p", "-1", "--ports_file_dir", ports,
                   "-l", os.devnull)
        until = time.monotonic() + PATIENCE_S
        pattern = os.path.join(ports, f"*_{self.process.pid}.ports")
        while not (found := glob.glob(pattern)) and time.monotonic() < until:
            time.sleep(0.01)
        with open(found[0]) as file:
            self.port = int(json.load(file)["nats"][0].rsplit(":", 1)[1])
        os.unlink(found[0])


class Mosquitto(Server):
    name, dialect = "mosquitto", "mqtt"

    def start(self):
        self.port = free_port()
        path = os.path.join(self.folder, "mosquitto.conf")
        with open(path, "w") as file:
            file.write(f"listener {self.port} 127.0.0.1\nallow_anonymous true\nset_tcp_nodelay true\n"
                       "max_queued_messages 0\nlog_dest none\nuser root\n")
        self.spawn(find_program("mosquitto"), "-c", path, stderr=subprocess.DEVNULL)
        wait_until_served(self.port, self.process)


class Redis(Server):
    name, dialect = "Redis", "resp"

    def start(self):
        self.port = free_port()
        self.spawn(find_program("redis-server"), "--bind", "127.0.0.1", "--port", str(self.port), "--save", "",
                   "--appendonly", "no", "--protected-mode", "no", "--maxclients", "10000", "--logfile", "", "--dir", self.folder,
                   stdout=subprocess.DEVNULL)
        wait_until_served(self.port, self.process)
