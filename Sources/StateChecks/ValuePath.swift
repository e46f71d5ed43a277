package import SourceDocuments
package import XMLDocuments

/// A path into parsed output: JSONPath for JSON and tables, XPath for XML.
package enum ValuePath: Sendable, Equatable {
    case json(JSONPath)
    case xml(XPathExpression)

    /// As written.
    package var text: String {
        switch self {
        case .json(let path): path.text
        case .xml(let path): path.text
        }
    }
}

/// One value found at a path.
package struct FoundValue: Sendable, Equatable {
    /// The normalized path, or the place in the XML document.
    package var path: String
    package var value: PlainValue
    package init(path: String, value: PlainValue) { (self.path, self.value) = (path, value) }
}
