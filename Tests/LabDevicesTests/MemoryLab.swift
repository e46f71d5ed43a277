import NETCONFProtocol
import Testing
import XMLDocuments

@testable import LabDevices

/// A CLI router and a NETCONF router with a cable, driven as clients would, with the lab's own time.
struct MemoryLab {
    var network: LabNetwork
    var now = LabInstant.start
    private var machines: [LabChannelID: NETCONFClientSession] = [:]
    private var replies: [LabChannelID: [RPCReply]] = [:]
    private(set) var notifications: [LabChannelID: [NETCONFNotification]] = [:]
    private var screens: [LabChannelID: [UInt8]] = [:]
    private var connections: [LabChannelID: LabConnectionID] = [:]
    private(set) var ended: Set<LabChannelID> = []

    static let namespace = "urn:asbuilt:lab-router"
    static let startup = """
        <config xmlns="urn:ietf:params:xml:ns:netconf:base:1.0">
          <system xmlns="urn:asbuilt:lab-router"><hostname>core</hostname></system>
          <interfaces xmlns="urn:asbuilt:lab-router">
            <interface><name>eth1</name>
              <ipv4><address><ip>10.0.0.2</ip><prefix-length>30</prefix-length></address></ipv4></interface>
          </interfaces>
        </config>
        """

    init(startup: String = MemoryLab.startup, profile: LabNETCONFProfile = .full) {
        network = LabNetwork(
            devices: [
                LabDeviceSpec(
                    name: "edge", personality: .frr, ports: ["eth1"],
                    startup: "hostname edge\ninterface eth1\n ip address 10.0.0.1/30\nexit\n"),
                LabDeviceSpec(name: "core", personality: .labRouter, ports: ["eth1"], startup: startup, netconf: profile),
            ], links: [.init(.init(device: "edge", interface: "eth1"), .init(device: "core", interface: "eth1"))])
    }

    mutating func wait(_ duration: Duration) {
        now = now + duration
        collect()
    }

    private mutating func collect() {
        for action in network.takeActions(at: now) {
            switch action {
            case .send(let channel, let bytes):
                guard var machine = machines[channel] else {
                    screens[channel, default: []] += bytes
                    continue
                }
                for event in (try? machine.receive(bytes)) ?? [] {
                    switch event {
                    case .reply(let reply): replies[channel, default: []].append(reply)
                    case .notification(let notification): notifications[channel, default: []].append(notification)
                    case .opened, .ignored: break
                    }
                }
                machines[channel] = machine
            case .finish(let channel, _): ended.insert(channel)
            case .drop(let connection): ended.formUnion(connections.filter { $0.value == connection }.keys)
            }
        }
    }

    // MARK: NETCONF

    /// Opens a session; gives its channel.
    mutating func session(as user: String = "netops") throws -> LabChannelID {
        let opened = network.connect(to: "core", as: user)
        let connection = try #require(opened)
        let asked = network.open(.subsystem("netconf"), on: connection, at: now)
        let channel = try #require(asked)
        connections[channel] = connection
        var machine = NETCONFClientSession()
        let hello = try machine.start()
        machines[channel] = machine
        collect()
        network.receive(hello, on: channel, at: now)
        collect()
        return channel
    }

    func hello(_ channel: LabChannelID) -> NETCONFHello? { machines[channel]?.server }

    /// Asks and gives the reply; nil when none came.
    mutating func ask(_ operation: NETCONFOperation, on channel: LabChannelID) throws -> RPCReply? {
        guard var machine = machines[channel] else { return nil }
        let request = try machine.request(operation, checked: false)
        machines[channel] = machine
        network.receive(request.bytes, on: channel, at: now)
        collect()
        guard let reply = replies[channel]?.first, reply.id == request.id else { return nil }
        replies[channel]?.removeFirst()
        return reply
    }

    /// The error tags of an operation; empty when it worked, `no answer` when none came.
    @discardableResult
    mutating func tags(_ operation: NETCONFOperation, on channel: LabChannelID) throws -> [String] {
        guard let reply = try ask(operation, on: channel) else { return ["no answer"] }
        return reply.errors.map(\.tag.rawValue)
    }

    mutating func edit(
        _ content: String, on channel: LabChannelID, default operation: EditConfig.DefaultOperation? = nil,
        test: EditConfig.TestOption? = nil
    ) throws -> [String] {
        try tags(try Self.edit(content, default: operation, test: test), on: channel)
    }

    static func edit(
        _ content: String, default operation: EditConfig.DefaultOperation? = nil, test: EditConfig.TestOption? = nil
    ) throws -> NETCONFOperation {
        let elements = try XMLElement.fragments(
            parsing: content, namespaces: ["": namespace, "nc": NETCONFNamespace.base, "yang": NETCONFNamespace.yang])
        return .editConfig(
            EditConfig(
                target: .candidate, defaultOperation: operation, testOption: test, errorOption: .rollbackOnError,
                content: .config(elements)))
    }

    /// A datastore's content as text.
    mutating func read(_ datastore: NETCONFDatastore, _ filter: String? = nil, on channel: LabChannelID) throws
        -> String
    {
        let wanted = try filter.map { try XMLElement.fragments(parsing: $0, namespaces: ["": Self.namespace]) }
        let reply = try ask(.getConfig(datastore, filter: wanted.map { .subtree($0) }), on: channel)
        return Self.text(reply)
    }

    mutating func get(_ filter: String, on channel: LabChannelID) throws -> String {
        let wanted = try XMLElement.fragments(parsing: filter, namespaces: ["": Self.namespace])
        return Self.text(try ask(.get(filter: .subtree(wanted)), on: channel))
    }

    /// Without the declarations of the lab's own namespace, for short expectations.
    private static func text(_ reply: RPCReply?) -> String {
        let elements = reply?.data?.elements.map(\.element) ?? []
        return elements.map { String(decoding: $0.serialized(), as: UTF8.self) }.joined()
            .replacing(" xmlns=\"urn:asbuilt:lab-router\"", with: "")
    }

    /// The client is gone without a word.
    mutating func hangUp(_ channel: LabChannelID) {
        guard let connection = connections[channel] else { return }
        network.connectionClosed(connection, at: now)
        ended.insert(channel)
        collect()
    }

    // MARK: CLI

    /// Types lines on the CLI router in a session of their own; gives the screen.
    @discardableResult
    mutating func type(_ lines: String...) throws -> String {
        let opened = network.connect(to: "edge")
        let connection = try #require(opened)
        let asked = network.open(.shell(columns: 500), on: connection, at: now)
        let channel = try #require(asked)
        for line in lines { network.receive(Array((line + "\r").utf8), on: channel, at: now) }
        collect()
        network.connectionClosed(connection, at: now)
        return String(decoding: screens.removeValue(forKey: channel) ?? [], as: UTF8.self)
    }
}
