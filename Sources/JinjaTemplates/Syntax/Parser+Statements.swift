extension Parser {
    mutating func parseStatement(into body: inout [Statement]) throws(EvaluationError) {
        let token = current
        guard token.kind == .name else { throw fail("tag name expected", at: token.offset) }
        tagStack.append(token.value)
        defer { tagStack.removeLast() }
        let statement: Statement.Kind
        switch Word(rawValue: token.value) {
        case .for: statement = try parseFor()
        case .if: statement = try parseIf()
        case .set: statement = try parseSet()
        case .macro: statement = try parseMacro()
        case .call: statement = try parseCallBlock()
        case .filter:
            advance()
            let filter = try parseFilter(.absent, startInline: true)
            statement = .filterBlock(filter, try parseStatements(.endfilter, dropEnd: true))
        case .with: statement = try parseWith()
        case .autoescape:
            advance()
            let value = try parseExpression()
            statement = .autoescape(value, try parseStatements(.endautoescape, dropEnd: true))
        case .block:
            arena.hasBlocks = true
            statement = try parseBlock()
        case .extends:
            advance()
            arena.hasExtends = true
            statement = .extends(try parseExpression())
        case .include: statement = try parseInclude()
        case .import: statement = try parseImport()
        case .from: statement = try parseFromImport()
        case .print:
            advance()
            let first = pending.count
            while kind != .blockEnd {
                if pending.count > first { try expect(.comma) }
                pending.append(try parseExpression())
            }
            statement = .output(addRun(pendingFrom: first))
        case .do where syntax.extensions.contains(.do):
            advance()
            statement = .perform(try parseTuple())
        case .break where syntax.extensions.contains(.loopControls):
            advance()
            statement = .breakLoop
        case .continue where syntax.extensions.contains(.loopControls):
            advance()
            statement = .continueLoop
        case .debug where syntax.extensions.contains(.debug):
            advance()
            statement = .debug
        case .trans where syntax.extensions.contains(.i18n): statement = try parseTranslation()
        default:
            let name = tagStack.removeLast()
            defer { tagStack.append(name) }
            throw failUnknownTag(names[name].string, at: token.offset)
        }
        body.append(Statement(offset: token.offset, end: offset, kind: statement))
    }

    // MARK: Targets

    private mutating func parseNameTarget() throws(EvaluationError) -> Int32 {
        let token = try expect(.name)
        assignments += 1
        try checkAssignable(token.value, at: token.offset)
        return token.value
    }

    private func checkAssignable(_ name: Int32, at offset: Int32) throws(EvaluationError) {
        switch Word(rawValue: name) {
        case .lowerTrue, .lowerFalse, .lowerNone, .upperTrue, .upperFalse, .upperNone:
            throw fail("can't assign to 'name'", at: offset)
        default: break
        }
    }

    mutating func parseAssignTarget(end: Word? = nil, withNamespace: Bool = false) throws(EvaluationError)
        -> ExpressionID
    {
        let target = try parseTuple(simplified: true, end: end, withNamespace: withNamespace)
        try markAsTarget(target)
        return target
    }

    private mutating func markAsTarget(_ id: ExpressionID) throws(EvaluationError) {
        switch arena[id] {
        case .name(let name):
            if name == Word.loop.rawValue { arena.hasLoopTarget = true }
            assignments += 1
            arena.nodes[Int(id.raw)].expression = .target(name)
        case .namespaceTarget: break
        case .tuple(let run): for member in arena.members(run) { try markAsTarget(member) }
        case .constant: throw fail("can't assign to 'const'", at: arena.offset(id))
        case .list: throw fail("can't assign to 'list'", at: arena.offset(id))
        case .dict: throw fail("can't assign to 'dict'", at: arena.offset(id))
        default: throw fail("can't assign to this expression", at: arena.offset(id))
        }
    }

    // MARK: Statements

    private mutating func parseFor() throws(EvaluationError) -> Statement.Kind {
        advance()
        let target = try parseAssignTarget(end: .in)
        try expect(.in)
        let iterable = try parseTuple(withConditional: false, end: .recursive)
        let test = skip(.if) ? try parseExpression() : .absent
        let isRecursive = skip(.recursive)
        let body = try parseStatements(.endfor, .else)
        var otherwise: [Statement] = []
        if skip(.else) {
            otherwise = try parseStatements(.endfor, dropEnd: true)
        } else {
            advance()
        }
        return .loop(
            Statement.Loop(
                target: target, iterable: iterable, test: test, isRecursive: isRecursive, body: body,
                otherwise: otherwise))
    }

    private mutating func parseIf() throws(EvaluationError) -> Statement.Kind {
        advance()
        let before = assignments
        var branches: [(test: ExpressionID, body: [Statement])] = []
        var otherwise: [Statement] = []
        while true {
            let test = try parseTuple(withConditional: false)
            branches.append((test, try parseStatements(.elif, .else, .endif)))
            if skip(.elif) { continue }
            if skip(.else) {
                otherwise = try parseStatements(.endif, dropEnd: true)
            } else {
                advance()
            }
            return .conditional(branches, otherwise: otherwise, assigns: assignments > before)
        }
    }

    private mutating func parseSet() throws(EvaluationError) -> Statement.Kind {
        advance()
        let target = try parseAssignTarget(withNamespace: true)
        if skip(.assign) { return .assign(target, try parseTuple()) }
        let filter = try parseFilter(.absent)
        return .assignBlock(target, filter: filter, try parseStatements(.endset, dropEnd: true))
    }

    private mutating func parseWith() throws(EvaluationError) -> Statement.Kind {
        advance()
        var targets: [ExpressionID] = []
        var values: [ExpressionID] = []
        while kind != .blockEnd {
            if !targets.isEmpty { try expect(.comma) }
            targets.append(try parseAssignTarget())
            try expect(.assign)
            values.append(try parseExpression())
        }
        return .with(targets: targets, values: values, try parseStatements(.endwith, dropEnd: true))
    }

    private mutating func parseSignature() throws(EvaluationError) -> Signature {
        try expect(.lparen)
        var signature = Signature()
        while kind != .rparen {
            if !signature.parameters.isEmpty { try expect(.comma) }
            signature.parameters.append(try parseNameTarget())
            if skip(.assign) {
                signature.defaults.append(try parseExpression())
            } else if !signature.defaults.isEmpty {
                throw fail("non-default argument follows default argument")
            }
        }
        try expect(.rparen)
        return signature
    }

    private mutating func parseMacro() throws(EvaluationError) -> Statement.Kind {
        advance()
        let name = try parseNameTarget()
        let signature = try parseSignature()
        return .macro(name, signature, try parseStatements(.endmacro, dropEnd: true))
    }

    private mutating func parseCallBlock() throws(EvaluationError) -> Statement.Kind {
        let start = offset
        advance()
        let signature = kind == .lparen ? try parseSignature() : Signature()
        let call = try parseExpression()
        guard case .call = arena[call] else { throw fail("expected call", at: start) }
        return .callBlock(signature, call: call, try parseStatements(.endcall, dropEnd: true))
    }

    private mutating func parseBlock() throws(EvaluationError) -> Statement.Kind {
        advance()
        let name = try expect(.name).value
        let isScoped = skip(.scoped)
        let isRequired = skip(.required)
        if kind == .sub {
            throw fail(
                "Block names in Jinja have to be valid Python identifiers and may not contain hyphens, use an underscore instead."
            )
        }
        let body = try parseStatements(.endblock, dropEnd: true)
        if isRequired, body.contains(where: { !isBlank($0) }) {
            throw fail("Required blocks can only contain comments or whitespace")
        }
        if kind == .name, current.value == name { advance() }
        return .block(Statement.Block(name: name, isScoped: isScoped, isRequired: isRequired, body: body))
    }

    private func isBlank(_ statement: Statement) -> Bool {
        guard case .output(let items) = statement.kind else { return false }
        for item in arena.members(items) {
            guard case .data(let start, let end) = arena[item] else { return false }
            guard source[Int(start)..<Int(end)].allSatisfy({ isASCIISpace($0) }) else { return false }
        }
        return true
    }

    private mutating func parseContext(default withContext: Bool) -> Bool {
        guard isWord(.with) || isWord(.without), isNextWord(.context) else { return withContext }
        let result = isWord(.with)
        advance()
        advance()
        return result
    }

    private mutating func parseInclude() throws(EvaluationError) -> Statement.Kind {
        advance()
        let template = try parseExpression()
        var ignoreMissing = false
        if isWord(.ignore), isNextWord(.missing) {
            ignoreMissing = true
            advance()
            advance()
        }
        return .include(template, ignoreMissing: ignoreMissing, withContext: parseContext(default: true))
    }

    private mutating func parseImport() throws(EvaluationError) -> Statement.Kind {
        advance()
        let template = try parseExpression()
        try expect(.as)
        let target = try parseNameTarget()
        return .importTemplate(template, target: target, withContext: parseContext(default: false))
    }

    private mutating func parseFromImport() throws(EvaluationError) -> Statement.Kind {
        advance()
        let template = try parseExpression()
        try expect(.import)
        var imported: [(name: Int32, alias: Int32)] = []
        var withContext = false
        while true {
            if !imported.isEmpty { try expect(.comma) }
            guard kind == .name else {
                try expect(.name)
                break
            }
            if isContextClause {
                withContext = parseContext(default: false)
                break
            }
            let start = offset
            let name = try parseNameTarget()
            if names[name].withBytes({ $0.first == 0x5F }) {
                throw fail("names starting with an underline can not be imported", at: start, .assertionError)
            }
            imported.append((name, skip(.as) ? try parseNameTarget() : name))
            if isContextClause {
                withContext = parseContext(default: false)
                break
            }
            if kind != .comma { break }
        }
        return .fromImport(template, names: imported, withContext: withContext)
    }

    private var isContextClause: Bool { (isWord(.with) || isWord(.without)) && isNextWord(.context) }

    // MARK: Translations

    /// `{% trans %}`: without a catalogue the message is its own translation.
    private mutating func parseTranslation() throws(EvaluationError) -> Statement.Kind {
        let start = offset
        advance()
        var variables: [(name: Int32, value: ExpressionID)] = []
        var count = ExpressionID.absent
        var isTrimmed: Bool?
        if kind == .string { advance() }
        while kind != .blockEnd {
            if !variables.isEmpty { try expect(.comma) }
            if skip(.colon) { break }
            let token = try expect(.name)
            if variables.contains(where: { $0.name == token.value }) {
                throw fail(
                    "translatable variable \(pythonQuoted(describe(token))) defined twice.", at: token.offset,
                    .assertionError)
            }
            let value: ExpressionID
            if kind == .assign {
                advance()
                value = try parseExpression()
            } else if isTrimmed == nil, token.value == Word.trimmed.rawValue || token.value == Word.notrimmed.rawValue {
                isTrimmed = token.value == Word.trimmed.rawValue
                continue
            } else {
                value = addName(token.value, at: token.offset)
            }
            variables.append((token.value, value))
            if count.isAbsent { count = value }
        }
        try expect(.blockEnd)
        var (singular, referenced) = try parseMessageText(allowPlural: true)
        if count.isAbsent, let first = referenced.first {
            count = addName(first, at: start)
        }
        var plural: [UInt8]?
        if skip(.pluralize) {
            if kind != .blockEnd {
                let token = try expect(.name)
                guard let known = variables.first(where: { $0.name == token.value }) else {
                    throw fail(
                        "unknown variable \(pythonQuoted(describe(token))) for pluralization", at: token.offset,
                        .assertionError)
                }
                count = known.value
            }
            try expect(.blockEnd)
            let (text, more) = try parseMessageText(allowPlural: false)
            plural = text
            referenced += more
            guard !count.isAbsent else { throw fail("pluralize without variables", at: start) }
        }
        advance()
        if isTrimmed ?? false {
            singular = trimmingLines(singular)
            plural = plural.map { trimmingLines($0) }
        }
        for name in referenced where !variables.contains(where: { $0.name == name }) {
            variables.append((name, addName(name, at: start)))
        }
        arena.messages.append(TranslatedMessage(singular: singular, plural: plural, count: count, variables: variables))
        pending.append(add(.translated(Int32(arena.messages.count - 1)), at: start))
        return .output(addRun(pendingFrom: pending.count - 1))
    }

    /// Text with `%(name)s` for each `{{ name }}`, up to `endtrans` or `pluralize`.
    private mutating func parseMessageText(allowPlural: Bool) throws(EvaluationError) -> ([UInt8], [Int32]) {
        var text: [UInt8] = []
        var referenced: [Int32] = []
        while true {
            let token = current
            switch token.kind {
            case .data:
                for byte in source[Int(token.offset)..<Int(token.end)] {
                    text.append(byte)
                    if byte == 0x25 { text.append(byte) }
                }
                advance()
            case .variableBegin:
                advance()
                let name = try expect(.name)
                referenced.append(name.value)
                text += Array("%(\(describe(name)))s".utf8)
                try expect(.variableEnd)
            case .blockBegin:
                advance()
                if isWord(.endtrans) { return (text, referenced) }
                if isWord(.pluralize) {
                    if allowPlural { return (text, referenced) }
                    throw fail("a translatable section can have only one pluralize section")
                }
                if isWord(.trans) { throw fail("trans blocks can't be nested; did you mean `endtrans`?") }
                throw fail("control structures in translatable sections are not allowed")
            case .eof: throw fail("unclosed translation block")
            default: throw fail("internal parser error")
            }
        }
    }

    private func trimmingLines(_ text: [UInt8]) -> [UInt8] {
        let string = String(decoding: text, as: UTF8.self)
        let lines = string.unicodeScalars.split(separator: "\n", omittingEmptySubsequences: false).map { line in
            String(line).trimmingPythonSpace()
        }
        return Array(lines.filter { !$0.isEmpty }.joined(separator: " ").utf8)
    }
}

extension String {
    /// Without white space at both ends, as Python's `strip`.
    package func trimmingPythonSpace() -> String {
        var scalars = Substring(self).unicodeScalars
        while let first = scalars.first, isPythonSpace(first) { scalars.removeFirst() }
        while let last = scalars.last, isPythonSpace(last) { scalars.removeLast() }
        return String(scalars)
    }
}
