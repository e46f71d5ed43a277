/// Why a text is not usable XML, or an expression not usable XPath.
package struct XMLError: Error, Equatable, Sendable, CustomStringConvertible {
    package enum Code: String, Sendable {
        /// Not well-formed XML 1.0 with namespaces.
        case malformed
        /// A document type declaration: it could define entities, and none of our formats has one.
        case documentType = "document-type"
        /// Bytes that are not UTF-8, or a byte order mark of another encoding.
        case encoding
        /// A named limit was reached; `what` has the limit.
        case limit
        /// Nothing but white space.
        case empty
        /// The XPath expression cannot be compiled.
        case expression
        /// The XPath expression failed while it was evaluated.
        case evaluation
    }
    package var code: Code
    /// What happened, with the numbers known.
    package var what: String
    package var position: XMLPosition?
    /// The next useful step.
    package var remedy: String

    package init(_ code: Code, what: String, position: XMLPosition? = nil, remedy: String = "") {
        (self.code, self.what, self.position, self.remedy) = (code, what, position, remedy)
    }

    package var description: String {
        (position.map { "\($0): " } ?? "") + "\(what) [xml.\(code.rawValue)]"
            + (remedy.isEmpty ? "" : "\n  → \(remedy)")
    }
}
