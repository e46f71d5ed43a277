internal import CPCRE2
internal import Synchronization

/// Owns what PCRE2 compiled.
///
// SAFETY: a `pcre2_code` is read-only once `pcre2_jit_compile` has returned, and so is the match context: pcre2api(3),
// "MULTITHREADING". Both are freed once, in `deinit`. The anchored twin is made under the mutex.
final class CompiledPattern: @unchecked Sendable {
    let source: String
    let limits: PatternLimits
    let groupCount: Int
    let names: [String: [Int]]
    private let options: UInt32
    private let code: OpaquePointer
    private let context: OpaquePointer
    private let anchored = Mutex<Twin?>(nil)

    /// The same pattern compiled to match at its start position only, which lets the JIT be used for it.
    private struct Twin: @unchecked Sendable { let code: OpaquePointer }

    init(_ source: String, options: UInt32, limits: PatternLimits) throws(TextPatternError) {
        self.source = source
        self.limits = limits
        let always = PCRE2_UTF | PCRE2_MATCH_INVALID_UTF | PCRE2_USE_OFFSET_LIMIT
        if options & PCRE2_LITERAL != 0 {
            // The others mean nothing to plain text, and PCRE2 refuses them with it.
            self.options = always | options & (PCRE2_LITERAL | PCRE2_CASELESS | PCRE2_ANCHORED | PCRE2_ENDANCHORED)
        } else {
            self.options = always | options | PCRE2_UCP | PCRE2_NEVER_BACKSLASH_C
        }
        code = try Self.compile(source, self.options, limits)
        guard let context = pcre2_match_context_create_8(nil) else {
            pcre2_code_free_8(code)
            throw TextPatternError.outOfMemory(source)
        }
        pcre2_set_match_limit_8(context, limits.maximumSteps)
        pcre2_set_depth_limit_8(context, limits.maximumDepth)
        pcre2_set_heap_limit_8(context, limits.maximumHeapKiB)
        self.context = context
        (groupCount, names) = Self.groups(of: code)
    }

    deinit {
        pcre2_code_free_8(code)
        pcre2_match_context_free_8(context)
        anchored.withLock { twin in
            if let twin { pcre2_code_free_8(twin.code) }
        }
    }

    // MARK: Compiling

    private static func compile(_ source: String, _ options: UInt32, _ limits: PatternLimits)
        throws(TextPatternError) -> OpaquePointer
    {
        let bytes = Array(source.utf8)
        guard bytes.count <= limits.maximumPatternBytes else {
            throw TextPatternError(
                .patternTooBig, what: "the pattern has \(bytes.count) bytes, limit \(limits.maximumPatternBytes)",
                pattern: String(source.prefix(80)) + "…", remedy: "split the pattern")
        }
        guard let compileContext = pcre2_compile_context_create_8(nil) else {
            throw TextPatternError.outOfMemory(source)
        }
        defer { pcre2_compile_context_free_8(compileContext) }
        pcre2_set_newline_8(compileContext, UInt32(PCRE2_NEWLINE_LF))
        var (number, offset) = (Int32(0), 0)
        let compiled = pcre2_compile_8(bytes, bytes.count, options, &number, &offset, compileContext)
        guard let compiled else {
            let scalars = String(decoding: bytes.prefix(offset), as: UTF8.self).unicodeScalars.count
            let tooBig = number == PCRE2_ERROR_PATTERN_TOO_LARGE || number == PCRE2_ERROR_HEAP_FAILED
            throw TextPatternError(
                tooBig ? .patternTooBig : .syntax, what: TextPatternError.message(number), pattern: source,
                offset: scalars,
                remedy: "write the pattern in PCRE2 syntax; a special character meant as itself takes a backslash")
        }
        // Where executable memory is forbidden, matching works all the same, only slower.
        pcre2_jit_compile_8(compiled, PCRE2_JIT_COMPLETE)
        return compiled
    }

    private func anchoredCode() throws(TextPatternError) -> OpaquePointer {
        let made = anchored.withLock { twin -> Result<Twin, TextPatternError> in
            if let twin { return .success(twin) }
            do throws(TextPatternError) {
                let new = Twin(code: try Self.compile(source, options | PCRE2_ANCHORED, limits))
                twin = new
                return .success(new)
            } catch { return .failure(error) }
        }
        return try made.get().code
    }

    private static func groups(of code: OpaquePointer) -> (count: Int, names: [String: [Int]]) {
        var (count, entries, entrySize) = (UInt32(0), UInt32(0), UInt32(0))
        pcre2_pattern_info_8(code, UInt32(PCRE2_INFO_CAPTURECOUNT), &count)
        pcre2_pattern_info_8(code, UInt32(PCRE2_INFO_NAMECOUNT), &entries)
        pcre2_pattern_info_8(code, UInt32(PCRE2_INFO_NAMEENTRYSIZE), &entrySize)
        var table: UnsafePointer<UInt8>?
        pcre2_pattern_info_8(code, UInt32(PCRE2_INFO_NAMETABLE), &table)
        var names: [String: [Int]] = [:]
        if let table {
            for entry in 0..<Int(entries) {
                let start = table + entry * Int(entrySize)
                let number = Int(start[0]) << 8 | Int(start[1])
                names[String(cString: start + 2), default: []].append(number)
            }
        }
        return (Int(count), names.mapValues { $0.sorted() })
    }

