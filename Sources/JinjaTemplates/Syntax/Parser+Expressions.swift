extension Parser {
    mutating func parseExpression(withConditional: Bool = true) throws(EvaluationError) -> ExpressionID {
        try nested { (parser) throws(EvaluationError) in
            withConditional ? try parser.parseConditional() : try parser.parseOr()
        }
    }

    private mutating func parseConditional() throws(EvaluationError) -> ExpressionID {
        let start = offset
        var expression = try parseOr()
        guard kind == .name else { return expression }
        while skip(.if) {
            let test = try parseOr()
            let otherwise =
                skip(.else) ? try nested { (parser) throws(EvaluationError) in try parser.parseConditional() } : .absent
            expression = add(.conditional(test: test, then: expression, otherwise: otherwise), at: start)
        }
        return expression
    }

    private mutating func parseOr() throws(EvaluationError) -> ExpressionID {
        let start = offset
        // Most expressions are one operand: the levels in between are for those that are not.
        let operand = isWord(.not) ? nil : try parseUnary()
        if let operand, kind == .variableEnd || kind == .blockEnd || kind == .comma || kind == .rparen {
            return operand
        }
        var left = try parseAnd(from: operand, at: start)
        while skip(.or) {
            let right = try parseAnd()
            left = add(.or(left, right), at: start)
        }
        return left
    }

    /// The operand, which begins at `start`, may have been read already; so below.
    private mutating func parseAnd(from operand: ExpressionID? = nil, at start: Int32? = nil) throws(EvaluationError)
        -> ExpressionID
    {
        let start = start ?? offset
        var left = if let operand { try parseCompare(from: operand, at: start) } else { try parseNot() }
        while skip(.and) {
            let right = try parseNot()
            left = add(.and(left, right), at: start)
        }
        return left
    }

    private mutating func parseNot() throws(EvaluationError) -> ExpressionID {
        let start = offset
        if skip(.not) {
            let operand = try nested { (parser) throws(EvaluationError) in try parser.parseNot() }
            return add(.unary(.not, operand), at: start)
        }
        return try parseCompare()
    }

    private mutating func parseCompare(from operand: ExpressionID? = nil, at start: Int32? = nil)
        throws(EvaluationError)
        -> ExpressionID
    {
        let start = start ?? offset
        let first = try parseSum(from: operand, at: start)
        guard var next = comparisonOperator() else { return first }
        let firstPending = pending.count
        pending.append(first)
        var found: [ComparisonOperator] = []
        while true {
            found.append(next)
            pending.append(try parseSum())
            guard let another = comparisonOperator() else { break }
            next = another
        }
        let at = Int32(arena.comparisons.count)
        arena.comparisons.append(contentsOf: found)
        let run = addRun(pendingFrom: firstPending)
        return add(.compare(run, at), at: start)
    }

    private mutating func comparisonOperator() -> ComparisonOperator? {
        let op: ComparisonOperator
        switch kind {
        case .eq: op = .equal
        case .ne: op = .notEqual
        case .lt: op = .less
        case .lteq: op = .lessOrEqual
        case .gt: op = .greater
        case .gteq: op = .greaterOrEqual
        case .name where isWord(.in): op = .contained
        case .name where isWord(.not) && isNextWord(.in):
            op = .notContained
            advance()
        default: return nil
        }
        advance()
        return op
    }

    private mutating func parseSum(from operand: ExpressionID? = nil, at start: Int32? = nil) throws(EvaluationError)
        -> ExpressionID
    {
        let start = start ?? offset
        var left = try parseConcat(from: operand, at: start)
        while kind == .add || kind == .sub {
            let op: ArithmeticOperator = kind == .add ? .add : .subtract
            advance()
            let right = try parseConcat()
            left = add(.binary(op, left, right), at: start)
        }
        return left
    }

    private mutating func parseConcat(from operand: ExpressionID? = nil, at start: Int32? = nil) throws(EvaluationError)
        -> ExpressionID
    {
        let start = start ?? offset
        let first = try parseProduct(from: operand, at: start)
        guard kind == .tilde else { return first }
        let firstPending = pending.count
        pending.append(first)
        while skip(.tilde) { pending.append(try parseProduct()) }
        let run = addRun(pendingFrom: firstPending)
        return add(.concat(run), at: start)
    }

    private mutating func parseProduct(from operand: ExpressionID? = nil, at start: Int32? = nil)
        throws(EvaluationError)
        -> ExpressionID
    {
        let start = start ?? offset
        var left = try parsePower(from: operand, at: start)
        while true {
            let op: ArithmeticOperator
            switch kind {
            case .mul: op = .multiply
            case .div: op = .divide
            case .floordiv: op = .floorDivide
            case .mod: op = .modulo
            default: return left
            }
            advance()
            let right = try parsePower()
            left = add(.binary(op, left, right), at: start)
        }
    }

    private mutating func parsePower(from operand: ExpressionID? = nil, at start: Int32? = nil) throws(EvaluationError)
        -> ExpressionID
    {
        let start = start ?? offset
        var left = if let operand { operand } else { try parseUnary() }
        while skip(.pow) {
            let right = try parseUnary()
            left = add(.binary(.power, left, right), at: start)
        }
        return left
    }

    private mutating func parseUnary(withFilter: Bool = true) throws(EvaluationError) -> ExpressionID {
        let start = offset
        var node: ExpressionID
        switch kind {
        case .sub, .add:
            let op: UnaryOperator = kind == .sub ? .negate : .plus
            advance()
            let operand = try nested { (parser) throws(EvaluationError) in try parser.parseUnary(withFilter: false) }
            node = add(.unary(op, operand), at: start)
        default: node = try parsePrimary()
        }
        node = try parsePostfix(node)
        return withFilter ? try parseFilterExpression(node) : node
    }

    mutating func parsePrimary(withNamespace: Bool = false) throws(EvaluationError) -> ExpressionID {
        let token = current
        switch token.kind {
        case .name:
            advance()
            switch Word(rawValue: token.value) {
            case .lowerTrue, .upperTrue: return addConstant(.bool(true), at: token.offset)
            case .lowerFalse, .upperFalse: return addConstant(.bool(false), at: token.offset)
            case .lowerNone, .upperNone: return addConstant(.none, at: token.offset)
            default: break
            }
            if withNamespace, kind == .dot {
                advance()
                let attribute = try expect(.name)
                return add(.namespaceTarget(token.value, attribute.value), at: token.offset)
            }
            return addName(token.value, at: token.offset)
        case .string:
            advance()
            var text = try stringValue(token)
            if kind == .string {
                var bytes = text.bytes
                while kind == .string {
                    bytes += try stringValue(current).bytes
                    advance()
                }
                text = TextValue.make(bytes)
            }
            return addConstant(.text(text), at: token.offset)
        case .integer, .float:
            advance()
            return addConstant(try numberValue(token), at: token.offset)
        case .lparen:
            advance()
            let node = try nested { (parser) throws(EvaluationError) in try parser.parseTuple(explicitParentheses: true)
            }
            try expect(.rparen)
            return node
        case .lbracket: return try nested { (parser) throws(EvaluationError) in try parser.parseList() }
        case .lbrace: return try nested { (parser) throws(EvaluationError) in try parser.parseDict() }
        default: throw fail("unexpected '\(describe(token))'", at: token.offset)
        }
    }

    /// One expression, or a tuple when commas follow.
    mutating func parseTuple(
        simplified: Bool = false, withConditional: Bool = true, end: Word? = nil, explicitParentheses: Bool = false,
        withNamespace: Bool = false
    ) throws(EvaluationError) -> ExpressionID {
        var start = offset
        let first = pending.count
        var isTuple = false
        while true {
            if pending.count > first { try expect(.comma) }
            if kind == .variableEnd || kind == .blockEnd || kind == .rparen { break }
            if let end, isWord(end) { break }
            let item =
                simplified
                ? try parsePrimary(withNamespace: withNamespace) : try parseExpression(withConditional: withConditional)
            if pending.count == first, kind != .comma { return item }
            pending.append(item)
            guard kind == .comma else { break }
            isTuple = true
            start = offset
        }
        if !isTuple {
            guard explicitParentheses else {
                throw fail("Expected an expression, got '\(describe(current))'")
            }
        }
        let run = addRun(pendingFrom: first)
        return add(.tuple(run), at: start)
    }

    private mutating func parseList() throws(EvaluationError) -> ExpressionID {
        let start = try expect(.lbracket).offset
        let first = pending.count
        while kind != .rbracket {
            if pending.count > first { try expect(.comma) }
            if kind == .rbracket { break }
            pending.append(try parseExpression())
        }
        try expect(.rbracket)
        let run = addRun(pendingFrom: first)
        return add(.list(run), at: start)
    }

    private mutating func parseDict() throws(EvaluationError) -> ExpressionID {
        let start = try expect(.lbrace).offset
        let first = pending.count
        while kind != .rbrace {
            if pending.count > first { try expect(.comma) }
            if kind == .rbrace { break }
            pending.append(try parseExpression())
            try expect(.colon)
            pending.append(try parseExpression())
        }
        try expect(.rbrace)
        let run = addRun(pendingFrom: first)
        return add(.dict(run), at: start)
    }

    mutating func parsePostfix(_ node: ExpressionID) throws(EvaluationError) -> ExpressionID {
        var node = node
        while true {
            switch kind {
            case .dot, .lbracket: node = try parseSubscript(node)
            case .lparen: node = try parseCall(node)
            default: return node
            }
        }
    }

    private mutating func parseFilterExpression(_ node: ExpressionID) throws(EvaluationError) -> ExpressionID {
        var node = node
        while true {
            if kind == .pipe {
                node = try parseFilter(node)
            } else if isWord(.is) {
                node = try parseTest(node)
            } else if kind == .lparen {
                node = try parseCall(node)
            } else {
                return node
            }
        }
    }

    private mutating func parseSubscript(_ node: ExpressionID) throws(EvaluationError) -> ExpressionID {
        let token = current
        advance()
        if token.kind == .dot {
            let member = current
            advance()
            if member.kind == .name { return add(.attribute(node, member.value), at: token.offset) }
            guard member.kind == .integer else { throw fail("expected name or number", at: member.offset) }
            let key = addConstant(try numberValue(member), at: member.offset)
            return add(.item(node, key), at: token.offset)
        }
        let first = pending.count
        while kind != .rbracket {
            if pending.count > first { try expect(.comma) }
            pending.append(try parseSubscribed())
        }
        try expect(.rbracket)
        if pending.count == first + 1, let argument = pending.popLast() {
            if case .bareSlice(let start, let stop, let step) = arena[argument] {
                return add(.slice(node, start: start, stop: stop, step: step), at: token.offset)
            }
            return add(.item(node, argument), at: token.offset)
        }
        let run = addRun(pendingFrom: first)
        let key = add(.tuple(run), at: token.offset)
        return add(.item(node, key), at: token.offset)
    }

    private mutating func parseSubscribed() throws(EvaluationError) -> ExpressionID {
        let begin = offset
        var start = ExpressionID.absent
        if kind == .colon {
            advance()
        } else {
            let node = try parseExpression()
            guard kind == .colon else { return node }
            advance()
            start = node
        }
        var stop = ExpressionID.absent
        if kind != .colon, kind != .rbracket, kind != .comma { stop = try parseExpression() }
        var step = ExpressionID.absent
        if kind == .colon {
            advance()
            if kind != .rbracket, kind != .comma { step = try parseExpression() }
        }
        return add(.bareSlice(start: start, stop: stop, step: step), at: begin)
    }

    mutating func parseCallArguments() throws(EvaluationError) -> Int32 {
        let open = try expect(.lparen)
        var call = CallArguments()
        let first = pending.count
        var keywords: [ExpressionID] = []
        var needsComma = false
        func ensure(_ condition: Bool) throws(EvaluationError) {
            if !condition { throw fail("invalid syntax for function call expression", at: open.offset) }
        }
        while kind != .rparen {
            if needsComma {
                try expect(.comma)
                if kind == .rparen { break }
            }
            if kind == .mul {
                try ensure(call.dynamicPositional.isAbsent && call.dynamicKeywords.isAbsent)
                advance()
                call.dynamicPositional = try parseExpression()
            } else if kind == .pow {
                try ensure(call.dynamicKeywords.isAbsent)
                advance()
                call.dynamicKeywords = try parseExpression()
            } else if kind == .name, tokens[index + 1].kind == .assign {
                try ensure(call.dynamicKeywords.isAbsent)
                call.keywordNames.append(current.value)
                advance()
                advance()
                keywords.append(try parseExpression())
            } else {
                try ensure(call.dynamicPositional.isAbsent && call.dynamicKeywords.isAbsent && keywords.isEmpty)
                pending.append(try parseExpression())
            }
            needsComma = true
        }
        try expect(.rparen)
        call.positional = addRun(pendingFrom: first)
        pending += keywords
        call.keywords = addRun(pendingFrom: first)
        return addCall(call)
    }

    private mutating func addCall(_ call: CallArguments) -> Int32 {
        arena.calls.append(call)
        return Int32(arena.calls.count - 1)
    }

    mutating func parseCall(_ node: ExpressionID) throws(EvaluationError) -> ExpressionID {
        let start = offset
        let arguments = try parseCallArguments()
        return add(.call(node, arguments), at: start)
    }

    private mutating func parseDottedName() throws(EvaluationError) -> Int32 {
        let token = try expect(.name)
        guard kind == .dot else { return token.value }
        var bytes = names[token.value].bytes
        while skip(.dot) {
            bytes.append(0x2E)
            bytes += names[try expect(.name).value].bytes
        }
        return names.intern(TextValue.make(bytes))
    }

    /// Filters after `|`; with `startInline` the first one has no bar. Absent when there is none.
    mutating func parseFilter(_ node: ExpressionID, startInline: Bool = false) throws(EvaluationError) -> ExpressionID {
        var node = node
        var isInline = startInline
        while kind == .pipe || isInline {
            if !isInline { advance() }
            isInline = false
            let start = offset
            let name = try parseDottedName()
            let arguments = kind == .lparen ? try parseCallArguments() : addCall(CallArguments())
            node = add(.filter(node, name, arguments), at: start)
        }
        return node
    }

    private mutating func parseTest(_ node: ExpressionID) throws(EvaluationError) -> ExpressionID {
        let start = offset
        advance()
        let isNegated = skip(.not)
        let name = try parseDottedName()
        let arguments: Int32
        switch kind {
        case .lparen: arguments = try parseCallArguments()
        case .name, .string, .integer, .float, .lbracket, .lbrace:
            if isWord(.else) || isWord(.or) || isWord(.and) {
                arguments = addCall(CallArguments())
                break
            }
            if isWord(.is) { throw fail("You cannot chain multiple tests with is") }
            let primary = try parsePrimary()
            let argument = try parsePostfix(primary)
            pending.append(argument)
            let run = addRun(pendingFrom: pending.count - 1)
            arguments = addCall(CallArguments(positional: run))
        default: arguments = addCall(CallArguments())
        }
        let test = add(.test(node, name, arguments), at: start)
        return isNegated ? add(.unary(.not, test), at: start) : test
    }
}
