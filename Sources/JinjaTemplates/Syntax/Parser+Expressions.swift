extension Parser {
    mutating func parseExpression(withConditional: Bool = true) throws(EvaluationError) -> ExpressionID {
        try nested { (parser) throws(EvaluationError) in
            withConditional ? try parser.parseConditional() : try parser.parseOr()
        }
    }

    private mutating func parseConditional() throws(EvaluationError) -> ExpressionID {
        let start = offset
        var expression = try parseOr()
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
        var left = try parseAnd()
        while skip(.or) {
            let right = try parseAnd()
            left = add(.or(left, right), at: start)
        }
        return left
    }

    private mutating func parseAnd() throws(EvaluationError) -> ExpressionID {
        let start = offset
        var left = try parseNot()
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

    private mutating func parseCompare() throws(EvaluationError) -> ExpressionID {
        let start = offset
        let first = try parseSum()
        guard var next = comparisonOperator() else { return first }
        var operands = [first]
        var found: [ComparisonOperator] = []
        while true {
            found.append(next)
            operands.append(try parseSum())
            guard let another = comparisonOperator() else { break }
            next = another
        }
        let at = Int32(tree.comparisons.count)
        tree.comparisons.append(contentsOf: found)
        let run = addRun(operands)
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

    private mutating func parseSum() throws(EvaluationError) -> ExpressionID {
        let start = offset
        var left = try parseConcat()
        while kind == .add || kind == .sub {
            let op: ArithmeticOperator = kind == .add ? .add : .subtract
            advance()
            let right = try parseConcat()
            left = add(.binary(op, left, right), at: start)
        }
        return left
    }

    private mutating func parseConcat() throws(EvaluationError) -> ExpressionID {
        let start = offset
        let first = try parseProduct()
        guard kind == .tilde else { return first }
        var parts = [first]
        while skip(.tilde) { parts.append(try parseProduct()) }
        let run = addRun(parts)
        return add(.concat(run), at: start)
    }

    private mutating func parseProduct() throws(EvaluationError) -> ExpressionID {
        let start = offset
        var left = try parsePower()
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

    private mutating func parsePower() throws(EvaluationError) -> ExpressionID {
        let start = offset
        var left = try parseUnary()
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
            if let word = Word(rawValue: token.value) { tree.readWords.insert(word) }
            return add(.name(token.value), at: token.offset)
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
        var items: [ExpressionID] = []
        var isTuple = false
        while true {
            if !items.isEmpty { try expect(.comma) }
            if kind == .variableEnd || kind == .blockEnd || kind == .rparen { break }
            if let end, isWord(end) { break }
            let item =
                simplified
                ? try parsePrimary(withNamespace: withNamespace) : try parseExpression(withConditional: withConditional)
            if items.isEmpty, kind != .comma { return item }
            items.append(item)
            guard kind == .comma else { break }
            isTuple = true
            start = offset
        }
        if !isTuple {
            guard explicitParentheses else {
                throw fail("Expected an expression, got '\(describe(current))'")
            }
        }
        let run = addRun(items)
        return add(.tuple(run), at: start)
    }

    private mutating func parseList() throws(EvaluationError) -> ExpressionID {
        let start = try expect(.lbracket).offset
        var items: [ExpressionID] = []
        while kind != .rbracket {
            if !items.isEmpty { try expect(.comma) }
            if kind == .rbracket { break }
            items.append(try parseExpression())
        }
        try expect(.rbracket)
        let run = addRun(items)
        return add(.list(run), at: start)
    }

    private mutating func parseDict() throws(EvaluationError) -> ExpressionID {
        let start = try expect(.lbrace).offset
        var items: [ExpressionID] = []
        while kind != .rbrace {
            if !items.isEmpty { try expect(.comma) }
            if kind == .rbrace { break }
            items.append(try parseExpression())
            try expect(.colon)
            items.append(try parseExpression())
        }
        try expect(.rbrace)
        let run = addRun(items)
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
        var arguments: [ExpressionID] = []
        while kind != .rbracket {
            if !arguments.isEmpty { try expect(.comma) }
            arguments.append(try parseSubscribed())
        }
        try expect(.rbracket)
        if arguments.count == 1 {
            if case .bareSlice(let start, let stop, let step) = tree[arguments[0]] {
                return add(.slice(node, start: start, stop: stop, step: step), at: token.offset)
            }
            return add(.item(node, arguments[0]), at: token.offset)
        }
        let run = addRun(arguments)
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
        var positional: [ExpressionID] = []
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
                positional.append(try parseExpression())
            }
            needsComma = true
        }
        try expect(.rparen)
        call.positional = addRun(positional)
        call.keywords = addRun(keywords)
        return addCall(call)
    }

    private mutating func addCall(_ call: CallArguments) -> Int32 {
        tree.calls.append(call)
        return Int32(tree.calls.count - 1)
    }

    mutating func parseCall(_ node: ExpressionID) throws(EvaluationError) -> ExpressionID {
        let start = offset
        let arguments = try parseCallArguments()
        return add(.call(node, arguments), at: start)
    }

    private mutating func parseDottedName() throws(EvaluationError) -> Int32 {
        let token = try expect(.name)
        guard kind == .dot else { return token.value }
        var bytes = tree.names.texts[Int(token.value)].bytes
        while skip(.dot) {
            bytes.append(0x2E)
            bytes += tree.names.texts[Int(try expect(.name).value)].bytes
        }
        return tree.names.intern(TextValue.make(bytes))
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
            let run = addRun([argument])
            arguments = addCall(CallArguments(positional: run))
        default: arguments = addCall(CallArguments())
        }
        let test = add(.test(node, name, arguments), at: start)
        return isNegated ? add(.unary(.not, test), at: start) : test
    }
}
