import Glibc

/// What is to be measured, from the command line.
struct BenchOptions: Sendable {
    /// What one client cycle consists of.
    enum Cycle: String, Sendable {
        /// Bytes up to the end mark, nothing parsed: the transport alone, as the C peer does it.
        case transport
        /// The product's path: framing, XML, typed replies.
        case netconf
        /// A terminal: eight commands through the dialogue machine.
        case cli
    }
    enum Role: String, Sendable { case client, server }

    var role = Role.client
    var cycle = Cycle.transport
    var host = "127.0.0.1"
    var port = 2301
    var count = 200
    var concurrency = 64
    var reactors = 1
    var user = "admin"
    var password = "admin"
    /// Device i is 127.0.x.y, so that no address runs out of ports; all of them lead to the same server on Linux.
    var isSpread = false
    /// Open the sessions, print, keep them until standard input ends.
    var isHolding = false
    /// Before holding: one get-config and one edit-config.
    var isWorking = false
    /// Go through an SSH server on this port of 127.0.0.1 that forwards.
    var jumpPort: Int?
    var jumpUser = NameOfUser.current
    var jumpKey = ""
    /// Lines of other hosts in the host key index, from a file.
    var knownHosts: String?
    // The server
    var replyBytes = 8192
    var commitDelay: Duration = .zero
    /// Listening devices, each with its own key and port from `port` on; any free ports when it is 0.
    var devices = 1

    static let usage = """
        asbuilt-bench client [--cycle transport|netconf|cli] [--host H] [--port P] [--count N] [--concurrency C] [--reactors R]
                             [--user U] [--password P] [--spread] [--hold [--work]] [--jump PORT --jump-key FILE] [--known-hosts FILE]
        asbuilt-bench server [--port P] [--reply BYTES] [--delay MILLISECONDS] [--devices N]

        The client prints one line of JSON; the server one when it listens. Both end when standard input ends or the work is done.
        """

    struct Wrong: Error { var what: String }

    init(_ arguments: [String]) throws(Wrong) {
        var rest = arguments[...]
        guard let word = rest.popFirst(), let role = Role(rawValue: word) else { throw Wrong(what: Self.usage) }
        self.role = role
        while let option = rest.popFirst() {
            func text() throws(Wrong) -> String {
                guard let value = rest.popFirst() else { throw Wrong(what: "\(option) wants a value") }
                return value
            }
            func number() throws(Wrong) -> Int {
                let value = try text()
                guard let number = Int(value), number >= 0 else {
                    throw Wrong(what: "\(option) wants a number, not '\(value)'")
                }
                return number
            }
            switch option {
            case "--cycle":
                let name = try text()
                guard let cycle = Cycle(rawValue: name) else { throw Wrong(what: "there is no cycle '\(name)'") }
                self.cycle = cycle
            case "--host": host = try text()
            case "--port": port = try number()
            case "--count": count = try number()
            case "--concurrency": concurrency = max(1, try number())
            case "--reactors": reactors = max(1, try number())
            case "--user": user = try text()
            case "--password": password = try text()
            case "--spread": isSpread = true
            case "--hold": isHolding = true
            case "--work": isWorking = true
            case "--jump": jumpPort = try number()
            case "--jump-key": jumpKey = try text()
            case "--known-hosts": knownHosts = try text()
            case "--reply": replyBytes = try number()
            case "--delay": commitDelay = .milliseconds(try number())
            case "--devices": devices = max(1, try number())
            default: throw Wrong(what: "'\(option)' is not known\n\n\(Self.usage)")
            }
        }
    }

    /// Where device `index` is.
    func address(_ index: Int) -> String {
        isSpread ? "127.0.\((index / 250) % 250).\(index % 250 + 1)" : host
    }
}

enum NameOfUser {
    static let current = getpwuid(geteuid()).map { String(cString: $0.pointee.pw_name) } ?? "root"
}
