/// An expanded name: namespace and local part. Prefixes are not part of it (Namespaces in XML §2.1).
package struct XMLName: Hashable, Sendable, Comparable, CustomStringConvertible {
    /// Namespace URI; empty when there is none.
    package var namespace: String
    package var local: String

    package init(_ local: String, in namespace: String = "") {
        (self.namespace, self.local) = (namespace, local)
    }

    /// `{namespace}local`, or only the local part.
    package var description: String { namespace.isEmpty ? local : "{\(namespace)}\(local)" }

    package static func < (a: XMLName, b: XMLName) -> Bool { (a.namespace, a.local) < (b.namespace, b.local) }
}

/// One attribute. Namespace declarations are not attributes here.
package struct XMLAttribute: Hashable, Sendable {
    package var name: XMLName
    /// As written; empty for attributes without one. Only a wish when printing.
    package var prefix: String
    package var value: String

    package init(_ name: XMLName, prefix: String = "", value: String) {
        (self.name, self.prefix, self.value) = (name, prefix, value)
    }
}

/// `xmlns:prefix="uri"` or, with an empty prefix, `xmlns="uri"`.
package struct XMLNamespaceDeclaration: Hashable, Sendable {
    package var prefix: String
    package var uri: String

    package init(prefix: String = "", uri: String) {
        (self.prefix, self.uri) = (prefix, uri)
    }
}

/// Where a tag starts in the text it was parsed from: line and column from 1, the column in Unicode scalars.
package struct XMLPosition: Hashable, Sendable, Comparable, CustomStringConvertible {
    package var line: Int
    package var column: Int

    package init(line: Int, column: Int) { (self.line, self.column) = (line, column) }

    package var description: String { "\(line):\(column)" }
    package static func < (a: XMLPosition, b: XMLPosition) -> Bool { (a.line, a.column) < (b.line, b.column) }
}
