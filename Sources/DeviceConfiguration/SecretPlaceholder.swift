/// What stands for a secret in everything that is rendered, compared, signed, journaled or recorded.
///
/// Written `@secret(REFERENCE)@`, one word. Only a driver's last step puts the value in its place, and what a device
/// shows is turned back before anything else sees it, so equal secrets compare equal and no value is ever stored.
package struct SecretPlaceholder: Hashable, Sendable, CustomStringConvertible {
    /// The credential reference, for example `env:TRANSIT_BGP_PASSWORD`.
    package let reference: String

    /// Nil when the reference is empty or holds white space, control characters, quotes, `(`, `)`, `<`, `>`, `&` or `@`.
    package init?(reference: String) {
        let isPlain = reference.unicodeScalars.allSatisfy { scalar in
            scalar.value > 0x20 && scalar.value != 0x7F && !"()<>&@\"'`".unicodeScalars.contains(scalar)
        }
        guard !reference.isEmpty, isPlain else { return nil }
        self.reference = reference
    }

    package var description: String { Self.opening + reference + Self.closing }
    private static let opening = "@secret("
    private static let closing = ")@"

    /// Every placeholder in a text, in order, each once.
    package static func all(in text: String) -> [SecretPlaceholder] {
        var found: [SecretPlaceholder] = []
        forEach(in: text) { placeholder in
            if !found.contains(placeholder) { found.append(placeholder) }
            return nil
        }
        return found
    }

    /// The text with each placeholder replaced by what `value` gives; nil leaves it as it is.
    @discardableResult
    package static func forEach<E: Error>(
        in text: String, _ value: (SecretPlaceholder) throws(E) -> String?
    ) throws(E) -> String {
        var result = ""
        var rest = text[...]
        while let start = rest.firstRange(of: opening) {
            result += rest[..<start.lowerBound]
            let inside = rest[start.upperBound...]
            guard let end = inside.firstRange(of: closing),
                let placeholder = SecretPlaceholder(reference: String(inside[..<end.lowerBound]))
            else {
                result += opening
                rest = inside
                continue
            }
            result += try value(placeholder) ?? placeholder.description
            rest = inside[end.upperBound...]
        }
        return result + rest
    }
}

/// Why a secret's value cannot be put into a configuration.
package enum SecretValueProblem: Error, Equatable, Sendable, CustomStringConvertible {
    case empty
    /// Would end the line, the argument or the element: could smuggle commands past Gate 2.
    case notOneWord

    package var description: String {
        switch self {
        case .empty: "the value is empty"
        case .notOneWord: "the value holds white space, a control character or one of < > & \" '"
        }
    }

    /// Checks that a value is one word that no dialect and no XML reads as more.
    package static func check(_ value: String) throws(SecretValueProblem) {
        guard !value.isEmpty else { throw .empty }
        let isOneWord = value.unicodeScalars.allSatisfy { scalar in
            scalar.value > 0x20 && !(0x7F..<0xA1).contains(scalar.value) && scalar.value != 0x2028
                && scalar.value != 0x2029 && !"<>&\"'".unicodeScalars.contains(scalar)
        }
        guard isOneWord else { throw .notOneWord }
    }
}
