internal import CSystemCalls

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
        let places = places(in: text)
        guard !places.isEmpty else { return text }
        let bytes = text.utf8
        var (result, done) = ("", bytes.startIndex)
        for place in places {
            let start = bytes.index(bytes.startIndex, offsetBy: place.bytes.lowerBound)
            result += text[done..<start]
            result += try value(place.placeholder) ?? place.placeholder.description
            done = bytes.index(bytes.startIndex, offsetBy: place.bytes.upperBound)
        }
        return result + text[done...]
    }

    /// Where placeholders stand, in UTF-8 bytes. Byte by byte, since configurations are long and placeholders few.
    private static func places(in text: String) -> [(bytes: Range<Int>, placeholder: SecretPlaceholder)] {
        var text = text
        return text.withUTF8 { bytes in
            var found: [(bytes: Range<Int>, placeholder: SecretPlaceholder)] = []
            var from = 0
            while let start = position(of: opening, in: bytes, from: from) {
                let inside = start + opening.utf8.count
                guard let end = position(of: closing, in: bytes, from: inside) else { break }
                if let placeholder = SecretPlaceholder(
                    reference: String(decoding: UnsafeBufferPointer(rebasing: bytes[inside..<end]), as: UTF8.self))
                {
                    from = end + closing.utf8.count
                    found.append((start..<from, placeholder))
                } else {
                    from = inside
                }
            }
            return found
        }
    }

    private static func position(of word: String, in bytes: UnsafeBufferPointer<UInt8>, from: Int) -> Int? {
        var word = word
        let rest = UnsafeBufferPointer(rebasing: bytes[from...])
        let offset = word.withUTF8 { csystem_find(rest.baseAddress, rest.count, $0.baseAddress, $0.count) }
        return offset < 0 ? nil : from + offset
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
