/// Why bytes are not JSON as we accept it, or a value has no canonical form.
package struct JSONError: Error, Equatable, Sendable, CustomStringConvertible {
    package enum Code: String, Sendable {
        case syntax = "json.syntax"
        case duplicateKey = "json.duplicate-key"
        case tooDeep = "json.too-deep"
        case tooLarge = "json.too-large"
        case inexactNumber = "json.inexact-number"
        case notUTF8 = "json.not-utf8"
        case notCanonical = "json.not-canonical"
        case notEncodable = "json.not-encodable"
    }
    package let code: Code
    /// What happened, with the limit or the text in question.
    package let what: String
    /// Byte offset in the input, where there is one.
    package let offset: Int?

    init(_ code: Code, _ what: String, at offset: Int? = nil) {
        (self.code, self.what, self.offset) = (code, what, offset)
    }

    package var description: String {
        offset.map { "\(what), at byte \($0) [\(code.rawValue)]" } ?? "\(what) [\(code.rawValue)]"
    }
}

extension JSONError {
    /// JSON that is well-formed but does not say what is expected.
    package static func unexpected(_ what: String) -> JSONError { JSONError(.syntax, what) }
}
