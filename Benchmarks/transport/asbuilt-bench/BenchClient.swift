import ByteTransport
import Diagnostics
import Glibc
import SSHTransport

/// Runs the cycles with a limited width and prints what they cost.
struct BenchClient {
    let options: BenchOptions
    private let connector: SSHConnector
    private let pins: HostKeyIndex
    private let hops: [SSHHop]

    /// Learns the host keys first: each cycle then checks them as the product does.
    init(_ options: BenchOptions) async throws {
        self.options = options
        connector = try SSHConnector(group: ReactorGroup(count: options.reactors))
        let first = SSHTarget(host: options.address(0), port: options.port, user: options.user)
        let soon = ContinuousClock.now + .seconds(30)
        var text = ""
        for key in try await connector.scanHostKeys(of: first, deadline: soon) {
            for index in 0..<(options.isSpread ? options.count : 1) {
                text += HostKeyIndex.line(host: options.address(index), port: options.port, key: key) + "\n"
            }
        }
        if let port = options.jumpPort {
            let target = SSHTarget(host: "127.0.0.1", port: port, user: options.jumpUser)
            for key in try await connector.scanHostKeys(of: target, deadline: soon) {
                text += HostKeyIndex.line(host: "127.0.0.1", port: port, key: key) + "\n"
            }
            hops = [SSHHop(target: target, credentials: [.key(try SSHPrivateKey(file: options.jumpKey))])]
        } else {
            hops = []
        }
        if let file = options.knownHosts { text += try BenchClient.text(of: file) }
        pins = HostKeyIndex(text: text, file: "bench")
    }

    private static func text(of path: String) throws -> String {
        guard let file = fopen(path, "r") else { throw BenchOptions.Wrong(what: "\(path) cannot be read") }
        defer { fclose(file) }
        var bytes: [UInt8] = []
        var piece = [UInt8](repeating: 0, count: 1 << 20)
        while case let count = fread(&piece, 1, piece.count, file), count > 0 { bytes += piece[..<count] }
        return String(decoding: bytes, as: UTF8.self)
    }

    private struct Held: Sendable {
        var connection: SSHConnection
        var channel: any ByteChannel
    }

    func run() async {
        let before = ProcessFigures.now
        let start = ContinuousClock.now
        var (good, bad) = (0, 0)
        var held: [Held] = []
        await withTaskGroup(of: Held?.self) { group in
            var next = 0
            func add() {
                let index = next
                next += 1
                group.addTask { await one(index) }
            }
            var done = 0
            while next < min(options.concurrency, options.count) { add() }
            for await result in group {
                done += 1
                if let result {
                    good += 1
                    if options.isHolding { held.append(result) }
                } else {
                    bad += 1
                }
                if next < options.count { add() }
            }
        }
        let wall = ContinuousClock.now - start
        let after = ProcessFigures.now
        let cpu = after.user + after.system - before.user - before.system
        let seconds = Double(wall.components.seconds) + Double(wall.components.attoseconds) / 1e18
        print(
            """
            {"mode":"asbuilt-\(options.cycle.rawValue)","n":\(options.count),"conc":\(options.concurrency),"ok":\(good),"bad":\(bad),\
            "hold":\(held.count),"wall":\(seconds),"user":\(after.user - before.user),"sys":\(after.system - before.system),\
            "cpu_ms_dev":\(cpu * 1000 / Double(max(1, options.count))),"rss0_kb":\(before.residentKB),"rss1_kb":\(after.residentKB),\
            "kb_sess":\(Double(after.residentKB - before.residentKB) / Double(max(1, options.count))),"fds":\(after.descriptors)}
            """)
        fflush(nil)
        if options.isHolding {
            var byte: UInt8 = 0
            while read(0, &byte, 1) > 0 {}
        }
        withExtendedLifetime(held) {}
        _exit(bad == 0 ? 0 : 2)
    }

    private func one(_ index: Int) async -> Held? {
        let deadline = ContinuousClock.now + .seconds(120)
        let cycle = BenchCycle(deadline: deadline)
        let target = SSHTarget(host: options.address(index), port: options.port, user: options.user)
        do {
            let connection = try await connector.connect(
                to: target, through: hops, pins: pins, credentials: [.password(Secret(options.password))],
                deadline: deadline)
            return try await withTaskExecutorPreference(connection.executor) {
                try await work(connection, cycle, deadline)
            }
        } catch {
            ProcessFigures.complain("device \(index): \(error)\n")
            return nil
        }
    }

    private func work(_ connection: SSHConnection, _ cycle: BenchCycle, _ deadline: ContinuousClock.Instant)
        async throws -> Held
    {
        let kind: ChannelKind = options.cycle == .cli ? .shell(columns: 511, rows: 24) : .subsystem("netconf")
        let channel = try await connection.open(kind, deadline: deadline)
        switch options.cycle {
        case .transport:
            let requests =
                options.isHolding ? BenchCycle.requests.prefix(options.isWorking ? 2 : 0) : BenchCycle.requests[...]
            try await cycle.bytesOnly(channel, requests: requests, saysHello: true)
        case .netconf:
            try await cycle.netconf(
                channel, on: connection, isHolding: options.isHolding, isWorking: options.isWorking)
        case .cli: try await cycle.cli(channel)
        }
        if options.isHolding { return Held(connection: connection, channel: channel) }
        await connection.close()
        return Held(connection: connection, channel: channel)
    }
}
