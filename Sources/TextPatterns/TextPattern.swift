internal import CPCRE2

/// A compiled regular expression in PCRE2 syntax, with limits on what matching may cost.
///
/// Texts are UTF-8; `\w`, `\d` and `[[:alpha:]]` know Unicode. Bytes that are not UTF-8 never match, and do no harm.
/// `.` and `$` know `\n` as the only line end. A value may be used from many threads at once. Compiling costs
/// microseconds to milliseconds: keep the value.
///
///     let line = try TextPattern(#"^(?<name>\S+)\s+is (up|down)"#, options: .multiline)
///     for match in try line.allMatches(in: output) { match.text("name", in: output) }
package struct TextPattern: Sendable {
    /// How a pattern is understood.
    package struct Options: OptionSet, Hashable, Sendable {
        package let rawValue: UInt8
        package init(rawValue: UInt8) { self.rawValue = rawValue }
        /// Letters match in either case.
        package static let caseInsensitive = Options(rawValue: 1)
        /// `^` and `$` match at every line.
        package static let multiline = Options(rawValue: 2)
        /// `.` matches a line end too.
        package static let dotMatchesLineEnds = Options(rawValue: 4)
        /// White space and `# comments` in the pattern mean nothing.
        package static let extended = Options(rawValue: 8)
        /// The match must be the whole text.
        package static let wholeText = Options(rawValue: 16)
        /// The match must start where the search starts.
        package static let anchored = Options(rawValue: 32)
        /// `$` means the very end only, not also before a last line end.
        package static let dollarIsVeryEnd = Options(rawValue: 64)
        /// The pattern is plain text: nothing in it is special.
        package static let literal = Options(rawValue: 128)
    }

    /// The pattern as written.
    package var source: String { compiled.source }
    /// How it is understood.
    package let options: Options
    private let compiled: CompiledPattern

    /// Compiles a pattern. Throws `.syntax` with the place, or `.patternTooBig`.
    package init(_ source: String, options: Options = [], limits: PatternLimits = .standard)
        throws(TextPatternError)
    {
        self.options = options
        compiled = try CompiledPattern(source, options: Self.flags(options), limits: limits)
    }

    private static func flags(_ options: Options) -> UInt32 {
        var flags: UInt32 = 0
        if options.contains(.caseInsensitive) { flags |= PCRE2_CASELESS }
        if options.contains(.multiline) { flags |= PCRE2_MULTILINE }
        if options.contains(.dotMatchesLineEnds) { flags |= PCRE2_DOTALL }
        if options.contains(.extended) { flags |= PCRE2_EXTENDED }
        if options.contains(.wholeText) { flags |= PCRE2_ANCHORED | PCRE2_ENDANCHORED }
        if options.contains(.anchored) { flags |= PCRE2_ANCHORED }
        if options.contains(.dollarIsVeryEnd) { flags |= PCRE2_DOLLAR_ENDONLY }
        if options.contains(.literal) { flags |= PCRE2_LITERAL }
        return flags
    }

    /// How many groups the pattern captures, the whole match not counted.
    package var groupCount: Int { compiled.groupCount }

    /// Named groups with their numbers, in order of number.
    package var groupNames: [(name: String, number: Int)] {
        compiled.names.flatMap { name, numbers in numbers.map { (name, $0) } }.sorted { $0.1 < $1.1 }
    }

    // MARK: Matching

    /// The first match at or after byte `start`; with `anchored`, only one that starts there.
    package func firstMatch(in bytes: [UInt8], from start: Int = 0, anchored: Bool = false)
        throws(TextPatternError) -> TextMatch?
    {
        try Self.rethrowing {
            try bytes.withUnsafeBufferPointer { try compiled.firstMatch(in: $0, from: start, anchored: anchored) }
        }
    }

    /// The first match in a string at or after UTF-8 offset `start`; ranges count bytes of UTF-8.
    package func firstMatch(in string: String, from start: Int = 0, anchored: Bool = false)
        throws(TextPatternError) -> TextMatch?
    {
        try Self.rethrowing {
            try Self.withBytes(of: string) { try compiled.firstMatch(in: $0, from: start, anchored: anchored) }
        }
    }

    /// Whether the pattern matches somewhere.
    package func matches(_ bytes: [UInt8]) throws(TextPatternError) -> Bool { try firstMatch(in: bytes) != nil }

    /// Whether the pattern matches somewhere.
    package func matches(_ string: String) throws(TextPatternError) -> Bool { try firstMatch(in: string) != nil }

    /// All matches that do not overlap, from left to right, empty ones included (as Perl and Python find them).
    package func allMatches(in bytes: [UInt8]) throws(TextPatternError) -> [TextMatch] {
        try Self.rethrowing { try bytes.withUnsafeBufferPointer { try allMatches(in: $0) } }
    }

    /// All matches that do not overlap; ranges count bytes of UTF-8.
    package func allMatches(in string: String) throws(TextPatternError) -> [TextMatch] {
        try Self.rethrowing { try Self.withBytes(of: string) { try allMatches(in: $0) } }
    }

    private func allMatches(in text: UnsafeBufferPointer<UInt8>) throws(TextPatternError) -> [TextMatch] {
        let deadline = ContinuousClock.now + compiled.limits.maximumTime
        var (found, position, lastWasEmpty) = ([TextMatch](), 0, false)
        while position <= text.count {
            let match = try compiled.firstMatch(
                in: text, from: position, anchored: false, notEmptyAtStart: lastWasEmpty)
            guard let match else { break }
            found.append(match)
            // \K can leave a match that ends where the last one did.
            lastWasEmpty = match.range.isEmpty || match.range.upperBound <= position
            position = max(position, match.range.upperBound)
            if found.count > compiled.limits.maximumMatches
                || (found.count % 256 == 0 && ContinuousClock.now > deadline)
            {
                throw TextPatternError(
                    .gaveUp, what: "stopped after \(found.count) matches", pattern: source,
                    remedy: "search a smaller part of the text, or make the pattern match larger pieces")
            }
        }
        return found
    }

    private static func withBytes<R>(of string: String, _ body: (UnsafeBufferPointer<UInt8>) throws -> R) rethrows -> R
    {
        var string = string
        return try string.withUTF8(body)
    }

    /// The closures of the standard library lose the error's type; it can only be ours.
    private static func rethrowing<R>(_ body: () throws -> R) throws(TextPatternError) -> R {
        do { return try body() } catch let error as TextPatternError { throw error } catch {
            throw TextPatternError(.library, what: "\(error)", pattern: "", remedy: "report this as a bug")
        }
    }
}

extension TextPattern: Hashable {
    package static func == (a: TextPattern, b: TextPattern) -> Bool {
        a.source == b.source && a.options == b.options && a.compiled.limits == b.compiled.limits
    }
    package func hash(into hasher: inout Hasher) {
        hasher.combine(source)
        hasher.combine(options)
    }
}

extension TextPattern {
    /// The text as a pattern that matches exactly it.
    package static func escaping(_ text: String) -> String {
        var result = ""
        for scalar in text.unicodeScalars {
            if scalar.isASCII, !("0"..."9" ~= scalar || "a"..."z" ~= scalar || "A"..."Z" ~= scalar || scalar == "_") {
                result.append("\\")
            }
            result.unicodeScalars.append(scalar)
        }
        return result
    }
}
