internal import CPCRE2

extension TextPatternError {
    /// What a result of a match that is neither found nor not found means.
    init(matching result: Int32, source: String, limits: PatternLimits) {
        switch result {
        case PCRE2_ERROR_MATCHLIMIT:
            self.init(gaveUp: "more than \(limits.maximumSteps) steps from one place in the text", source: source)
        case PCRE2_ERROR_DEPTHLIMIT:
            self.init(gaveUp: "backtracking deeper than \(limits.maximumDepth)", source: source)
        case PCRE2_ERROR_HEAPLIMIT:
            self.init(gaveUp: "more than \(limits.maximumHeapKiB) KiB for backtracking", source: source)
        default:
            self.init(.library, what: Self.message(result), pattern: source, remedy: "simplify the pattern")
        }
    }

    init(gaveUp what: String, source: String) {
        self.init(
            .gaveUp, what: what, pattern: source,
            remedy: "make the pattern less ambiguous: no repetition inside a repetition, anchors where they are known")
    }

    static func outOfMemory(_ source: String) -> TextPatternError {
        TextPatternError(
            .library, what: "no memory for the pattern", pattern: source, remedy: "free memory, then try again")
    }

    static func message(_ number: Int32) -> String {
        var buffer = [UInt8](repeating: 0, count: 256)
        let length = pcre2_get_error_message_8(number, &buffer, buffer.count)
        return length > 0 ? String(decoding: buffer.prefix(Int(length)), as: UTF8.self) : "PCRE2 error \(number)"
    }
}
