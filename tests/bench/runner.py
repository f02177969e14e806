"""Runs workloads in rounds, server and load on a CPU each."""

import json
import os
import subprocess
import sys
from dataclasses import dataclass, field
from statistics import median

from servers import Missing

STEAL_MAX = 0.05  # of all CPU time: more, and the run is repeated
REPEATS_MAX = 3


@dataclass
class Figures:
    """Of one workload: what bench-load printed, round by round."""

    workload: object
    ours: list = field(default_factory=list)
    base: list = field(default_factory=list)
    peers: dict = field(default_factory=dict)  # by name

    def median(self, results):
        return median(self.workload.value(r) for r in results)

    def ratios(self, results):
        """Round by round, so that what disturbs both does not count."""
        value = self.workload.value
        return [value(r) / value(b) for r, b in zip(results, self.base)]

    def verdicts(self, results):
        """What is held against the goal."""
        return self.ratios(results) if self.base else [self.workload.value(r) for r in results]


class Runner:
    def __init__(self, build, folder, rounds, seconds):
        self.build, self.folder = build, folder
        self.rounds, self.seconds = rounds, seconds
        cpus = sorted(os.sched_getaffinity(0))
        self.server_cpu, self.load_cpu = cpus[0], cpus[1] if len(cpus) > 1 else cpus[0]
        self.spinners = []

    def __enter__(self):
        for cpu in (self.server_cpu, self.load_cpu):
            self.spinners.append(subprocess.Popen(
                ["chrt", "--idle", "0", "taskset", "-c", str(cpu), "sh", "-c", "while :; do :; done"]))
        return self

    def __exit__(self, *_):
        for spinner in self.spinners:
            spinner.kill()
            spinner.wait()

    def load(self, server, mode, options):
        command = ["taskset", "-c", str(self.load_cpu), os.path.join(self.build, "tests/bench/bench-load"),
                   f"--dialect={server.dialect}", f"--port={server.port}", f"--pid={server.process.pid}",
                   f"--seconds={self.seconds}", *server.load_options, *(["--tls"] if server.is_tls else []),
                   *options, mode]
        return json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout)

    def measure(self, side, mode):
        """One run with a server of its own."""
        for repeat in range(REPEATS_MAX):
            with side.server(self.build, self.folder, self.server_cpu) as server:
                result = self.load(server, mode, side.options)
            if result["steal"] <= STEAL_MAX:
                return result
            print(f"  {100 * result['steal']:.0f}% stolen by the host: again", file=sys.stderr)
        return result

    def round(self, figures, peers):
        w = figures.workload
        if w.base:
            figures.base.append(self.measure(w.base, w.mode))
        figures.ours.append(self.measure(w.ours, w.mode))
        for peer in peers:
            side = type(w.ours)(peer, w.ours.options)
            figures.peers.setdefault(peer.name, []).append(self.measure(side, w.mode))

    def present(self, peers):
        """Those that are on this machine."""
        here = []
        for peer in peers:
            try:
                with peer(self.build, self.folder, self.server_cpu):
                    here.append(peer)
            except Missing as missing:
                print(f"{peer.name} is left out: {missing}", file=sys.stderr)
        return here

    def run(self, workloads, with_peers):
        all_figures = []
        here = self.present({p: 0 for w in workloads for p in w.peers}) if with_peers else []
        for w in workloads:
            figures = Figures(w)
            for _ in range(self.rounds):
                self.round(figures, [p for p in w.peers if p in here])
            verdict = figures.verdicts(figures.ours)
            print(f"{w.name}: {median(verdict):.2f} {w.unit}", file=sys.stderr)
            all_figures.append(figures)
        return all_figures
