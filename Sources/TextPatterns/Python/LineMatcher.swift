internal import CPCRE2

/// Room for matching `LinePattern`s, used again for every line. One thread at a time.
package final class LineMatcher {
    private let data: OpaquePointer
    private let context: OpaquePointer
    /// For a few steps of the interpreter: what takes more is worth machine code at once.
    private let shortContext: OpaquePointer
    private let stack: OpaquePointer?
    private let offsets: UnsafeMutablePointer<Int>
    private let groups: Int

    /// Most of the machine code's own stack, in bytes; what needs more is matched by the slower interpreter.
    package static let maximumStackBytes = 1 << 20

    private static let shortSteps: UInt32 = 1_000

    /// - Parameter groups: The most groups (`capturedGroupCount`) any of the patterns has.
    package init(groups: Int, limits: PatternLimits = .standard) throws(TextPatternError) {
        guard let size = UInt32(exactly: groups + 1), let data = pcre2_match_data_create_8(size, nil),
            let offsets = pcre2_get_ovector_pointer_8(data)
        else { throw TextPatternError.outOfMemory("") }
        guard let context = pcre2_match_context_create_8(nil) else {
            pcre2_match_data_free_8(data)
            throw TextPatternError.outOfMemory("")
        }
        guard let short = pcre2_match_context_create_8(nil) else {
            pcre2_match_data_free_8(data)
            pcre2_match_context_free_8(context)
            throw TextPatternError.outOfMemory("")
        }
        pcre2_set_match_limit_8(short, min(Self.shortSteps, limits.maximumSteps))
        pcre2_set_depth_limit_8(short, limits.maximumDepth)
        pcre2_set_heap_limit_8(short, limits.maximumHeapKiB)
        shortContext = short
        pcre2_set_match_limit_8(context, limits.maximumSteps)
        pcre2_set_depth_limit_8(context, limits.maximumDepth)
        pcre2_set_heap_limit_8(context, limits.maximumHeapKiB)
        // Without one, the machine code has 32 KiB.
        stack = pcre2_jit_stack_create_8(32 << 10, Self.maximumStackBytes, nil)
        if let stack { pcre2_jit_stack_assign_8(context, nil, UnsafeMutableRawPointer(stack)) }
        (self.data, self.context, self.offsets, self.groups) = (data, context, UnsafeMutablePointer(offsets), groups)
    }

    deinit {
        pcre2_match_data_free_8(data)
        pcre2_match_context_free_8(context)
        pcre2_match_context_free_8(shortContext)
        if let stack { pcre2_jit_stack_free_8(stack) }
    }

    /// Whether the pattern matches at the start of the line.
    /// - Parameters:
    ///   - line: Valid UTF-8, without a line end.
    ///   - isPlain: Whether it is ASCII without U+001C…U+001F.
    package func matches(_ pattern: LinePattern, _ line: UnsafeBufferPointer<UInt8>, isPlain: Bool)
        throws(TextPatternError) -> Bool
    {
        if isPlain, let plain = pattern.plain {
            if let first = line.first, !pattern.firstBytes.contains(first) { return false }
            return try run(plain, pattern, line)
        }
        return try run(try pattern.generalCode(), pattern, line)
    }

    private func run(_ code: LineCode, _ pattern: LinePattern, _ line: UnsafeBufferPointer<UInt8>)
        throws(TextPatternError) -> Bool
    {
        guard pattern.capturedGroupCount <= groups else {
            throw TextPatternError(
                .library,
                what: "the matcher has room for \(groups) groups, the pattern has \(pattern.capturedGroupCount)",
                pattern: pattern.source, remedy: "report this as a bug")
        }
        // An empty Swift buffer may have no address; PCRE2 wants one.
        let start = line.baseAddress ?? UnsafePointer(Self.nothing)
        var result: Int32
        var means = code.means
        if means == .interpreterForNow {
            let options = PCRE2_NO_JIT | PCRE2_NO_UTF_CHECK
            result = pcre2_match_8(code.code, start, line.count, 0, options, data, shortContext)
            if result >= 0 { return true }
            if result == PCRE2_ERROR_NOMATCH { return false }
            means = code.makeMachineCode() ? .machineCode : .interpreter
        }
        result = PCRE2_ERROR_JIT_STACKLIMIT
        if means == .machineCode {
            result = pcre2_jit_match_8(code.code, start, line.count, 0, 0, data, context)
        }
        if result == PCRE2_ERROR_JIT_STACKLIMIT {
            result = pcre2_match_8(
                code.code, start, line.count, 0, PCRE2_NO_JIT | PCRE2_NO_UTF_CHECK, data, context)
        }
        if result >= 0 { return true }
        if result == PCRE2_ERROR_NOMATCH { return false }
        throw TextPatternError(matching: result, source: pattern.source, limits: pattern.limits)
    }

    // SAFETY: never written to, never freed.
    nonisolated(unsafe) private static let nothing: UnsafeMutablePointer<UInt8> = {
        let place = UnsafeMutablePointer<UInt8>.allocate(capacity: 1)
        place.initialize(to: 0)
        return place
    }()

    /// The range of a group in the line last matched; nil when it took no part.
    @inline(__always) package func range(_ group: Int) -> Range<Int>? {
        guard group >= 0, group <= groups else { return nil }
        let (start, end) = (offsets[2 * group], offsets[2 * group + 1])
        return start < 0 || start > end ? nil : start..<end
    }
}
