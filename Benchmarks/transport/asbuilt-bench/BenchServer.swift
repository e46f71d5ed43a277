import ByteTransport
import Glibc
import NETCONFProtocol
import SSHTransport

/// A device without a model behind it: canned answers of a chosen size, so that what is measured is the transport.
struct BenchDevice: ServerHandler {
    let user: String
    let password: String
    let configuration: [UInt8]
    let commitDelay: Duration

    init(_ options: BenchOptions) {
        (user, password, commitDelay) = (options.user, options.password, options.commitDelay)
        var text = #"<data><interfaces xmlns="urn:ietf:params:xml:ns:yang:ietf-interfaces">"#
        var index = 0
        while text.utf8.count < options.replyBytes - 300 {
            text += """
                <interface><name>GigabitEthernet0/\(index)</name><description>link to peer \(index)</description>\
                <type xmlns:ianaift="urn:ietf:params:xml:ns:yang:iana-if-type">ianaift:ethernetCsmacd</type>\
                <enabled>true</enabled></interface>
                """
            index += 1
        }
        configuration = Array((text + "</interfaces></data></rpc-reply>]]>]]>").utf8)
    }

    func authenticate(_ attempt: LoginAttempt, on connection: ServerConnection) -> Bool {
        if case .password(let given) = attempt.proof { attempt.user == user && given == password } else { false }
    }

    func open(_ channel: ServerChannel) -> (any ServerChannelMachine)? {
        switch channel.kind {
        case .subsystem("netconf"): BenchNETCONF(device: self)
        case .shell: BenchTerminal()
        case .exec, .subsystem: nil
        }
    }
}

/// NETCONF 1.0 by end marks; knows a request by its name only.
private struct BenchNETCONF: ServerChannelMachine {
    let device: BenchDevice
    private var inbox: [UInt8] = []
    private var late: String?

    init(device: BenchDevice) { self.device = device }

    private static let hello = Array(
        """
        <?xml version="1.0" encoding="UTF-8"?>
        <hello xmlns="urn:ietf:params:xml:ns:netconf:base:1.0"><capabilities>\
        <capability>urn:ietf:params:netconf:base:1.0</capability>\
        <capability>urn:ietf:params:netconf:capability:candidate:1.0</capability>\
        <capability>urn:ietf:params:netconf:capability:confirmed-commit:1.1</capability>\
        <capability>urn:ietf:params:netconf:capability:rollback-on-error:1.0</capability>\
        <capability>urn:ietf:params:netconf:capability:validate:1.1</capability>\
        </capabilities><session-id>4</session-id></hello>]]>]]>
        """.utf8)

    func opened(at now: ContinuousClock.Instant) -> [ServerChannelAction] { [.send(Self.hello)] }

    mutating func received(_ bytes: [UInt8], at now: ContinuousClock.Instant) -> [ServerChannelAction] {
        if inbox.isEmpty { inbox = bytes } else { inbox += bytes }
        var actions: [ServerChannelAction] = []
        while let message = nextMessage() { actions += answer(message, now) }
        return actions
    }

    mutating func woken(at now: ContinuousClock.Instant) -> [ServerChannelAction] {
        guard let id = late else { return [] }
        late = nil
        return [.send(Self.reply(id) + Array("<ok/></rpc-reply>]]>]]>".utf8))]
    }

    private static let mark = Array("]]>]]>".utf8)

    private mutating func nextMessage() -> String? {
        guard inbox.count >= 6 else { return nil }
        guard
            let end = (0...(inbox.count - 6)).first(where: {
                inbox[$0] == 0x5D && inbox[$0..<($0 + 6)].elementsEqual(Self.mark)
            })
        else { return nil }
        let message = String(decoding: inbox[..<end], as: UTF8.self)
        if end + 6 == inbox.count { inbox = [] } else { inbox.removeFirst(end + 6) }
        return message
    }

