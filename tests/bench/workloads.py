"""What is measured: who bears which load, which figure is compared with whose,
and what we mean to reach."""

from dataclasses import dataclass

from servers import Floor, FloorTls, Monologued, Monologued4, MonologuedTls, Mosquitto, Nats, NodeRelay, Redis

PEERS = [NodeRelay, Nats, Mosquitto, Redis]


@dataclass
class Side:
    server: type
    options: list  # of bench-load


@dataclass
class Workload:
    name: str
    ours: Side
    base: Side  # None: the figure stands for itself
    goal: float  # at most: a ratio, or what the unit says; None: to look at
    unit: str = "of the floor"
    mode: str = "relay"
    figure: str = "cpu_us"  # of what bench-load prints; "idle": bytes of each
    peers: tuple = ()

    def value(self, result):
        if self.figure == "idle":
            return (result["rss"] - result["rss_before"]) / result["messages"]
        return result[self.figure]


def pairs(n, window, *more):
    return [f"--pairs={n}", f"--window={window}", *more]


def relayed(name, goal, options, peers=()):
    return Workload(name, Side(Monologued, options), Side(Floor, options), goal, peers=tuple(peers))


FIFTY = pairs(50, 1)
SIXTEEN = pairs(50, 16)
FLOOD = pairs(50, 1, "--flood=2000", "--warmup=3")

WORKLOADS = [
    relayed("256 B, 50 pairs, 1 outstanding", 1.08, FIFTY, PEERS),
    relayed("256 B, 1000 pairs, 1 outstanding", 1.05, pairs(1000, 1)),
    relayed("256 B, 50 pairs, 16 outstanding", 1.8, SIXTEEN, PEERS),
    relayed("256 B, 50 callers of one callee, 4 outstanding", 2.0, pairs(50, 4, "--hot")),
    relayed("256 B of UTF-8, 50 pairs, 1 outstanding", None, pairs(50, 1, "--shape=utf8")),
    relayed("1 KB nested JSON", 1.25, pairs(50, 1, "--size=1024", "--shape=nested")),
    relayed("16 KB string", 1.40, pairs(50, 1, "--size=16384"), PEERS),
    relayed("16 KB of UTF-8", None, pairs(50, 1, "--size=16384", "--shape=utf8")),
    relayed("16 KB nested JSON", 3.0, pairs(50, 1, "--size=16384", "--shape=nested")),
    relayed("100 KB string in 32 KB frames", 1.9, pairs(50, 1, "--size=102400")),
    Workload("256 B over TLS, 1 outstanding", Side(MonologuedTls, FIFTY), Side(Floor, FIFTY), 1.9),
    Workload("256 B over TLS, 16 outstanding", Side(MonologuedTls, SIXTEEN), Side(Floor, SIXTEEN), 5),
    Workload("256 B, 10,000 idle connections beside", Side(Monologued, FIFTY + ["--idle=10000"]),
             Side(Monologued, FIFTY), 1.1, "of without them"),
    Workload("256 B, 4 workers", Side(Monologued4, FIFTY), Side(Monologued, FIFTY), 1.1, "of one worker"),
    Workload("connect, upgrade, whoami, close", Side(Monologued, []), Side(Floor, []), 1.35,
             "of TCP connect, 1 byte, close", "churn"),
    Workload("TLS 1.3 handshake, whoami, close", Side(MonologuedTls, []), Side(FloorTls, []), 1.135,
             "of TLS handshake, 1 byte, close", "churn"),
    Workload("memory of an idle connection", Side(Monologued, ["--idle=9000"]), None, 345, "bytes", "idle", "idle",
             tuple(PEERS)),
    Workload("memory of an idle connection, TLS", Side(MonologuedTls, ["--idle=2000"]), None, 15872, "bytes", "idle",
             "idle"),
    Workload("p99 beside a reader that stops reading", Side(Monologued, FLOOD + ["--deaf"]),
             Side(Monologued, FLOOD), 1.1, "of beside one that reads", "relay", "p99_us"),
]


def find(text):
    return [w for w in WORKLOADS if text.lower() in w.name.lower()]
