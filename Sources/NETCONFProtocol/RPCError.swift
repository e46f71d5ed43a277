package import XMLDocuments

/// One `<rpc-error>` (RFC 6241 §4.3), read tolerantly and kept completely.
package struct RPCError: Error, Equatable, Sendable, CustomStringConvertible {
    /// `error-tag`: the values of RFC 6241 appendix A, or whatever a device says.
    package struct Tag: Hashable, Sendable, RawRepresentable {
        package let rawValue: String
        package init(rawValue: String) { self.rawValue = rawValue }

        package static let inUse = Tag(rawValue: "in-use")
        package static let invalidValue = Tag(rawValue: "invalid-value")
        package static let tooBig = Tag(rawValue: "too-big")
        package static let missingAttribute = Tag(rawValue: "missing-attribute")
        package static let badAttribute = Tag(rawValue: "bad-attribute")
        package static let unknownAttribute = Tag(rawValue: "unknown-attribute")
        package static let missingElement = Tag(rawValue: "missing-element")
        package static let badElement = Tag(rawValue: "bad-element")
        package static let unknownElement = Tag(rawValue: "unknown-element")
        package static let unknownNamespace = Tag(rawValue: "unknown-namespace")
        package static let accessDenied = Tag(rawValue: "access-denied")
        package static let lockDenied = Tag(rawValue: "lock-denied")
        package static let resourceDenied = Tag(rawValue: "resource-denied")
        package static let rollbackFailed = Tag(rawValue: "rollback-failed")
        package static let dataExists = Tag(rawValue: "data-exists")
        package static let dataMissing = Tag(rawValue: "data-missing")
        package static let operationNotSupported = Tag(rawValue: "operation-not-supported")
        package static let operationFailed = Tag(rawValue: "operation-failed")
        package static let partialOperation = Tag(rawValue: "partial-operation")
        package static let malformedMessage = Tag(rawValue: "malformed-message")
        /// The device gave none.
        package static let none = Tag(rawValue: "")
    }
    package enum Layer: String, Sendable, CaseIterable { case transport, rpc, `protocol`, application }

    /// Nil when the device gave none or one we do not know.
    package var type: Layer?
    package var tag: Tag
    /// A warning does not make the request fail (M-6).
    package var isWarning: Bool
    package var appTag: String?
    /// XPath, or CLI text on some devices; its prefixes are in `pathNamespaces`.
    package var path: String?
    package var pathNamespaces: [String: String]
    package var message: String?
    /// Children of `<error-info>`, vendors' own included.
    package var info: [XMLElement]
    /// The element as it came; nil for errors we make ourselves.
    package var raw: XMLElement?

    package init(
        _ type: Layer, _ tag: Tag, message: String? = nil, appTag: String? = nil, path: String? = nil,
        pathNamespaces: [String: String] = [:], info: [XMLElement] = [], isWarning: Bool = false
    ) {
        self.type = type
        self.tag = tag
        self.isWarning = isWarning
        self.appTag = appTag
        self.path = path
        self.pathNamespaces = pathNamespaces
        self.message = message
        self.info = info
    }

    /// Reads one; children may come in any order, with white space, prefixes or missing (checklist §5).
    package init(_ element: XMLElement) {
        let child = { (name: String) -> String? in
            element.first(name)?.trimmedText.nonEmpty
        }
        type = child("error-type").flatMap(Layer.init)
        tag = Tag(rawValue: child("error-tag") ?? "")
        isWarning = child("error-severity")?.lowercased() == "warning"
        appTag = child("error-app-tag")
        path = child("error-path")
        var scope: [String: String] = [:]
        for declaration in element.namespaces + (element.first("error-path")?.namespaces ?? []) {
            scope[declaration.prefix] = declaration.uri
        }
        pathNamespaces = path == nil ? [:] : scope
        message = child("error-message")
        info = element.first("error-info")?.elements ?? []
        raw = element
    }

    /// All `<rpc-error>`s in an element, however deep (M-6), in order.
    package static func all(in root: XMLElement) -> [RPCError] {
        var found: [RPCError] = []
        root.forEachElement { if $0.local == "rpc-error" { found.append(RPCError($0)) } }
        return found
    }

    /// Text of a child of `<error-info>`: `session-id`, `bad-element`, `bad-attribute`, `bad-namespace`.
    package func info(_ local: String) -> String? { info.first { $0.local == local }?.trimmedText }

    /// Words that stand in `<error-info>` itself. Deviation: Python's netconf puts what went wrong there and gives no message.
    private var infoText: String? { raw?.first("error-info")?.trimmedText.nonEmpty }

    /// Who holds the lock; 0 for somebody outside NETCONF (LK-3).
    package var lockHolder: UInt32? {
        if let number = info("session-id").flatMap(UInt32.init) { return number }
        // Deviation: Junos puts user and pid into the text and gives no tag.
        guard let message, let range = message.firstRange(of: "pid ") else { return nil }
        return UInt32(message[range.upperBound...].prefix { $0.isNumber })
    }

    /// True for a lock held elsewhere, also where the tag is missing (LK-3).
    package var isLockDenied: Bool {
        tag == .lockDenied || (tag == .none && (message?.contains("configuration database locked by") ?? false))
    }

    /// True when the candidate could not be locked because it holds uncommitted changes, by the words devices use (LK-1).
    package var saysCandidateIsModified: Bool {
        guard let message = message?.lowercased() else { return false }
        return message.contains("modified") || message.contains("uncommitted") || message.contains("not committed")
            || message.contains("discard-changes")
    }

    /// True when a confirm or a cancel met no pending commit, by the words devices use where the tag is not
    /// `invalid-value` (CC-9, CC-10).
    package var saysNothingIsPending: Bool {
        guard let message = message?.lowercased(), message.contains("commit") else { return false }
        return ["no pending", "not pending", "no confirmed", "no outstanding", "not in progress", "nothing to "]
            .contains { message.contains($0) }
    }

    /// True when the operation, or its target, is not there at all, which no change of ours could cure.
    package var isUnsupported: Bool {
        switch tag {
        case .operationNotSupported, .unknownElement, .unknownNamespace, .badElement: true
        case .invalidValue: message?.lowercased().contains("support") ?? false
        case .operationFailed:
            message.map { $0.lowercased().contains("not supported") || $0.lowercased().contains("unsupported") }
                ?? false
        default: false
        }
    }

    /// True when `<test-option>` or `<error-option>` themselves are refused.
    package var blamesEditOptions: Bool {
        let options = ["test-option", "error-option"]
        if let element = info("bad-element"), options.contains(element) { return true }
        guard let message, tag != .invalidValue || path == nil else { return false }
        return options.contains { message.contains($0) }
    }

    /// One line for people.
    package var summary: String {
        var parts = [tag.rawValue.isEmpty ? "error without tag" : tag.rawValue]
        if let appTag { parts.append("(\(appTag))") }
        if let words = message ?? infoText {
            parts.append("\"\(words.split(whereSeparator: \.isNewline).joined(separator: " "))\"")
        }
        if let path { parts.append("at \(path)") }
        for item in info where !item.trimmedText.isEmpty && !item.hasElements {
            parts.append("\(item.local)=\(item.trimmedText)")
        }
        return parts.joined(separator: " ")
    }
    package var description: String { (isWarning ? "warning: " : "") + summary }

    /// As a server sends it, children in the order of the RFC.
    package var element: XMLElement {
        let base = NETCONFNamespace.base
        var result = XMLElement("rpc-error", in: base)
        let add = { (local: String, text: String?) in
            if let text { result.children.append(.element(XMLElement(local, in: base, text: text))) }
        }
        add("error-type", (type ?? .application).rawValue)
        add("error-tag", tag.rawValue.isEmpty ? Tag.operationFailed.rawValue : tag.rawValue)
        add("error-severity", isWarning ? "warning" : "error")
        add("error-app-tag", appTag)
        if let path {
            var element = XMLElement("error-path", in: base, text: path)
            element.namespaces = pathNamespaces.sorted { $0.key < $1.key }.filter { !$0.key.isEmpty }
                .map { XMLNamespaceDeclaration(prefix: $0.key, uri: $0.value) }
            result.children.append(.element(element))
        }
        if let message {
            var element = XMLElement("error-message", in: base, text: message)
            element.attributes = [XMLAttribute(XMLName("lang", in: NETCONFNamespace.xml), prefix: "xml", value: "en")]
            result.children.append(.element(element))
        }
        if !info.isEmpty { result.children.append(.element(XMLElement("error-info", in: base, info))) }
        return result
    }
}