    private mutating func answer(_ message: String, _ now: ContinuousClock.Instant) -> [ServerChannelAction] {
        guard let id = Self.messageID(message) else { return [] }
        if message.contains("<get-config") { return [.send(Self.reply(id) + device.configuration)] }
        let ok = Self.reply(id) + Array("<ok/></rpc-reply>]]>]]>".utf8)
        if message.contains("<close-session") { return [.send(ok), .close] }
        if message.contains("<commit"), device.commitDelay > .zero {
            late = id
            return [.wake(at: now + device.commitDelay)]
        }
        return [.send(ok)]
    }

    private static func messageID(_ message: String) -> String? {
        guard let start = message.firstRange(of: "message-id=") else { return nil }
        let rest = message[start.upperBound...].dropFirst()
        return String(rest.prefix { $0 != "\"" && $0 != "'" })
    }

    private static func reply(_ id: String) -> [UInt8] {
        Array(
            """
            <?xml version="1.0" encoding="UTF-8"?>
            <rpc-reply xmlns="urn:ietf:params:xml:ns:netconf:base:1.0" message-id="\(id)">
            """.utf8)
    }
}

/// A terminal that echoes and knows two modes.
private struct BenchTerminal: ServerChannelMachine {
    private var line: [UInt8] = []
    private var isConfiguring = false
    private var prompt: String { isConfiguring ? "r1(config)#" : "r1#" }

    func opened(at now: ContinuousClock.Instant) -> [ServerChannelAction] { [.send(Array("\r\n\(prompt)".utf8))] }

    mutating func received(_ bytes: [UInt8], at now: ContinuousClock.Instant) -> [ServerChannelAction] {
        var output: [UInt8] = []
        for byte in bytes {
            guard byte == 0x0A || byte == 0x0D else {
                line.append(byte)
                output.append(byte)
                continue
            }
            let command = String(decoding: line, as: UTF8.self)
            line = []
            output += [0x0D, 0x0A]
            if command == "exit" { return [.send(output), .exitStatus(0), .close] }
            if command.hasPrefix("conf") { isConfiguring = true }
            if command == "end" { isConfiguring = false }
            if command.hasPrefix("show") {
                output += "Cisco IOS XE Software, Version 17.09.04a\r\nuptime is 1 day\r\n".utf8
            }
            output += prompt.utf8
        }
        return [.send(output)]
    }
}

struct BenchServer {
    static func run(_ options: BenchOptions) async throws {
        let before = ProcessFigures.now
        let start = ContinuousClock.now
        let device = BenchDevice(options)
        let reactor = try Reactor()
        var servers: [SSHServer] = []
        for index in 0..<options.devices {
            servers.append(
                try SSHServer(
                    handler: device, hostKeys: [.generate()], address: options.devices == 1 ? "0.0.0.0" : "127.0.0.1",
                    port: options.port == 0 ? 0 : options.port + index, reactor: reactor))
        }
        let wall = ContinuousClock.now - start
        let after = ProcessFigures.now
        let seconds = Double(wall.components.seconds) + Double(wall.components.attoseconds) / 1e18
        print(
            """
            {"mode":"asbuilt-server","devices":\(options.devices),"wall":\(seconds),"rss0_kb":\(before.residentKB),\
            "rss1_kb":\(after.residentKB)}
            """)
        fflush(nil)
        await withUnsafeContinuation { (done: UnsafeContinuation<Void, Never>) in
            var thread = pthread_t()
            let box = Unmanaged.passRetained(Ender { done.resume() })
            pthread_create(
                &thread, nil,
                { raw in
                    guard let raw else { return nil }
                    var byte: UInt8 = 0
                    while read(0, &byte, 1) > 0 {}
                    Unmanaged<Ender>.fromOpaque(raw).takeRetainedValue().end()
                    return nil
                }, box.toOpaque())
        }
        for server in servers { await server.stop() }
    }

    private final class Ender {
        let end: () -> Void
        init(_ end: @escaping () -> Void) { self.end = end }
    }
}
