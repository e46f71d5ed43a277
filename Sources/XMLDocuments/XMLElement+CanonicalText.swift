extension XMLElement {
    /// One form for equal content: default namespaces only, attributes sorted, one element a line, text trimmed,
    /// prefixed values (`ianaift:ethernetCsmacd`) written with the namespace their prefix stands for.
    ///
    /// Order of elements is kept: without a schema nobody knows whether it means something.
    package func canonicalText(indent: Int = 2) -> String {
        String(decoding: canonical(scope: [:]).serialized(indent: indent), as: UTF8.self) + "\n"
    }

    /// The value tree behind `canonicalText`.
    package var canonical: XMLElement { canonical(scope: [:]) }

    private func canonical(scope outer: [String: String]) -> XMLElement {
        var scope = outer
        for declaration in namespaces { scope[declaration.prefix] = declaration.uri }
        if !prefix.isEmpty { scope[prefix] = namespace }
        var copy = XMLElement(name, position: position)
        copy.attributes = sortedAttributes.map { XMLAttribute($0.name, value: $0.value) }
        if hasElements {
            for child in children {
                switch child {
                case .element(let element): copy.children.append(.element(element.canonical(scope: scope)))
                case .text(let text):
                    let trimmed = text.trimmingXMLSpace
                    if !trimmed.isEmpty { copy.children.append(.text(trimmed)) }
                }
            }
        } else {
            let value = Self.expanded(trimmedText, scope)
            if !value.isEmpty { copy.children = [.text(value)] }
        }
        return copy
    }

    /// `prefix:name` as `{namespace}name` when the prefix is declared; every other text as it is.
    private static func expanded(_ value: String, _ scope: [String: String]) -> String {
        let parts = value.split(separator: ":", omittingEmptySubsequences: false)
        guard parts.count == 2, let namespace = scope[String(parts[0])], !parts[0].isEmpty, !namespace.isEmpty,
            !parts[1].isEmpty,
            parts[1].unicodeScalars.allSatisfy({
                $0.properties.isAlphabetic || "0123456789-_.".unicodeScalars.contains($0)
            })
        else { return value }
        return "{\(namespace)}\(parts[1])"
    }
}
