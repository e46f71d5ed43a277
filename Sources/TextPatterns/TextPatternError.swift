/// Why a regular expression could not be used, or gave up.
package struct TextPatternError: Error, Equatable, Sendable, CustomStringConvertible {
    /// Stable and machine-readable.
    package enum Code: String, Sendable {
        /// The pattern is not valid PCRE2; `offset` says where.
        case syntax = "pattern.syntax"
        /// The pattern is longer or bigger when compiled than allowed.
        case patternTooBig = "pattern.too-big"
        /// The text is longer than allowed.
        case textTooLong = "pattern.text-too-long"
        /// Matching took more steps, memory or time than allowed: the pattern backtracks too much on this text.
        case gaveUp = "pattern.gave-up"
        /// A replacement text refers to a group that the pattern does not have, or is malformed.
        case replacement = "pattern.replacement"
        /// The pattern is right in its own language, but has no form for PCRE2.
        case notSupported = "pattern.not-supported"
        /// The library failed for another reason, for example for want of memory.
        case library = "pattern.library"
    }
    package var code: Code
    /// What happened, without the pattern.
    package var what: String
    /// The pattern as written.
    package var pattern: String
    /// Where in the pattern (or the replacement), in Unicode scalars from 0; nil when it is about the whole.
    package var offset: Int?
    /// The next useful step.
    package var remedy: String

    package init(_ code: Code, what: String, pattern: String, offset: Int? = nil, remedy: String) {
        self.code = code
        self.what = what
        self.pattern = pattern
        self.offset = offset
        self.remedy = remedy
    }

    package var description: String {
        let place = offset.map { " at character \($0 + 1)" } ?? ""
        return "pattern “\(pattern)”\(place): \(what) [\(code.rawValue)]\n  → \(remedy)"
    }
}
