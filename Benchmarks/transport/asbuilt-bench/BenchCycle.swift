import ByteTransport
import CLIDialogue
import DeviceDrivers
import NETCONFProtocol
import SSHTransport
import Synchronization
import XMLDocuments

/// One device's work over an open connection: hello, get-config of the reply size, edit-config, commit, close-session; or
/// eight commands on a terminal. The steps and bytes are those of the C peer.
struct BenchCycle {
    struct Failed: Error { var what: String }
    var deadline: ContinuousClock.Instant

    // MARK: bytes only

    static let endMark = Array("]]>]]>".utf8)
    static let hello = Array(
        """
        <?xml version="1.0" encoding="UTF-8"?><hello xmlns="urn:ietf:params:xml:ns:netconf:base:1.0"><capabilities>\
        <capability>urn:ietf:params:netconf:base:1.0</capability></capabilities></hello>]]>]]>
        """.utf8)
    static let requests = [
        "<get-config><source><running/></source></get-config>",
        """
        <edit-config><target><candidate/></target><config><interfaces \
        xmlns="urn:ietf:params:xml:ns:yang:ietf-interfaces"><interface><name>GigabitEthernet0/1</name>\
        <description>set by test</description></interface></interfaces></config></edit-config>
        """, "<commit/>", "<close-session/>",
    ].enumerated().map { index, body in
        Array(
            """
            <?xml version="1.0" encoding="UTF-8"?><rpc xmlns="urn:ietf:params:xml:ns:netconf:base:1.0" \
            message-id="\(index + 101)">\(body)</rpc>]]>]]>
            """.utf8)
    }

    func bytesOnly(_ channel: any ByteChannel, requests: ArraySlice<[UInt8]>, saysHello: Bool) async throws {
        if saysHello { try await exchange(Self.hello, channel) }
        for request in requests { try await exchange(request, channel) }
    }

    private func exchange(_ message: [UInt8], _ channel: any ByteChannel) async throws {
        try await channel.write(message, deadline: deadline)
        // A message is answered before the next is sent, so the mark ends what came; it may come in pieces.
        var matched = 0
        while matched < Self.endMark.count {
            guard let bytes = try await channel.read(deadline: deadline) else { throw Failed(what: "ended") }
            if bytes.count >= Self.endMark.count {
                matched = bytes.suffix(Self.endMark.count).elementsEqual(Self.endMark) ? Self.endMark.count : 0
            }
            if matched == 0 || bytes.count < Self.endMark.count {
                for byte in bytes.suffix(Self.endMark.count) where matched < Self.endMark.count {
                    matched = Self.advance(matched, byte)
                }
            }
        }
    }

    /// How much of the end mark stands at the end of the stream after one more byte.
    private static func advance(_ matched: Int, _ byte: UInt8) -> Int {
        if byte == endMark[matched] { return matched + 1 }
        guard byte == 0x5D else { return 0 }
        return matched == 2 || matched == 5 ? 2 : 1
    }

    // MARK: the product's NETCONF path

    static let edit = EditConfig(
        target: .candidate,
        content: .config([
            XMLElement(
                XMLName("interfaces", in: "urn:ietf:params:xml:ns:yang:ietf-interfaces"), attributes: [],
                children: [
                    .element(
                        XMLElement(
                            XMLName("interface", in: "urn:ietf:params:xml:ns:yang:ietf-interfaces"), attributes: [],
                            children: [
                                .element(leaf("name", "GigabitEthernet0/1")),
                                .element(leaf("description", "set by test")),
                            ]))
                ])
        ]))

    private static func leaf(_ name: String, _ text: String) -> XMLElement {
        XMLElement(
            XMLName(name, in: "urn:ietf:params:xml:ns:yang:ietf-interfaces"), attributes: [], children: [.text(text)])
    }

    /// The four operations over the exchange that the driver uses, transcripts included.
    func netconf(_ channel: any ByteChannel, on connection: SSHConnection, isHolding: Bool, isWorking: Bool) async throws {
        var exchange = NETCONFExchange(
            device: "bench", channel: channel, transcript: BenchTranscript(), executor: connection.executor)
        _ = try await exchange.start(deadline: deadline)
        var operations: [NETCONFOperation] = [
            .getConfig(.running), .editConfig(Self.edit), .commit(CommitOptions()),
            .closeSession,
        ]
        if isHolding { operations = isWorking ? Array(operations.prefix(2)) : [] }
        for operation in operations {
            let reply = try await exchange.perform(operation, deadline: deadline)
            guard reply.errors.isEmpty else { throw Failed(what: "rpc-error") }
            if case .getConfig = operation, reply.document.root.first("data") == nil { throw Failed(what: "no data") }
        }
    }

    private func next(_ channel: any ByteChannel) async throws -> [UInt8] {
        guard let bytes = try await channel.read(deadline: deadline) else { throw Failed(what: "ended") }
        return bytes
    }

    // MARK: a terminal

    static let commands = [
        "terminal width 511", "terminal length 0", "configure terminal", "interface GigabitEthernet0/1",
        "description set by test", "mtu 9000", "end", "show version",
    ]

    func cli(_ channel: any ByteChannel) async throws {
        var dialogue = CLIDialogue(style: .ciscoIOS)
        while dialogue.prompt == nil {
            for case .send(let bytes) in dialogue.received(try await next(channel)) {
                try await channel.write(bytes, deadline: deadline)
            }
        }
        for command in Self.commands {
            try await channel.write(dialogue.command(command), deadline: deadline)
            var isAnswered = false
            while !isAnswered {
                for action in dialogue.received(try await next(channel)) {
                    switch action {
                    case .send(let bytes): try await channel.write(bytes, deadline: deadline)
                    case .finished: isAnswered = true
                    case .asked, .tooMuch: throw Failed(what: "\(action)")
                    case .ready: break
                    }
                }
            }
        }
        try await channel.write(Array("exit\n".utf8), deadline: deadline)
    }
}

/// Keeps what was said in memory, as a run does until it stores it.
final class BenchTranscript: TranscriptSink, Sendable {
    private let bytes = Mutex<[UInt8]>([])
    func record(_ direction: TranscriptDirection, _ more: [UInt8]) { bytes.withLock { $0 += more } }
}
