/// Recursive descent over the tokens, after Jinja2's grammar (which is not quite Python's).
struct Parser: ~Copyable {
    let source: [UInt8]
    var names: NameTable
    var arena = SyntaxArena()
    let tokens: [Token]
    var index = 0
    let syntax: TemplateSyntax
    /// What a line end in the source stands for.
    let newline: [UInt8]
    /// Names of the tags around the current one.
    var tagStack: [Int32] = []
    var endStack: [[Word]] = []
    private var depth = 0
    private let maximumDepth: Int
    /// How deep expressions may nest, whichever way they are written; Python's own compiler gives up at about 200.
    private static let maximumTreeDepth: Int32 = 400
    private var tooDeepAt: Int32?
    /// Expressions whose run is not complete yet; who adds some takes them off again.
    var pending: [ExpressionID] = []
    /// How many names were assigned so far.
    var assignments = 0

    init(_ text: [UInt8], _ rules: LexicalRules, maximumDepth: Int) throws(EvaluationError) {
        guard text.count < Int(Int32.max) else {
            throw EvaluationError(.limitExceeded, "the template is longer than 2 GiB")
        }
        let header = rules.syntax.readsHeader ? try TemplateHeader(text, rules.syntax) : nil
        var lexer = Lexer(text, header.map { LexicalRules($0.syntax) } ?? rules)
        if header != nil { lexer.skipFirstLine() }
        try lexer.run()
        syntax = header?.syntax ?? rules.syntax
        newline = Array(syntax.newlineSequence.utf8)
        (source, tokens, names) = lexer.finish()
        self.maximumDepth = maximumDepth
        arena.nodes.reserveCapacity(tokens.count)
    }

    consuming func parse() throws(EvaluationError) -> SyntaxTree {
        let body = try parseBody(until: [])
        if let tooDeepAt {
            throw fail(
                "an expression is nested deeper than \(Self.maximumTreeDepth) levels", at: tooDeepAt, .recursionError)
        }
        return SyntaxTree(source: source, names: names, body: body, arena: arena, newline: newline)
    }

    // MARK: Tokens

    var current: Token { tokens[index] }
    var kind: Token.Kind { tokens[index].kind }
    var offset: Int32 { tokens[index].offset }

    mutating func advance() {
        if index < tokens.count - 1 { index += 1 }
    }

    func isWord(_ word: Word) -> Bool { current.kind == .name && current.value == word.rawValue }
    func isNextWord(_ word: Word) -> Bool {
        index + 1 < tokens.count && tokens[index + 1].kind == .name && tokens[index + 1].value == word.rawValue
    }

    mutating func skip(_ word: Word) -> Bool {
        guard isWord(word) else { return false }
        advance()
        return true
    }

    mutating func skip(_ kind: Token.Kind) -> Bool {
        guard self.kind == kind else { return false }
        advance()
        return true
    }

    @discardableResult
    mutating func expect(_ kind: Token.Kind) throws(EvaluationError) -> Token {
        let token = current
        guard token.kind == kind else {
            if token.kind == .eof {
                throw fail("unexpected end of template, expected '\(kind.description)'.")
            }
            throw fail("expected token '\(kind.description)', got '\(describe(token))'")
        }
        advance()
        return token
    }

    mutating func expect(_ word: Word) throws(EvaluationError) {
        guard isWord(word) else {
            if kind == .eof { throw fail("unexpected end of template, expected '\(word.text)'.") }
            throw fail("expected token '\(word.text)', got '\(describe(current))'")
        }
        advance()
    }

    func describe(_ token: Token) -> String {
        token.kind == .name ? names[token.value].string : token.kind.description
    }

    func fail(_ message: String, at offset: Int32? = nil, _ kind: EvaluationError.Kind = .syntaxError)
        -> EvaluationError
    {
        let error = EvaluationError(kind, message)
        error.sourceOffset = Int(offset ?? self.offset)
        return error
    }

    mutating func nested<R>(_ body: (inout Parser) throws(EvaluationError) -> R) throws(EvaluationError) -> R {
        guard depth < maximumDepth else {
            throw fail("expressions or statements are nested deeper than \(maximumDepth) levels", .recursionError)
        }
        depth += 1
        defer { depth -= 1 }
        return try body(&self)
    }

    private func fail(_ message: String, _ kind: EvaluationError.Kind) -> EvaluationError {
        fail(message, at: nil, kind)
    }

    // MARK: Arena

    mutating func add(_ expression: Expression, at offset: Int32) -> ExpressionID {
        let depth = arena.depthInside(of: expression)
        arena.nodes.append(SyntaxNode(expression: expression, offset: offset, depth: depth + 1))
        // Chains such as `a + a + …` nest as deep as they are long, without the parser going any deeper.
        if depth >= Self.maximumTreeDepth, tooDeepAt == nil { tooDeepAt = offset }
        return ExpressionID(raw: Int32(arena.nodes.count - 1))
    }

