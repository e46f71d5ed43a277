#!/usr/bin/env python3
"""run.py [--rounds R] [--count N] [--only ROW,ROW…] [--peers]

Measures the transport against its peers, interleaved in one run, and prints the table. Rows: cycle, cli, wall, slow, held,
server, listening, jump, known-hosts, soak. --peers adds Go and Python clients (Go with golang.org/x/crypto from the system's
packages; ncclient, asyncssh and netmiko from PyPI into the build folder).

Needs gcc and libssh-dev; the jump row needs sshd. Everything listens on loopback and ends with the run. CPU is what the kernel
counts for the client's process (wait4) and the server's threads (schedstat), in milliseconds per device.
"""

import argparse
import json
import os
import shutil
import signal
import statistics
import subprocess
import sys
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
BUILD = ROOT / ".build-bench"
WORK = BUILD / "transport"
BENCH = BUILD / "release" / "asbuilt-bench"


def build(with_peers):
    WORK.mkdir(parents=True, exist_ok=True)
    environment = dict(os.environ, ASBUILT_BENCHMARKS="1", ASBUILT_TARGETS="SSHTransport,NETCONFProtocol,CLIDialogue,DeviceDrivers")
    subprocess.run(
        ["swift", "build", "-c", "release", "--product", "asbuilt-bench", "--scratch-path", str(BUILD)],
        cwd=ROOT, env=environment, check=True, stdout=subprocess.DEVNULL)
    for name in ["reactor_client", "reactor_server", "cli_client"]:
        subprocess.run(
            ["gcc", "-O2", "-w", "-o", str(WORK / name), str(HERE / "peers" / f"{name}.c"), "-lssh", "-lpthread"],
            check=True)
    for name in ["host", "user"]:
        if not (WORK / name).exists():
            subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(WORK / name)], check=True)
    if not with_peers:
        return
    if shutil.which("go"):
        environment = dict(os.environ, GO111MODULE="off", GOPATH="/usr/share/gocode")
        subprocess.run(["go", "build", "-o", str(WORK / "go-client"), "."], cwd=HERE / "peers" / "go-client",
                       env=environment, check=True)
    if not (WORK / "python" / "ready").exists():
        subprocess.run([sys.executable, "-m", "venv", str(WORK / "python")], check=True)
        subprocess.run([str(WORK / "python/bin/pip"), "-q", "install", "ncclient==0.7.1", "asyncssh==2.24.1",
                        "netmiko==4.8.0"], check=True)
        (WORK / "python" / "ready").touch()


class Server:
    """A server that ends with this value."""

    def __init__(self, command, port):
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL,
                                        stderr=subprocess.DEVNULL)
        self.port = port
        import socket
        for _ in range(200):
            try:
                socket.create_connection(("127.0.0.1", port), 1).close()
                return
            except OSError:
                time.sleep(0.05)
        raise SystemExit(f"{command[0]} does not listen on {port}")

    def cpu(self):
        """Seconds of CPU of its threads."""
        total = 0
        for path in Path(f"/proc/{self.process.pid}/task").glob("*/schedstat"):
            total += int(path.read_text().split()[0])
        return total / 1e9

    def tree_cpu(self):
        """The same of it and the children it has waited for."""
        fields = Path(f"/proc/{self.process.pid}/stat").read_text().rsplit(")", 1)[1].split()
        return sum(int(fields[index]) for index in (11, 12, 13, 14)) / os.sysconf("SC_CLK_TCK")

    def resident(self):
        return resident(self.process.pid)

    def end(self):
        self.process.kill()
        self.process.wait()


def resident(pid):
    for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
        if line.startswith("Rss:"):
            return int(line.split()[1]) / 1024
    return 0


def c_server(port, *more):
    return Server([str(WORK / "reactor_server"), "-p", str(port), "-k", str(WORK / "host"), "-b", "32768", *more], port)


def our_server(port, *more):
    return Server([str(BENCH), "server", "--port", str(port), *more], port)


def c_client(port, count, concurrency=64):
    return [str(WORK / "reactor_client"), "-m", "ep", "-c", str(concurrency), "-p", str(port), "-n", str(count)]


def our_client(port, count, *more, cycle="transport", concurrency=64):
    return [str(BENCH), "client", "--cycle", cycle, "--spread", "--port", str(port), "--count", str(count),
            "--concurrency", str(concurrency), *more]


def run(command, count, core=None):
    """Client CPU in ms per device and wall seconds; as the client counts itself where it does."""
    if core is not None:
        command = ["taskset", "-c", str(core), *command]
    before = time.monotonic()
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    output, errors = process.stdout.read(), process.stderr.read()
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = status
    wall = time.monotonic() - before
    if status != 0:
        raise SystemExit(f"{' '.join(command)} failed: {errors.decode(errors='replace')[:500]}")
    line = output.decode(errors="replace").strip().splitlines()[-1]
    if line.startswith("{"):
        figures = json.loads(line)
        return figures["cpu_ms_dev"], float(figures["wall"])
    return (usage.ru_utime + usage.ru_stime) * 1000 / count, wall


