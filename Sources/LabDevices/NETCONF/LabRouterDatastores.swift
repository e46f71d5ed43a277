import NETCONFProtocol
import XMLDocuments
import YANGData

/// The text form of a datastore and what can be done to it. libyang's trees have one owner and cannot be copied with
/// the device, so a datastore is kept as the XML its schema prints and becomes a tree for one operation.
struct LabRouterSchema: Sendable {
    let context: YANGContext

    /// One for all lab routers of the process; the failure when libyang's own modules are not installed.
    static let shared: Result<LabRouterSchema, LabRouterRefusal> = {
        do { return .success(LabRouterSchema(context: try LabRouterModule.context())) } catch {
            return .failure(LabRouterRefusal(.operationFailed("the router has no schema: \(error)", .application)))
        }
    }()

    /// A complete configuration as its schema prints it. Fails when it is not valid.
    func validated(_ text: String) throws(LabRouterRefusal) -> String {
        try catching {
            var tree = try DataTree(text, parsing: .unvalidated, in: context)
            try tree.validate()
            return try tree.print()
        }
    }

    /// What an edit makes of a datastore (RFC 6241 §7.2): all of it or nothing.
    func applying(_ edit: [XMLElement], _ defaultOperation: EditConfig.DefaultOperation, to text: String)
        throws(LabRouterRefusal) -> String
    {
        try requireKnown(edit)
        let payload = edit.map { String(decoding: $0.serialized(), as: UTF8.self) }.joined()
        return try catching {
            var tree = try DataTree(text, parsing: .unvalidated, in: context)
            let change = try DataTree(payload, parsing: .edit, in: context)
            let operation: EditOperation =
                switch defaultOperation {
                case .merge: .merge
                case .replace: .replace
                case .none: .none
                }
            try tree.applyEdit(change, defaultOperation: operation)
            return try tree.print()
        }
    }

    /// Inline configuration as its schema prints it, not validated.
    func parsed(_ content: [XMLElement]) throws(LabRouterRefusal) -> String {
        try requireKnown(content)
        let text = content.map { String(decoding: $0.serialized(), as: UTF8.self) }.joined()
        return try catching { try DataTree(text, parsing: .unvalidated, in: context).print() }
    }

    /// A datastore's content with defaults reported as asked (RFC 6243 §3). Basic mode is explicit.
    func content(_ text: String, _ mode: WithDefaultsMode) throws(LabRouterRefusal) -> [XMLElement] {
        guard mode != .reportAllTagged else {
            throw LabRouterRefusal(.invalidValue("with-defaults report-all-tagged is not offered here"))
        }
        let printed: String = try catching {
            var tree = try DataTree(text, parsing: .unvalidated, in: context)
            if mode != .explicit {
                // Completes defaults. A candidate may be invalid; then what is there is shown.
                if let complete = try? Self.completed(tree) { tree = complete }
            }
            let defaults: WithDefaults =
                switch mode {
                case .explicit: .explicit
                case .trim: .trim
                case .reportAll: .reportAll
                case .reportAllTagged: .reportAllTagged
                }
            return try tree.print(defaults: defaults)
        }
        return try Self.elements(printed)
    }

    private static func completed(_ tree: borrowing DataTree) throws -> DataTree {
        var copy = try tree.copy()
        try copy.validate()
        return copy
    }

    static func elements(_ text: String) throws(LabRouterRefusal) -> [XMLElement] {
        do throws(XMLError) { return try XMLElement.fragments(parsing: text) } catch {
            throw LabRouterRefusal(.operationFailed("the datastore cannot be read: \(error.what)", .application))
        }
    }

    private func requireKnown(_ elements: [XMLElement]) throws(LabRouterRefusal) {
        for element in elements where !context.implements(namespace: element.namespace) {
            throw LabRouterRefusal(.unknownNamespace(element.namespace, element: element.local))
        }
    }

    private func catching<T>(_ body: () throws -> T) throws(LabRouterRefusal) -> T {
        do { return try body() } catch let refusal as LabRouterRefusal {
            throw refusal
        } catch let error as EditError {
            throw LabRouterRefusal(error)
        } catch let failure as YANGFailure {
            throw LabRouterRefusal(failure)
        } catch {
            throw LabRouterRefusal(.operationFailed("\(error)", .application))
        }
    }
}

/// Why the router refuses an operation: the errors of its answer.
struct LabRouterRefusal: Error, Equatable, Sendable {
    var errors: [RPCError]
    init(_ error: RPCError) { errors = [error] }

    init(_ error: EditError) {
        let name = error.path?.split(separator: "/").last.map { String($0.prefix { $0 != "[" }) } ?? "unknown"
        let local = name.split(separator: ":").last.map(String.init) ?? name
        var made: RPCError
        switch error.tag {
        case "unknown-element": made = .unknownElement(local, .application, path: error.path)
        case "unknown-namespace": made = .unknownNamespace(error.message, element: local, path: error.path)
        case "missing-element": made = .missingElement(local, .application, path: error.path)
        case "missing-attribute": made = .missingAttribute("key", element: local, .application)
        case "bad-attribute": made = .badAttribute("insert", element: local, message: error.message)
        default: made = RPCError(.application, .init(rawValue: error.tag))
        }
        made.message = error.message
        made.path = error.path
        made.pathNamespaces = Self.namespaces
        made.appTag = error.appTag
        self.errors = [made]
    }

    /// RFC 7950 §15 for what validation finds.
    init(_ failure: YANGFailure) {
        let issues = failure.issues.filter { !$0.isWarning }
        errors = issues.map { issue in
            let words = issue.message.lowercased()
            let tag: RPCError.Tag
            var appTag = issue.appTag
            if words.contains("unique data") {
                (tag, appTag) = (.operationFailed, "data-not-unique")
            } else if words.contains("too many") {
                (tag, appTag) = (.operationFailed, "too-many-elements")
            } else if words.contains("must condition") {
                (tag, appTag) = (.operationFailed, appTag ?? "must-violation")
            } else if words.contains("mandatory") {
                tag = .missingElement
            } else if words.contains("not found as a child") || words.contains("node \"") && words.contains("not found")
            {
                tag = .unknownElement
            } else if words.contains("missing its key") || words.contains("key instance") {
                tag = .missingElement
            } else if appTag != nil {
                tag = .operationFailed
            } else {
                tag = .invalidValue
            }
            var error = RPCError(
                .application, tag, message: issue.message, appTag: appTag, path: issue.path,
                pathNamespaces: issue.path == nil ? [:] : Self.namespaces)
            if tag == .unknownElement || tag == .missingElement {
                let name = issue.message.split(separator: "\"").dropFirst().first.map(String.init) ?? "unknown"
                error.info = [XMLElement("bad-element", in: NETCONFNamespace.base, text: name)]
            }
            return error
        }
        if errors.isEmpty { errors = [.operationFailed(failure.what, .application)] }
    }

    private static let namespaces = [LabRouterModule.name: LabRouterModule.namespace]
}
