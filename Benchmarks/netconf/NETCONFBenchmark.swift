import Glibc
import NETCONFProtocol
import XMLDocuments

/// How long, in CPU time, a `<get-config>` reply takes from the bytes of a channel to a parsed tree, and how much memory.
///
///     netconf-benchmark parse BYTES REPETITIONS     the whole client: framing, XML, reply
///     netconf-benchmark print BYTES                 the same message on standard output, not framed
///     netconf-benchmark cycle BYTES REPETITIONS     whole sessions: hello, get-config of this size, edit-config, commit, close
@main struct NETCONFBenchmark {
    static func main() throws {
        let arguments = CommandLine.arguments.dropFirst()
        guard let command = arguments.first, let bytes = arguments.dropFirst().first.flatMap({ Int($0) }) else {
            print("usage: netconf-benchmark parse BYTES REPETITIONS | print BYTES")
            exit(2)
        }
        let message = Message(bytes: bytes)
        switch command {
        case "print":
            var output = message.start
            for index in 0..<message.count { output += message.entry(index) }
            output += message.end
            print(output)
        case "parse": try measure(message, arguments.dropFirst(2).first.flatMap { Int($0) } ?? 5)
        case "cycle": try cycle(bytes, arguments.dropFirst(2).first.flatMap { Int($0) } ?? 1_000)
        default: exit(2)
        }
    }

    /// The client's share of short sessions; the server's answers are made beforehand.
    static func cycle(_ bytes: Int, _ repetitions: Int) throws {
        let base = NETCONFNamespace.base
        let hello = NETCONFHello(
            capabilities: ["base:1.0"].map { "urn:ietf:params:netconf:" + $0 }
                + ["candidate:1.0", "confirmed-commit:1.1", "rollback-on-error:1.0", "validate:1.1"].map {
                    "urn:ietf:params:netconf:capability:" + $0
                }, sessionID: 4
        ).serialized()
        let message = Message(bytes: bytes)
        var data = message.start
        for index in 0..<message.count { data += message.entry(index) }
        data += message.end
        let mark = Array("]]>]]>".utf8)
        var answers: [(NETCONFOperation, [UInt8])] = [(.getConfig(.running), Array(data.utf8) + mark)]
        for operation in [NETCONFOperation.editConfig(edit), .commit(CommitOptions()), .closeSession] {
            let ok = "<rpc-reply xmlns=\"\(base)\" message-id=\"\(answers.count + 1)\"><ok/></rpc-reply>"
            answers.append((operation, Array(ok.utf8) + mark))
        }
        let begin = seconds()
        for _ in 0..<repetitions {
            var client = NETCONFClientSession()
            _ = try client.start()
            _ = try client.receive(hello + mark)
            for (operation, answer) in answers {
                _ = try client.request(operation)
                guard case .reply(let reply)? = try client.receive(answer).first, reply.isSuccess else { exit(1) }
            }
        }
        let each = (seconds() - begin) / Double(repetitions) * 1_000_000
        print("\(bytes) bytes: \((each * 10).rounded() / 10) microseconds of CPU a session, over \(repetitions)")
    }

    private static let edit = EditConfig(
        target: .candidate,
        content: .config([
            XMLElement(
                "interfaces", in: "urn:ietf:params:xml:ns:yang:ietf-interfaces",
                [
                    XMLElement(
                        "interface", in: "urn:ietf:params:xml:ns:yang:ietf-interfaces",
                        [
                            XMLElement("name", in: "urn:ietf:params:xml:ns:yang:ietf-interfaces", text: "eth0"),
                            XMLElement(
                                "description", in: "urn:ietf:params:xml:ns:yang:ietf-interfaces", text: "set by test"),
                        ])
                ])
        ]))

    /// A configuration of interfaces, made as it is sent, so that it is not itself in memory.
    struct Message {
        let count: Int
        let start = """
            <rpc-reply xmlns="urn:ietf:params:xml:ns:netconf:base:1.0" message-id="1"><data><interfaces \
            xmlns="urn:ietf:params:xml:ns:yang:ietf-interfaces">
            """
        let end = "</interfaces></data></rpc-reply>"