def interleaved(rounds, commands, count, server=None, core=None):
    """Medians of client CPU, server CPU and wall by name, all commands run in turn in each round."""
    figures = {name: [] for name, _ in commands}
    for _ in range(rounds):
        for name, command in commands:
            start = server.cpu() if server else 0
            cpu, wall = run(command, count, core)
            time.sleep(0.2)
            figures[name].append((cpu, (server.cpu() - start) * 1000 / count if server else 0, wall))
    return {name: [statistics.median(row[column] for row in rows) for column in range(3)] for name, rows in figures.items()}


def show(title, figures, base, column=0, unit="ms"):
    print(f"\n{title}")
    for name, row in figures.items():
        print(f"  {name:<38} {row[column]:>9.3f} {unit}   {row[column] / figures[base][column]:>6.2f} ×")
    sys.stdout.flush()


# Rows


def row_cycle(arguments):
    server = c_server(2310)
    try:
        count = arguments.count
        commands = [("C reactor", c_client(2310, count)), ("asbuilt, transport", our_client(2310, count)),
                    ("asbuilt, NETCONF", our_client(2310, count, cycle="netconf"))]
        if (WORK / "go-client").exists() and arguments.peers:
            commands.append(("Go x/crypto", [str(WORK / "go-client"), "-p", "2310", "-n", str(count), "-w", "64"]))
        show("client CPU per NETCONF cycle", interleaved(arguments.rounds, commands, count, server), "C reactor")
        if arguments.peers:
            few = 200
            python = [str(WORK / "python/bin/python3"), str(HERE / "peers/python_clients.py")]
            commands = [("C reactor", c_client(2310, few)), ("asbuilt, NETCONF", our_client(2310, few, cycle="netconf")),
                        ("asyncssh", [*python, "asyncssh", str(few), "64", "2310"]),
                        ("ncclient, 64 threads", [*python, "ncclient", str(few), "64", "2310"])]
            show(f"the same, {few} devices (with the start of the program)", interleaved(1, commands, few, server), "C reactor")
    finally:
        server.end()


def row_cli(arguments):
    server = c_server(2311)
    try:
        count = arguments.count
        commands = [("C, one thread", [str(WORK / "cli_client"), "2311", str(count), "1"]),
                    ("asbuilt", our_client(2311, count, cycle="cli"))]
        show("client CPU per CLI cycle", interleaved(arguments.rounds, commands, count, server), "C, one thread")
        if arguments.peers:
            few = 100
            python = [str(WORK / "python/bin/python3"), str(HERE / "peers/python_clients.py")]
            commands = [("C, one thread", [str(WORK / "cli_client"), "2311", str(few), "1"]),
                        ("asbuilt", our_client(2311, few, cycle="cli")), ("netmiko", [*python, "netmiko", str(few), "64", "2311"])]
            show(f"the same, {few} devices", interleaved(1, commands, few, server), "C, one thread")
    finally:
        server.end()


def row_wall(arguments):
    server = c_server(2312)
    try:
        commands = [("C reactor", c_client(2312, 1000)), ("asbuilt, transport", our_client(2312, 1000)),
                    ("asbuilt, NETCONF", our_client(2312, 1000, cycle="netconf"))]
        show("1,000 devices, instant answers, one client core: wall", interleaved(arguments.rounds, commands, 1000, server, core=0),
             "C reactor", 2, "s")
    finally:
        server.end()


def row_slow(arguments):
    server = c_server(2313, "-d", "2000")
    try:
        commands = [("C reactor", c_client(2313, 1000, 1000)),
                    ("asbuilt, NETCONF", our_client(2313, 1000, cycle="netconf", concurrency=1000))]
        show("1,000 devices, commits take 2 s: wall", interleaved(1, commands, 1000, server), "C reactor", 2, "s")
    finally:
        server.end()


def row_held(arguments):
    print("\nsessions held: MB of the client's process, CPU per session to open them, idle CPU")
    for count, more in [(500, []), (5000, []), (5000, ["--work"]), (10000, []), (10000, ["--work"])]:
        server = our_server(2314)
        try:
            base = server.resident()
            client = subprocess.Popen(our_client(2314, count, "--hold", *more, cycle="netconf"), stdin=subprocess.PIPE,
                                      stdout=subprocess.PIPE)
            figures = json.loads(client.stdout.readline())
            time.sleep(1)
            start, start_server = cpu_of(client.pid), server.cpu()
            time.sleep(5)
            idle, idle_server = (cpu_of(client.pid) - start) / 5, (server.cpu() - start_server) / 5
            print(f"  {count:>6} {'after 8 KB of work' if more else 'after hello':<20} client {resident(client.pid):7.1f} MB"
                  f"   server {server.resident() - base:7.1f} MB   {figures['cpu_ms_dev']:.3f} ms each"
                  f"   idle {idle * 100:.3f} % / {idle_server * 100:.3f} %   ok {figures['ok']}")
            sys.stdout.flush()
            client.kill()
            client.wait()
        finally:
            server.end()


