import XMLDocuments

/// A `<hello>` (RFC 6241 §8.1).
package struct NETCONFHello: Equatable, Sendable {
    package var capabilities: NETCONFCapabilities
    /// From servers only.
    package var sessionID: UInt32?
    /// What was tolerated while reading it.
    package var deviations: [String]

    package init(capabilities: [String], sessionID: UInt32? = nil) {
        self.capabilities = NETCONFCapabilities(capabilities)
        self.sessionID = sessionID
        deviations = []
    }

    /// The message, not framed.
    package func serialized() -> [UInt8] {
        let base = NETCONFNamespace.base
        let list = XMLElement(
            "capabilities", in: base, capabilities.texts.map { .init("capability", in: base, text: $0) })
        var hello = XMLElement("hello", in: base, [list])
        if let sessionID { hello.children.append(.element(.init("session-id", in: base, text: String(sessionID)))) }
        return Array("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n".utf8) + hello.serialized()
    }

    /// Reads a hello as devices send them: comments, prefixes, text before it, line feeds inside names.
    package init(parsing message: [UInt8], limits: NETCONFLimits = .standard) throws(NETCONFError) {
        var deviations: [String] = []
        let root = try Self.parse(message, limits, &deviations)
        if root.local == "rpc-error" || root.first("rpc-error") != nil {
            // Deviation: an error instead of a hello, for example from a Junos routing engine that is not ready (H-9).
            let error = RPCError.all(in: root.element).first
            throw NETCONFError(
                .badHello, what: "the device answered an error instead of its hello: \(error?.summary ?? "no text")",
                location: "hello", remedy: "try again when the device is ready")
        }
        guard root.local == "hello" else {
            throw NETCONFError(
                .badHello, what: "<\(root.local)> instead of <hello>", location: "hello",
                remedy: "this is not a NETCONF peer, or not its beginning (RFC 6241 §8.1)")
        }
        if root.namespace != NETCONFNamespace.base {
            guard root.namespace.isEmpty else {
                throw NETCONFError(
                    .badHello, what: "<hello> in namespace \"\(root.namespace)\"", location: "hello",
                    remedy: "the namespace must be \(NETCONFNamespace.base)")
            }
            deviations.append("hello without a namespace (H-7)")
        }
        let texts = root.first("capabilities")?.all("capability").map(\.trimmedText).filter { !$0.isEmpty } ?? []
        guard !texts.isEmpty else {
            throw NETCONFError(
                .badHello, what: "a hello without capabilities", location: "hello",
                remedy: "every peer lists at least its base version (RFC 6241 §8.1)")
        }
        guard texts.count <= limits.maximumCapabilities else {
            throw NETCONFError(
                .tooBig, what: "\(texts.count) capabilities, limit \(limits.maximumCapabilities)", location: "hello")
        }
        capabilities = NETCONFCapabilities(texts)
        if let text = root.first("session-id")?.trimmedText {
            guard let number = UInt32(text), number > 0 else {
                throw NETCONFError(
                    .badHello, what: "session-id \"\(text)\" is not between 1 and 4294967295", location: "hello",
                    remedy: "the session cannot be used (RFC 6241 §8.1)")
            }
            sessionID = number
        }
        self.deviations = deviations
    }

    private static func parse(_ message: [UInt8], _ limits: NETCONFLimits, _ deviations: inout [String])
        throws(NETCONFError) -> XMLElementView
    {
        var bytes = message[...]
        // Deviation: a banner or login text before the first tag, from subsystems started through a CLI (H-1).
        if let first = bytes.firstIndex(of: UInt8(ascii: "<")), first > bytes.startIndex {
            let isSpace = bytes[..<first].allSatisfy { $0 == 0x20 || $0 == 0x0A || $0 == 0x0D || $0 == 0x09 }
            if !isSpace { deviations.append("text before the hello (H-1)") }
            bytes = bytes[first...]
        }
        do throws(XMLError) {
            return try XMLDocument(parsing: bytes, limits: limits.xml).root
        } catch {
            guard error.code == .malformed else { throw problem(error) }
            // Deviation: XR 7.3.1 broke lines inside tag names (H-4).
            let joined = bytes.filter { $0 != 0x0A && $0 != 0x0D && $0 != 0 }
            do throws(XMLError) {
                let document = try XMLDocument(parsing: joined, limits: limits.xml)
                deviations.append("line feeds or NUL inside the hello's markup (H-4)")
                return document.root
            } catch {
                throw problem(error)
            }
        }
    }

    private static func problem(_ error: XMLError) -> NETCONFError {
        NETCONFError(
            .badHello, what: "the hello is not usable XML: \(error.what)",
            location: "hello" + (error.position.map { " \($0)" } ?? ""),
            remedy: "look at the transcript; this may not be a NETCONF peer")
    }
}
