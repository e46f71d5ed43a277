internal import CPCRE2
internal import Synchronization

/// An expression of Python's `re` for matching one line after another at its start (as `re.match` does).
///
/// Most lines of devices are plain ASCII; for them a form without Unicode tables is used, and a line whose first byte
/// rules the expression out is not looked at further. Match with a `LineMatcher`. May be used from many threads.
package final class LinePattern: Sendable {
    /// The expression as written.
    package let source: String
    /// Named groups, in order; the numbers are those `LineMatcher` knows.
    package let names: [PythonExpression.Name]
    /// Groups as Python counts them.
    package let groupCount: Int
    /// Groups a `LineMatcher` needs room for.
    package let capturedGroupCount: Int
    let limits: PatternLimits
    let firstBytes: ASCIISet
    /// What a plain line that is not empty begins with when the pattern matches it.
    package var firstBytesOfPlainLines: ASCIISet { plain == nil ? .all : firstBytes }
    /// For plain lines; nil when the expression itself is not plain.
    let plain: LineCode?
    private let general: Mutex<LineCode?>

    /// Compiles an expression. Throws `.syntax` with the place, `.patternTooBig` or `.notSupported`.
    package init(_ source: String, limits: PatternLimits = .standard) throws(TextPatternError) {
        guard source.utf8.count <= limits.maximumPatternBytes else {
            throw TextPatternError(
                .patternTooBig, what: "the pattern has \(source.utf8.count) bytes, limit \(limits.maximumPatternBytes)",
                pattern: String(source.prefix(80)) + "…", remedy: "split the pattern")
        }
        let expression = try PythonExpression(source, for: .plain)
        self.source = source
        self.limits = limits
        names = expression.names
        groupCount = expression.groupCount
        capturedGroupCount = expression.capturedGroupCount
        firstBytes = expression.firstBytes
        if expression.isForAnySubjectOnly {
            plain = nil
            general = Mutex(try Self.generalCode(source))
        } else {
            plain = try LineCode(expression.pcre, source: source, options: 0)
            general = Mutex(nil)
        }
    }

    /// The form for lines that are not plain, made when the first such line comes.
    func generalCode() throws(TextPatternError) -> LineCode {
        let made = general.withLock { code -> Result<LineCode, TextPatternError> in
            if let code { return .success(code) }
            do throws(TextPatternError) {
                let new = try Self.generalCode(source)
                code = new
                return .success(new)
            } catch { return .failure(error) }
        }
        return try made.get()
    }

    private static func generalCode(_ source: String) throws(TextPatternError) -> LineCode {
        let expression = try PythonExpression(source, for: .any)
        return try LineCode(
            expression.pcre, source: source, options: PCRE2_UTF | PCRE2_UCP | PCRE2_NEVER_BACKSLASH_C)
    }
}

/// What PCRE2 compiled for a `LinePattern`; machine code is made when it has been used a few times, since making it costs
/// as much as some dozen matches without.
///
// SAFETY: a `pcre2_code` is read-only but while `pcre2_jit_compile` runs, which only adds to it: `pcre2_match` with
// PCRE2_NO_JIT does not look at what it adds, and `pcre2_jit_match` waits for `state`. It is freed once, in `deinit`.
final class LineCode: @unchecked Sendable {
    let code: OpaquePointer
    private let uses = Atomic<UInt8>(0)
    private let state = Atomic<UInt8>(0)
    private let preparing = Mutex(())

    /// Uses before machine code is made.
    private static let patience: UInt8 = 64

    init(_ pcre: String, source: String, options: UInt32) throws(TextPatternError) {
        guard let context = pcre2_compile_context_create_8(nil) else { throw TextPatternError.outOfMemory(source) }
        defer { pcre2_compile_context_free_8(context) }
        pcre2_set_newline_8(context, UInt32(PCRE2_NEWLINE_LF))
        let bytes = Array(pcre.utf8)
        var (number, offset) = (Int32(0), 0)
        guard let code = pcre2_compile_8(bytes, bytes.count, options | PCRE2_ANCHORED, &number, &offset, context) else {
            let tooBig = number == PCRE2_ERROR_PATTERN_TOO_LARGE || number == PCRE2_ERROR_HEAP_FAILED
            throw TextPatternError(
                tooBig ? .patternTooBig : .notSupported, what: TextPatternError.message(number), pattern: source,
                remedy: "simplify the pattern; for PCRE2 it reads \(pcre)")
        }
        self.code = code
    }

    deinit { pcre2_code_free_8(code) }

    /// How to match.
    enum Means { case machineCode, interpreter, interpreterForNow }

    /// Machine code as soon as it pays. Where it is forbidden there is none.
    @inline(__always) var means: Means {
        let known = state.load(ordering: .acquiring)
        return known == 1 ? .machineCode : known == 2 ? .interpreter : slowMeans()
    }

    private func slowMeans() -> Means {
        let used = uses.add(1, ordering: .relaxed).newValue
        return used < Self.patience ? .interpreterForNow : makeMachineCode() ? .machineCode : .interpreter
    }

    /// Makes machine code now. False where it is forbidden.
    func makeMachineCode() -> Bool {
        preparing.withLock { _ in
            let known = state.load(ordering: .relaxed)
            guard known == 0 else { return known == 1 }
            let isMade = pcre2_jit_compile_8(code, PCRE2_JIT_COMPLETE) == 0
            state.store(isMade ? 1 : 2, ordering: .releasing)
            return isMade
        }
    }
}