def cpu_of(pid):
    """Seconds of CPU of a whole process, threads that have ended too."""
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def row_server(arguments):
    count = arguments.count
    figures = {"C server": [], "asbuilt": []}
    for _ in range(arguments.rounds):
        for name, make, port in [("C server", c_server, 2315), ("asbuilt", our_server, 2316)]:
            server = make(port)
            try:
                start = server.cpu()
                run(c_client(port, count), count)
                time.sleep(0.2)
                figures[name].append((server.cpu() - start) * 1000 / count)
            finally:
                server.end()
    show("server CPU per cycle, the C client on the other side",
         {name: [statistics.median(values)] for name, values in figures.items()}, "C server")


def row_listening(arguments):
    process = subprocess.Popen([str(BENCH), "server", "--port", "10000", "--devices", "10000"], stdin=subprocess.PIPE,
                               stdout=subprocess.PIPE)
    figures = json.loads(process.stdout.readline())
    print(f"\n10,000 listening devices: {(resident(process.pid) * 1024 - figures['rss0_kb']) / 1024:.1f} MB, {figures['wall']:.2f} s")
    sys.stdout.flush()
    process.kill()
    process.wait()


def row_jump(arguments):
    count = min(arguments.count, 500)
    config = WORK / "sshd_config"
    config.write_text(
        f"ListenAddress 127.0.0.1\nPort 2317\nHostKey {WORK}/host\nPidFile none\nAuthorizedKeysFile {WORK}/user.pub\n"
        "StrictModes no\nPermitRootLogin yes\nUsePAM no\nMaxStartups 1000\nMaxSessions 1000\n")
    os.makedirs("/run/sshd", exist_ok=True)
    server, jump = c_server(2318), Server(["/usr/sbin/sshd", "-D", "-f", str(config)], 2317)
    try:
        way = ["--jump", "2317", "--jump-key", str(WORK / "user")]
        commands = [("direct", our_client(2318, count)), ("through sshd", our_client(2318, count, *way))]
        show("client CPU per cycle through a jump host", interleaved(arguments.rounds, commands, count, server), "direct")
    finally:
        server.end()
        jump.end()


def row_known_hosts(arguments):
    count = min(arguments.count, 500)
    plain, hashed = WORK / "known-plain", WORK / "known-hashed"
    if not hashed.exists():
        key = " ".join((WORK / "user.pub").read_text().split()[:2])
        plain.write_text("".join(f"other-{index}.example.net {key}\n" for index in range(10000)))
        hashed.write_text(plain.read_text())
        subprocess.run(["ssh-keygen", "-q", "-H", "-f", str(hashed)], check=True, stdout=subprocess.DEVNULL,
                       stderr=subprocess.DEVNULL)
    server = c_server(2319)
    try:
        commands = [("no other hosts", our_client(2319, count)),
                    ("10,000 others, plain", our_client(2319, count, "--known-hosts", str(plain))),
                    ("10,000 others, hashed", our_client(2319, count, "--known-hosts", str(hashed)))]
        show("client CPU per cycle with 10,000 known hosts", interleaved(arguments.rounds, commands, count, server),
             "no other hosts")
    finally:
        server.end()


def row_soak(arguments):
    """10,000 cycles on 200 devices; memory and descriptors of both sides while they run."""
    server = our_server(2320)
    try:
        client = subprocess.Popen(our_client(2320, 10000, cycle="netconf", concurrency=200), stdout=subprocess.PIPE)
        samples = []
        while client.poll() is None:
            try:
                samples.append((resident(client.pid), len(os.listdir(f"/proc/{client.pid}/fd")), server.resident(),
                                len(os.listdir(f"/proc/{server.process.pid}/fd"))))
            except (OSError, ProcessLookupError):
                break
            time.sleep(0.25)
        line = json.loads(client.stdout.readline())
        print(f"\nsoak: 10,000 cycles, 200 at a time, {line['ok']} good; MB and descriptors of the client, the same of the server")
        for part in (0.1, 0.25, 0.5, 0.75, 0.95):
            row = samples[int(len(samples) * part)]
            print(f"  at {part * 100:3.0f} %   client {row[0]:6.1f} MB {row[1]:>4}   server {row[2]:6.1f} MB {row[3]:>4}")
    finally:
        server.end()


ROWS = {"cycle": row_cycle, "cli": row_cli, "wall": row_wall, "slow": row_slow, "held": row_held, "server": row_server,
        "listening": row_listening, "jump": row_jump, "known-hosts": row_known_hosts, "soak": row_soak}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--count", type=int, default=1000)
    parser.add_argument("--only", default=",".join(ROWS))
    parser.add_argument("--peers", action="store_true")
    arguments = parser.parse_args()
    wanted = arguments.only.split(",")
    if unknown := [name for name in wanted if name not in ROWS]:
        parser.error(f"no such row: {', '.join(unknown)}; there are {', '.join(ROWS)}")
    import resource
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    build(arguments.peers)
    print(f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}, {arguments.rounds} rounds, medians")
    for name in wanted:
        ROWS[name](arguments)


if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.default_int_handler)
    main()