    // MARK: Matching

    /// The first match that starts at or after `start`.
    func firstMatch(
        in text: UnsafeBufferPointer<UInt8>, from start: Int, anchored: Bool, notEmptyAtStart: Bool = false
    ) throws(TextPatternError) -> TextMatch? {
        guard text.count <= limits.maximumTextBytes else {
            throw TextPatternError(
                .textTooLong, what: "the text has \(text.count) bytes, limit \(limits.maximumTextBytes)",
                pattern: source, remedy: "search a smaller part of the text")
        }
        guard start >= 0, start <= text.count else { return nil }
        let code = anchored ? try anchoredCode() : code
        guard let data = pcre2_match_data_create_from_pattern_8(code, nil) else {
            throw TextPatternError.outOfMemory(source)
        }
        defer { pcre2_match_data_free_8(data) }
        let flags = notEmptyAtStart ? PCRE2_NOTEMPTY_ATSTART : 0
        let found: Bool
        if anchored || text.count - start <= Self.firstWindow {
            found = try run(code, text, start, flags, data, context)
        } else {
            found = try search(code, text, start, flags, data)
        }
        return found ? try match(data) : nil
    }

    /// Start positions looked at before the clock is.
    private static let firstWindow = 512

    /// PCRE2's own limits hold per start position; a long text with costly starts is bounded here, window by window.
    private func search(
        _ code: OpaquePointer, _ text: UnsafeBufferPointer<UInt8>, _ start: Int, _ flags: UInt32, _ data: OpaquePointer
    ) throws(TextPatternError) -> Bool {
        guard let windowed = pcre2_match_context_copy_8(context) else { throw TextPatternError.outOfMemory(source) }
        defer { pcre2_match_context_free_8(windowed) }
        let clock = ContinuousClock()
        let begin = clock.now
        var (position, window, flags) = (start, Self.firstWindow, flags)
        while true {
            let windowBegin = clock.now
            let last = min(position + window, text.count)
            pcre2_set_offset_limit_8(windowed, last)
            if try run(code, text, position, flags, data, windowed) { return true }
            guard last < text.count else { return false }
            position = Self.characterStart(in: text, atOrBefore: last)
            // A start inside the window was refused only for being empty at the first position.
            if position > start { flags = 0 }
            let now = clock.now
            guard now - begin <= limits.maximumTime else {
                throw TextPatternError(gaveUp: "no answer within \(limits.maximumTime)", source: source)
            }
            if now - windowBegin < .milliseconds(20) {
                window *= 2
            } else {
                window = max(window / 2, 64)
            }
        }
    }

    private static func characterStart(in text: UnsafeBufferPointer<UInt8>, atOrBefore offset: Int) -> Int {
        var index = offset
        while index > 0, offset - index < 3, index < text.count, text[index] & 0xC0 == 0x80 { index -= 1 }
        return index
    }

    private func run(
        _ code: OpaquePointer, _ text: UnsafeBufferPointer<UInt8>, _ start: Int, _ flags: UInt32,
        _ data: OpaquePointer, _ context: OpaquePointer
    ) throws(TextPatternError) -> Bool {
        // An empty Swift buffer may have no address; PCRE2 wants one.
        var nothing: UInt8 = 0
        var result = withUnsafePointer(to: &nothing) { empty in
            pcre2_match_8(code, text.baseAddress ?? empty, text.count, start, flags, data, context)
        }
        if result == PCRE2_ERROR_JIT_STACKLIMIT {
            // The JIT's small stack is full; the interpreter uses the heap, with its own limit.
            result = pcre2_match_8(code, text.baseAddress, text.count, start, flags | PCRE2_NO_JIT, data, context)
        }
        switch result {
        case 0...: return true
        case PCRE2_ERROR_NOMATCH: return false
        default: throw TextPatternError(matching: result, source: source, limits: limits)
        }
    }

    private func match(_ data: OpaquePointer) throws(TextPatternError) -> TextMatch {
        guard let vector = pcre2_get_ovector_pointer_8(data) else { throw TextPatternError.outOfMemory(source) }
        let groups = (0...groupCount).map { group -> Range<Int>? in
            let (start, end) = (vector[2 * group], vector[2 * group + 1])
            return start == Int(bitPattern: UInt.max) || start > end ? nil : start..<end
        }
        guard let whole = groups[0] else {
            throw TextPatternError(
                .library, what: "\\K put the start of the match behind its end", pattern: source,
                remedy: "remove \\K from the pattern")
        }
        return TextMatch(range: whole, groups: groups, names: names)
    }
}