        init(bytes: Int) { count = max(1, bytes / 444) }

        func entry(_ index: Int) -> String {
            let number = String(1_000_000 + index)
            return """

                  <interface>
                    <name>GigabitEthernet0/0/\(number)</name>
                    <description>link \(number) to the neighbour, circuit C-\(number)</description>
                    <type xmlns:ianaift="urn:ietf:params:xml:ns:yang:iana-if-type">ianaift:ethernetCsmacd</type>
                    <enabled>true</enabled>
                    <ipv4 xmlns="urn:ietf:params:xml:ns:yang:ietf-ip">
                      <mtu>9000</mtu>
                      <address><ip>192.0.2.1</ip><prefix-length>31</prefix-length></address>
                    </ipv4>
                  </interface>
                """
        }

        /// Calls `body` with pieces as an SSH channel gives them, framed in chunks of 16 kB.
        func pieces(_ body: ([UInt8]) throws -> Void) throws {
            var chunk = Array(start.utf8)
            func flush() throws {
                var rest = Array("\n#\(chunk.count)\n".utf8) + chunk
                while !rest.isEmpty {
                    try body(Array(rest.prefix(32_768)))
                    rest.removeFirst(min(32_768, rest.count))
                }
                chunk.removeAll(keepingCapacity: true)
            }
            for index in 0..<count {
                chunk += Array(entry(index).utf8)
                if chunk.count > 16_000 { try flush() }
            }
            chunk += Array(end.utf8)
            try flush()
            try body(Array("\n##\n".utf8))
        }
    }

    static func measure(_ message: Message, _ repetitions: Int) throws {
        var server = NETCONFServerSession(
            sessionID: 1, capabilities: ["urn:ietf:params:netconf:base:1.1"], options: .init())
        // What a first reply of any size costs a process (code read in, libxml2's tables) is not the reply's.
        try exchange(Message(bytes: 8_192), &server)
        let before = peak()
        var best = Double.infinity
        var total = 0
        for _ in 0..<max(1, repetitions) {
            let (spent, bytes) = try exchange(message, &server)
            (best, total) = (min(best, spent), bytes)
        }
        let grown = Double(peak() - before) / Double(total)
        let milliseconds = (best * 100_000).rounded() / 100
        let times = (grown * 100).rounded() / 100
        print("\(total) bytes: \(milliseconds) ms of CPU, best of \(repetitions); memory \(times) x the text")
    }

    /// One reply on a session of its own: the CPU time from its pieces to its tree, and its size.
    @discardableResult
    static func exchange(_ message: Message, _ server: inout NETCONFServerSession) throws -> (
        seconds: Double, bytes: Int
    ) {
        var client = NETCONFClientSession()
        _ = try client.start()
        _ = try client.receive(server.start())
        _ = try client.request(.getConfig(.running))
        var (spent, total) = (0.0, 0)
        var reply: RPCReply?
        try message.pieces { piece in
            total += piece.count
            let begin = seconds()
            for case .reply(let found) in try client.receive(piece) { reply = found }
            spent += seconds() - begin
        }
        guard let reply, reply.isSuccess, let data = reply.data?.first("interfaces") else {
            print("no reply")
            exit(1)
        }
        guard data.elements.reduce(into: 0, { count, _ in count += 1 }) == message.count else { exit(1) }
        return (spent, total)
    }

    /// CPU time of this process.
    static func seconds() -> Double {
        var time = timespec()
        clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time)
        return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
    }

    /// Most memory ever resident, in bytes. Not `getrusage`: its figure outlives exec and may be the caller's.
    static func peak() -> Int {
        guard let file = fopen("/proc/self/status", "r") else { return 0 }
        defer { fclose(file) }
        var line = [CChar](repeating: 0, count: 256)
        while fgets(&line, Int32(line.count), file) != nil {
            let text = line.withUnsafeBufferPointer { $0.baseAddress.map { String(cString: $0) } ?? "" }
            guard text.hasPrefix("VmHWM:") else { continue }
            return (Int(text.filter(\.isNumber)) ?? 0) * 1_024
        }
        return 0
    }
}
