import XMLDocuments

/// One capability URI of a `<hello>`, taken apart.
package struct NETCONFCapability: Hashable, Sendable, CustomStringConvertible {
    /// As announced, white space at the ends removed.
    package let text: String
    /// Up to the `?`, with old spellings made regular.
    package let uri: String
    /// After the `?`, in order (`scheme=file,http`).
    package let parameters: [Parameter]

    package struct Parameter: Hashable, Sendable {
        package var name: String
        package var value: String
    }

    package init(_ announced: String) {
        let text = announced.trimmingXMLSpace
        self.text = text
        // By bytes: hellos hold up to a thousand of these.
        let bytes = text.utf8
        let mark = bytes.firstIndex(of: UInt8(ascii: "?"))
        uri = Self.regular(mark.map { String(text[..<$0]).trimmingXMLSpace } ?? text)
        guard let mark else {
            parameters = []
            return
        }
        parameters = bytes[bytes.index(after: mark)...].split(separator: UInt8(ascii: "&")).map { item in
            let equals = item.firstIndex(of: UInt8(ascii: "="))
            return Parameter(
                name: String(text[item.startIndex..<(equals ?? item.endIndex)]).trimmingXMLSpace,
                value: equals.map { String(text[bytes.index(after: $0)..<item.endIndex]).trimmingXMLSpace } ?? "")
        }
    }

    /// Old spellings made regular.
    private static func regular(_ uri: String) -> String {
        // Deviation: "writeable-running" has been seen (H-10).
        if uri == "urn:ietf:params:netconf:capability:writeable-running:1.0" { return Known.writableRunning.rawValue }
        // Deviation: old Junos and NX-OS write urn:ietf:params:xml:ns:netconf:… (H-3).
        let old = "urn:ietf:params:xml:ns:netconf:"
        guard uri.utf8.starts(with: old.utf8) else { return uri }
        let rest = uri.dropFirst(old.count)
        guard rest.hasPrefix("base:") || rest.hasPrefix("capability:") else { return uri }
        return regular("urn:ietf:params:netconf:" + rest)
    }

    /// Value of the first parameter of this name.
    package func parameter(_ name: String) -> String? { parameters.first { $0.name == name }?.value }
    package var description: String { text }

    /// Capabilities with a meaning of their own.
    package enum Known: String, Sendable, CaseIterable {
        case base10 = "urn:ietf:params:netconf:base:1.0"
        case base11 = "urn:ietf:params:netconf:base:1.1"
        case writableRunning = "urn:ietf:params:netconf:capability:writable-running:1.0"
        case candidate = "urn:ietf:params:netconf:capability:candidate:1.0"
        case confirmedCommit10 = "urn:ietf:params:netconf:capability:confirmed-commit:1.0"
        case confirmedCommit11 = "urn:ietf:params:netconf:capability:confirmed-commit:1.1"
        case rollbackOnError = "urn:ietf:params:netconf:capability:rollback-on-error:1.0"
        case validate10 = "urn:ietf:params:netconf:capability:validate:1.0"
        case validate11 = "urn:ietf:params:netconf:capability:validate:1.1"
        case startup = "urn:ietf:params:netconf:capability:startup:1.0"
        case url = "urn:ietf:params:netconf:capability:url:1.0"
        case xpath = "urn:ietf:params:netconf:capability:xpath:1.0"
        case notification = "urn:ietf:params:netconf:capability:notification:1.0"
        case interleave = "urn:ietf:params:netconf:capability:interleave:1.0"
        case partialLock = "urn:ietf:params:netconf:capability:partial-lock:1.0"
        case withDefaults = "urn:ietf:params:netconf:capability:with-defaults:1.0"
        case withOperationalDefaults = "urn:ietf:params:netconf:capability:with-operational-defaults:1.0"
        case yangLibrary10 = "urn:ietf:params:netconf:capability:yang-library:1.0"
        case yangLibrary11 = "urn:ietf:params:netconf:capability:yang-library:1.1"
    }
}

/// What a peer announced, in its order.
package struct NETCONFCapabilities: Equatable, Sendable {
    package var all: [NETCONFCapability]

    package init(_ texts: [String]) { all = texts.map { NETCONFCapability($0) } }

    package func contains(_ known: NETCONFCapability.Known) -> Bool { first(known) != nil }
    package func first(_ known: NETCONFCapability.Known) -> NETCONFCapability? {
        all.first { $0.uri == known.rawValue }
    }
    package var texts: [String] { all.map(\.text) }

    /// Either version of `validate`.
    package var canValidate: Bool { contains(.validate10) || contains(.validate11) }
    /// Either version of `confirmed-commit`.
    package var canConfirmCommit: Bool { contains(.confirmedCommit10) || contains(.confirmedCommit11) }

    /// Schemes of `:url`. Deviation: old Junos says `protocol` (H-5).
    package var urlSchemes: [String] {
        guard let url = first(.url), let list = url.parameter("scheme") ?? url.parameter("protocol") else { return [] }
        return list.split(separator: ",").map { String($0).trimmingXMLSpace }
    }

    /// How the server treats defaults, and what else it can be asked for (RFC 6243 §4.3).
    package var withDefaults: (basic: WithDefaultsMode, also: [WithDefaultsMode])? {
        guard let capability = first(.withDefaults),
            let basic = capability.parameter("basic-mode").flatMap(WithDefaultsMode.init)
        else { return nil }
        let also = (capability.parameter("also-supported") ?? "").split(separator: ",")
        return (basic, also.compactMap { WithDefaultsMode(rawValue: String($0).trimmingXMLSpace) })
    }

    /// YANG 1.0 modules announced in the hello (H-6).
    package var modules: [(name: String, revision: String, namespace: String)] {
        all.compactMap { capability in
            capability.parameter("module").map { ($0, capability.parameter("revision") ?? "", capability.uri) }
        }
    }

    /// Highest version both sides speak (H-3).
    package func framing(with other: NETCONFCapabilities) throws(NETCONFError) -> FramingMode {
        if contains(.base11), other.contains(.base11) { return .chunked }
        if contains(.base10), other.contains(.base10) { return .endOfMessage }
        let bases = { (set: NETCONFCapabilities) -> String in
            let found = set.all.filter { $0.uri.hasPrefix("urn:ietf:params:netconf:base:") }.map(\.text)
            return found.isEmpty ? "none" : found.joined(separator: ", ")
        }
        throw NETCONFError(
            .noCommonVersion, what: "no base version in common: ours \(bases(self)), the peer's \(bases(other))",
            location: "hello", remedy: "enable base:1.0 or base:1.1 on the device (RFC 6241 §8.1)")
    }
}

/// How defaults are reported (RFC 6243 §3).
package enum WithDefaultsMode: String, Sendable, CaseIterable {
    case reportAll = "report-all"
    case reportAllTagged = "report-all-tagged"
    case trim
    case explicit
}