    mutating func addName(_ name: Int32, at offset: Int32) -> ExpressionID {
        if let word = Word(rawValue: name) { arena.noteRead(of: word, at: offset) }
        return add(.name(name), at: offset)
    }

    /// What is pending from `first` on becomes a run.
    mutating func addRun(pendingFrom first: Int) -> ExpressionRun {
        let start = Int32(arena.lists.count)
        for index in first..<pending.count { arena.lists.append(pending[index]) }
        let count = pending.count - first
        pending.removeLast(count)
        return ExpressionRun(start: start, count: Int32(count))
    }

    mutating func addConstant(_ value: TemplateValue, at offset: Int32) -> ExpressionID {
        arena.constants.append(value)
        return add(.constant(Int32(arena.constants.count - 1)), at: offset)
    }

    // MARK: Bodies

    /// Statements and text up to one of the end words, which stays the current token; without any, up to the end.
    mutating func parseBody(until ends: [Word]) throws(EvaluationError) -> [Statement] {
        if !ends.isEmpty { endStack.append(ends) }
        defer { if !ends.isEmpty { endStack.removeLast() } }
        var body: [Statement] = []
        body.reserveCapacity(4)
        let firstOutput = pending.count
        var outputOffset: Int32 = 0
        while true {
            let token = current
            switch token.kind {
            case .data:
                if pending.count == firstOutput { outputOffset = token.offset }
                pending.append(add(.data(token.offset, token.end), at: token.offset))
                advance()
            case .variableBegin:
                if pending.count == firstOutput { outputOffset = token.offset }
                advance()
                pending.append(try parseTuple())
                try expect(.variableEnd)
            case .blockBegin:
                if pending.count > firstOutput {
                    let output = addRun(pendingFrom: firstOutput)
                    body.append(Statement(offset: outputOffset, end: outputOffset, kind: .output(output)))
                }
                advance()
                if kind == .name, ends.contains(where: { isWord($0) }) { return body }
                try nested { (parser) throws(EvaluationError) in try parser.parseStatement(into: &body) }
                try expect(.blockEnd)
            case .eof:
                if pending.count > firstOutput {
                    let output = addRun(pendingFrom: firstOutput)
                    body.append(Statement(offset: outputOffset, end: outputOffset, kind: .output(output)))
                }
                return body
            default: throw fail("internal parsing error")
            }
        }
    }

    /// The rest of a tag, its body, and one of the end words as current token.
    mutating func parseStatements(_ ends: Word..., dropEnd: Bool = false) throws(EvaluationError) -> [Statement] {
        _ = skip(.colon)
        try expect(.blockEnd)
        let body = try parseBody(until: ends)
        if kind == .eof { throw failAtEnd(ends) }
        if dropEnd { advance() }
        return body
    }

    private func failAtEnd(_ ends: [Word]) -> EvaluationError { failUnexpected(nil, endStack + [ends]) }

    func failUnknownTag(_ name: String, at offset: Int32) -> EvaluationError {
        failUnexpected(name, endStack, at: offset)
    }

    private func failUnexpected(_ name: String?, _ stack: [[Word]], at offset: Int32? = nil) -> EvaluationError {
        var message = name.map { "Encountered unknown tag \(pythonQuoted($0))." } ?? "Unexpected end of template."
        if let last = stack.last {
            let looking = last.map { pythonQuoted($0.text) }.joined(separator: " or ")
            if let name, stack.contains(where: { $0.contains { $0.text == name } }) {
                message +=
                    " You probably made a nesting mistake. Jinja is expecting this tag, but currently looking for \(looking)."
            } else {
                message += " Jinja was looking for the following tags: \(looking)."
            }
        }
        if let tag = tagStack.last {
            message += " The innermost block that needs to be closed is \(pythonQuoted(names[tag].string))."
        }
        return fail(message, at: offset)
    }

    // MARK: Literals

    /// The characters of a string token, escapes resolved.
    func stringValue(_ token: Token) throws(EvaluationError) -> TextValue {
        let raw = source[Int(token.offset) + 1..<Int(token.end) - 1]
        if !raw.contains(0x5C), newline == [0x0A] || !raw.contains(0x0A) { return TextValue.make(raw) }
        var bytes: [UInt8] = []
        var index = raw.startIndex
        while index < raw.endIndex {
            let byte = raw[index]
            if byte == 0x0A {
                bytes += newline
                index += 1
            } else if byte != 0x5C || index + 1 >= raw.endIndex {
                bytes.append(byte)
                index += 1
            } else {
                try appendEscape(raw, &index, into: &bytes, at: token.offset)
            }
        }
        return TextValue.make(bytes)
    }