extension RPCError {
    private static func info(_ local: String, _ text: String) -> XMLElement {
        XMLElement(local, in: NETCONFNamespace.base, text: text)
    }

    /// `lock-denied` with the holder; 0 for a holder outside NETCONF.
    package static func lockDenied(holder: UInt32, message: String = "the lock is held by another session") -> RPCError
    {
        RPCError(.protocol, .lockDenied, message: message, info: [info("session-id", String(holder))])
    }
    package static func missingElement(_ name: String, _ type: Layer = .protocol, path: String? = nil) -> RPCError {
        RPCError(
            type, .missingElement, message: "element \(name) is missing", path: path, info: [info("bad-element", name)])
    }
    package static func badElement(_ name: String, message: String, _ type: Layer = .protocol) -> RPCError {
        RPCError(type, .badElement, message: message, info: [info("bad-element", name)])
    }
    package static func unknownElement(_ name: String, _ type: Layer = .protocol, path: String? = nil) -> RPCError {
        RPCError(
            type, .unknownElement, message: "element \(name) is not known here", path: path,
            info: [info("bad-element", name)])
    }
    package static func unknownNamespace(
        _ uri: String, element: String, _ type: Layer = .application, path: String? = nil
    )
        -> RPCError
    {
        RPCError(
            type, .unknownNamespace, message: "namespace \(uri) is not known", path: path,
            info: [info("bad-element", element), info("bad-namespace", uri)])
    }
    package static func missingAttribute(_ name: String, element: String, _ type: Layer = .rpc) -> RPCError {
        RPCError(
            type, .missingAttribute, message: "attribute \(name) is missing on \(element)",
            info: [info("bad-attribute", name), info("bad-element", element)])
    }
    package static func badAttribute(_ name: String, element: String, message: String, _ type: Layer = .application)
        -> RPCError
    {
        RPCError(
            type, .badAttribute, message: message, info: [info("bad-attribute", name), info("bad-element", element)])
    }
    package static func invalidValue(_ message: String, _ type: Layer = .protocol, path: String? = nil) -> RPCError {
        RPCError(type, .invalidValue, message: message, path: path)
    }
    package static func operationFailed(_ message: String, _ type: Layer = .protocol, appTag: String? = nil) -> RPCError
    {
        RPCError(type, .operationFailed, message: message, appTag: appTag)
    }
}

extension String {
    /// Nil instead of an empty text.
    var nonEmpty: String? { isEmpty ? nil : self }
}
