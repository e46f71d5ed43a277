internal import Diagnostics
internal import XMLDocuments

extension XMLElement {
    static let netconfNamespace = "urn:ietf:params:xml:ns:netconf:base:1.0"

    /// What a device showed or a file holds: `<data>` or `<config>`, or their content alone.
    static func configuration(in raw: [UInt8]) throws(Findings) -> XMLElement {
        do throws(XMLError) {
            let text = String(decoding: raw, as: UTF8.self)
            let elements = try XMLElement.fragments(parsing: text, namespaces: ["nc": netconfNamespace])
            if elements.count == 1, ["data", "config"].contains(elements[0].local) { return elements[0] }
            return XMLElement("data", in: netconfNamespace, elements)
        } catch {
            throw Findings([
                Finding(
                    code: "yang.not-xml", what: "the configuration is not XML: \(error.what)",
                    at: error.position.map {
                        SourcePosition(file: "running configuration", line: $0.line, column: $0.column)
                    },
                    remedy: "read it with <get-config> again")
            ])
        }
    }

    /// The same edit, in which what is to go may be gone already.
    var toleratingAbsence: XMLElement {
        var copy = self
        let operation = XMLName("operation", in: Self.netconfNamespace)
        for index in copy.attributes.indices
        where copy.attributes[index].name == operation && copy.attributes[index].value == "delete" {
            copy.attributes[index].value = "remove"
        }
        copy.children = children.map { child in
            switch child {
            case .element(let inner): .element(inner.toleratingAbsence)
            case .text: child
            }
        }
        return copy
    }
}

extension SecretPlaceholder {
    /// A secret that only the device knows is not written down: an edit is kept without the leaves that hold one.
    static func withoutDeviceSecrets(_ edit: String) -> String {
        let parsed: [XMLElement]
        do throws(XMLError) {
            parsed = try XMLElement.fragments(parsing: edit, namespaces: ["nc": XMLElement.netconfNamespace])
        } catch {
            // Nothing that was made here; what cannot be read cannot be shown to be free of secrets.
            return ""
        }
        var changed = false
        func cleaned(_ element: XMLElement) -> XMLElement {
            var copy = element
            copy.children = element.children.compactMap { child in
                guard case .element(let inner) = child else { return child }
                if !inner.hasElements, YANGConfiguration.isDeviceSecret(inner.local, inner.trimmedText) {
                    changed = true
                    return nil
                }
                return .element(cleaned(inner))
            }
            return copy
        }
        let clean = parsed.map(cleaned)
        return changed ? clean.map { String(decoding: $0.serialized(indent: 2), as: UTF8.self) }.joined() : edit
    }
}
