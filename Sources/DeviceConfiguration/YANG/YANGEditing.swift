internal import Diagnostics
internal import XMLDocuments
internal import YANGData

/// Intended fragments and steps as libyang edits.
struct YANGEditing {
    let context: YANGContext
    static let netconf = "urn:ietf:params:xml:ns:netconf:base:1.0"

    /// The `<config>` content as elements with positions, and as one edit tree.
    func parse(_ text: String, at place: (XMLPosition) -> SourcePosition?, what: String) throws(Findings)
        -> [XMLElement]
    {
        do throws(XMLError) {
            return try XMLElement.fragments(
                parsing: text, namespaces: ["nc": Self.netconf, "yang": "urn:ietf:params:xml:ns:yang:1"])
        } catch {
            throw Findings([
                Finding(
                    code: "yang.not-xml", what: "\(what) is not NETCONF content: \(error.what)",
                    at: place(error.position ?? XMLPosition(line: 1, column: 1)),
                    remedy: error.remedy.isEmpty ? "render well-formed XML: the content of <config>" : error.remedy)
            ])
        }
    }

    /// Applies each element to nothing: what must be there already counts as there, everything else is checked.
    func check(_ fragment: IntendedFragment) throws(Findings) {
        let place = { (position: XMLPosition) in fragment.position(of: position) }
        let what = "clause \(fragment.clause)"
        let elements = try parse(fragment.text, at: place, what: what)
        var findings = Findings()
        for element in elements {
            do throws(Findings) {
                try requireKnown(element, place)
                var nothing = DataTree(empty: context)
                let text = try tolerant(String(decoding: element.serialized(), as: UTF8.self))
                try edit(&nothing, text, .merge, places: XMLPlaces(elements), place: place, what: what)
            } catch { findings.add(contentsOf: error) }
        }
        try findings.throwIfErrors()
    }

    private func requireKnown(_ element: XMLElement, _ place: (XMLPosition) -> SourcePosition?) throws(Findings) {
        guard !context.implements(namespace: element.namespace) else { return }
        let namespace = element.namespace.isEmpty ? "(none)" : element.namespace
        let known = context.moduleNames.filter { !$0.contains(" ") }
        throw Findings([
            Finding(
                code: "yang.unknown-namespace",
                what: "<\(element.local)> is of the namespace \(namespace), which no loaded module has",
                at: element.position.flatMap(place),
                remedy: "correct xmlns; known modules: \(known.joined(separator: ", "))")
        ])
    }

    /// Edits a copy of `tree` by each fragment's rule.
    func applied(_ fragments: [IntendedFragment], to tree: borrowing DataTree) throws(Findings) -> DataTree {
        var result = try Self.failing("copy") { try tree.copy() }
        for fragment in fragments {
            let place = { (position: XMLPosition) in fragment.position(of: position) }
            let elements = try parse(fragment.text, at: place, what: "clause \(fragment.clause)")
            for element in elements { try requireKnown(element, place) }
            let text: String
            switch fragment.ownership {
            case .merge, .replace: text = fragment.text
            case .section:
                text = elements.map { String(decoding: section($0).serialized(), as: UTF8.self) }.joined(
                    separator: "\n")
            }
            try edit(
                &result, text, fragment.ownership == .replace ? .replace : .merge, places: XMLPlaces(elements),
                place: place,
                what: "clause \(fragment.clause)")
        }
        return result
    }

    /// The outermost list entries, and containers that hold none, are replaced as a whole.
    private func section(_ element: XMLElement) -> XMLElement {
        var copy = element
        if Self.isSection(element, context) {
            copy.attributes.append(XMLAttribute(XMLName("operation", in: Self.netconf), prefix: "nc", value: "replace"))
            return copy
        }
        copy.children = element.children.map { child in
            switch child {
            case .element(let inner): .element(inner.hasElements ? section(inner) : inner)
            case .text: child
            }
        }
        return copy
    }

    private static func isSection(_ element: XMLElement, _ context: YANGContext) -> Bool {
        if element.attribute("operation", in: netconf) != nil { return false }
        if !element.hasElements { return false }
        if context.isSection(namespace: element.namespace, name: element.local) { return true }
        return !element.elements.contains { $0.hasElements }
    }

    /// Applies one edit in place; a refused one names the place.
    func edit(
        _ tree: inout DataTree, _ text: String, _ operation: EditOperation, places: XMLPlaces,
        place: (XMLPosition) -> SourcePosition?, what: String
    ) throws(Findings) {
        do {
            // Prefixes that a fragment may use without declaring them are declared on the way in.
            let parsed = try XMLElement.fragments(
                parsing: text, namespaces: ["nc": Self.netconf, "yang": "urn:ietf:params:xml:ns:yang:1"])
            let standalone = parsed.map { String(decoding: $0.serialized(), as: UTF8.self) }.joined()
            let edit = try DataTree(standalone, parsing: .edit, in: context)
            try tree.applyEdit(edit, defaultOperation: operation)
        } catch let error as EditError {
            throw Findings([
                Finding(
                    code: "yang.\(error.tag)", what: "\(what): \(error.path ?? "?"): \(error.message)",
                    at: place(places.position(ofPath: error.path)),
                    remedy: "correct the template, or the variables it prints")
            ])
        } catch let error as YANGFailure {
            throw Findings(
                error.issues.filter { !$0.isWarning }.map { issue in
                    Finding(
                        code: "yang.invalid", what: "\(what): \(issue.message)\(issue.path.map { " (\($0))" } ?? "")",
                        at: place(places.position(ofPath: issue.path)),
                        remedy: "correct the template, or the variables it prints")
                })
        } catch {
            throw Findings([
                Finding(
                    code: "yang.invalid", what: "\(what): \(error)", at: place(XMLPosition(line: 1, column: 1)),
                    remedy: "correct the template, or the variables it prints")
            ])
        }
    }

    /// libyang's own failures, which are not the author's fault.
    static func failing<T: ~Copyable>(_ what: String, _ body: () throws -> T) throws(Findings) -> T {
        do { return try body() } catch {
            throw Findings([
                Finding(
                    code: "yang.failed", what: "\(what): \(error)",
                    remedy: "look at the data with the modules of its platform; nothing was sent")
            ])
        }
    }

    /// The same content in which what is to go may be gone already.
    func tolerant(_ text: String) throws(Findings) -> String {
        try parse(text, at: { _ in nil }, what: "a step").map {
            String(decoding: $0.toleratingAbsence.serialized(), as: UTF8.self)
        }.joined()
    }
}