    private func appendEscape(
        _ raw: ArraySlice<UInt8>, _ index: inout Int, into bytes: inout [UInt8], at offset: Int32
    ) throws(EvaluationError) {
        let mark = raw[index + 1]
        index += 2
        switch mark {
        case 0x0A: break
        case 0x5C, 0x27, 0x22: bytes.append(mark)
        case 0x61: bytes.append(7)
        case 0x62: bytes.append(8)
        case 0x66: bytes.append(12)
        case 0x6E: bytes.append(10)
        case 0x72: bytes.append(13)
        case 0x74: bytes.append(9)
        case 0x76: bytes.append(11)
        case 0x30...0x37:
            var value = UInt32(mark - 0x30)
            for _ in 0..<2 where index < raw.endIndex && raw[index] >= 0x30 && raw[index] <= 0x37 {
                value = value * 8 + UInt32(raw[index] - 0x30)
                index += 1
            }
            bytes.appendScalar(Unicode.Scalar(value) ?? "\u{FFFD}")
        case 0x78: try appendHex(raw, &index, 2, "truncated \\xXX escape", into: &bytes, at: offset)
        case 0x75: try appendHex(raw, &index, 4, "truncated \\uXXXX escape", into: &bytes, at: offset)
        case 0x55: try appendHex(raw, &index, 8, "truncated \\UXXXXXXXX escape", into: &bytes, at: offset)
        case 0x4E: try appendNamed(raw, &index, into: &bytes, at: offset)
        default:
            bytes.append(0x5C)
            bytes.append(mark)
        }
    }

    private func appendHex(
        _ raw: ArraySlice<UInt8>, _ index: inout Int, _ width: Int, _ message: String, into bytes: inout [UInt8],
        at offset: Int32
    ) throws(EvaluationError) {
        guard index + width <= raw.endIndex,
            let value = UInt32(String(decoding: raw[index..<index + width], as: UTF8.self), radix: 16),
            raw[index..<index + width].allSatisfy({ $0 != 0x2B && $0 != 0x2D })
        else { throw fail(message, at: offset) }
        index += width
        guard value <= 0x10FFFF else { throw fail("illegal Unicode character", at: offset) }
        // A lone surrogate is no text; it prints as the replacement character.
        bytes.appendScalar(Unicode.Scalar(value) ?? "\u{FFFD}")
    }

    private func appendNamed(
        _ raw: ArraySlice<UInt8>, _ index: inout Int, into bytes: inout [UInt8], at offset: Int32
    ) throws(EvaluationError) {
        guard index < raw.endIndex, raw[index] == 0x7B, let close = raw[index...].firstIndex(of: 0x7D) else {
            throw fail("malformed \\N character escape", at: offset)
        }
        let name = String(decoding: raw[index + 1..<close], as: UTF8.self).uppercased()
        guard let scalar = Self.scalarsByName[name] else { throw fail("unknown Unicode character name", at: offset) }
        bytes.appendScalar(scalar)
        index = close + 1
    }

    /// Made when the first template names a character.
    private static let scalarsByName: [String: Unicode.Scalar] = {
        var table: [String: Unicode.Scalar] = [:]
        for value in UInt32(0x20)...0x1FFFF {
            guard let scalar = Unicode.Scalar(value) else { continue }
            for name in [scalar.properties.nameAlias, scalar.properties.name] {
                if let name, table[name] == nil { table[name] = scalar }
            }
        }
        return table
    }()

    /// The value of a number token.
    func numberValue(_ token: Token) throws(EvaluationError) -> TemplateValue {
        let digits = source[Int(token.offset)..<Int(token.end)].filter { $0 != 0x5F }
        if token.kind == .float { return .double(Double(String(decoding: digits, as: UTF8.self)) ?? 0) }
        if digits.count > 2, digits[0] == 0x30 {
            let radix: UInt32? =
                switch digits[1] | 0x20 {
                case 0x78: 16
                case 0x6F: 8
                case 0x62: 2
                default: nil
                }
            if let radix, let value = BigInteger(digits: digits.dropFirst(2), radix: radix) {
                return TemplateValue(value)
            }
        }
        guard digits.count <= 4300 else {
            throw fail("an integer of \(digits.count) digits exceeds the limit of 4300", at: token.offset)
        }
        if digits.count < 19 { return .int(digits.reduce(0) { $0 * 10 + Int($1 - 0x30) }) }
        return BigInteger(digits: digits).map { TemplateValue($0) } ?? .int(0)
    }
}
