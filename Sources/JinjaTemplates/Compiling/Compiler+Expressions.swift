/// What the name of a filter stands for in the environment.
final class FilterUse {
    let function: TemplateFunction?
    /// Whether it is the language's own `default`.
    let isDefault: Bool
    /// The instruction of its own it has with none, one and two arguments, all positional.
    let direct: (DirectFilter?, DirectFilter?, DirectFilter?)

    /// `isOwn`: not one that a pack put in the place of the language's own.
    init(_ name: String, _ function: TemplateFunction?, isOwn: Bool) {
        self.function = function
        isDefault = isOwn && (name == "default" || name == "d")
        direct =
            isOwn
            ? (DirectFilter(name, arguments: 0), DirectFilter(name, arguments: 1), DirectFilter(name, arguments: 2))
            : (nil, nil, nil)
    }
}

/// What the name of a test stands for in the environment.
final class TestUse {
    let function: TemplateFunction?
    /// Whether it is the language's own `defined` or `undefined`.
    let isDefined: Bool
    let isUndefined: Bool

    init(_ name: String, _ function: TemplateFunction?, isOwn: Bool) {
        self.function = function
        isDefined = isOwn && name == "defined"
        isUndefined = isOwn && name == "undefined"
    }
}

extension Compiler {
    /// Code that leaves the expression's value on the stack.
    mutating func compile(_ id: ExpressionID, _ frame: CompileFrame) throws(EvaluationError) {
        let function = frame.function
        let offset = tree.offset(id)
        switch tree[id] {
        case .name(let name): load(name, frame, at: offset)
        case .target, .namespaceTarget, .data:
            throw fail("an assignment target cannot be read", at: offset)
        case .constant(let index): emit(.constant, index, in: function, at: offset, effect: 1)
        case .tuple(let run): try compileMembers(run, .tuple, frame, at: offset)
        case .list(let run): try compileMembers(run, .list, frame, at: offset)
        case .dict(let run): try compileMembers(run, .dict, frame, at: offset)
        case .concat(let run):
            for member in tree.members(run) { try compile(member, frame) }
            // Jinja2 joins constants while compiling, and forgets that some of them are markup.
            let isFolded = tree.members(run).allSatisfy { isConstant($0) }
            emit(.concat, run.count, isFolded ? 1 : 0, in: function, at: offset, effect: 1 - Int(run.count))
        case .attribute(let base, let name):
            if case .name(let variable) = tree[base] {
                let (slot, hops) = slotAndHops(variable, frame)
                if hops == 0 {
                    emit(.loadAttribute, name, slot, in: function, at: offset, effect: 1)
                    return
                }
            }
            try compile(base, frame)
            emit(.attribute, name, in: function, at: offset, effect: 0)
        case .item(let base, let key):
            try compile(base, frame)
            try compile(key, frame)
            emit(.item, in: function, at: offset, effect: -1)
        case .slice(let base, let start, let stop, let step):
            try compile(base, frame)
            for part in [start, stop, step] {
                if part.isAbsent {
                    emit(.constant, addConstant(.none), in: function, at: offset, effect: 1)
                } else {
                    try compile(part, frame)
                }
            }
            emit(.slice, in: function, at: offset, effect: -3)
        case .bareSlice: throw fail("a slice cannot be part of a tuple", at: offset, .syntaxError)
        case .call(let callee, let call): try compileCall(callee, call, frame, at: offset, withCaller: false)
        case .filter(let input, let name, let call):
            try compile(input, frame)
            if isDefault(name, call) { markOnlyTested(input, function) }
            try compileFilter(name, call, frame, at: offset)
        case .test(let input, let name, let call):
            try compile(input, frame)
            let use = test(name)
            if use.isDefined || use.isUndefined, tree.arena.calls[Int(call)].isEmpty {
                markOnlyTested(input, function)
                emit(.isDefined, 0, use.isDefined ? 0 : 1, in: function, at: offset, effect: 0)
                return
            }
            let index = try callable(use.function, "test", name, frame, at: offset)
            try compileArguments(call, frame, operation: .test, target: index, at: offset)
        case .unary(let op, let operand):
            try compile(operand, frame)
            let operation: Instruction.Operation =
                switch op {
                case .not: .not
                case .negate: .negate
                case .plus: .plus
                }
            emit(operation, in: function, at: offset, effect: 0)
        case .binary(.power, let left, let right) where negatedLiteral(left) != nil && !isConstant(right):
            // Jinja2 folds the sign into the number, writes `-1 ** x`, and Python negates the power.
            try compile(negatedLiteral(left) ?? left, frame)
            try compile(right, frame)
            emit(.arithmetic, Int32(ArithmeticOperator.power.rawValue), in: function, at: offset, effect: -1)
            emit(.negate, in: function, at: offset, effect: 0)
        case .binary(let op, let left, let right):
            try compile(left, frame)
            try compile(right, frame)
            emit(.arithmetic, Int32(op.rawValue), in: function, at: offset, effect: -1)
        case .and(let left, let right), .or(let left, let right):
            let isAnd = if case .and = tree[id] { true } else { false }
            if let literal = literal(left), let isTrue = isTrue(literal) {
                // Jinja2 drops the side that is never used, and with it any complaint about it.
                try compile(isTrue == isAnd ? right : left, frame)
                return
            }
            try compile(left, frame)
            let jump = emit(isAnd ? .jumpIfFalseKeep : .jumpIfTrueKeep, in: function, at: offset, effect: -1)
            try compile(right, frame)
            patch(jump, in: function)
        case .compare(let run, let first): try compileComparison(run, first, frame, at: offset)
        case .conditional(let test, let then, let otherwise):
            try compileConditional(test, then, otherwise, frame.soft(), at: offset)
        case .translated(let index): try compileTranslation(index, frame, at: offset)
        }
    }

    private mutating func compileMembers(
        _ run: ExpressionRun, _ operation: Instruction.Operation, _ frame: CompileFrame, at offset: Int32
    ) throws(EvaluationError) {
        for member in tree.members(run) { try compile(member, frame) }
        emit(operation, run.count, in: frame.function, at: offset, effect: 1 - Int(run.count))
    }

    /// The number under a minus sign, when that is all there is.
    private func negatedLiteral(_ id: ExpressionID) -> ExpressionID? {
        guard case .unary(.negate, let operand) = tree[id], case .constant(let index) = tree[operand] else {
            return nil
        }
        switch tree.arena.constants[Int(index)] {
        case .int(let int): return int > 0 ? operand : nil
        case .double(let double): return double > 0 ? operand : nil
        default: return nil
        }
    }

    /// Whether Jinja2 would evaluate it while compiling.
    private func isConstant(_ id: ExpressionID) -> Bool {
        switch tree[id] {
        case .constant: return true
        case .filter(_, let name, _):
            let needsContext = ["map", "select", "reject", "selectattr", "rejectattr", "random"].contains(text(name))
            return !needsContext && tree.arena.children(of: tree[id]).allSatisfy { isConstant($0) }
        case .concat, .list, .tuple, .dict, .unary, .binary:
            return tree.arena.children(of: tree[id]).allSatisfy { isConstant($0) }
        default: return false
        }
    }

    mutating func slotAndHops(_ name: Int32, _ frame: CompileFrame) -> (slot: Int, hops: Int) {
        // The tables have every name before code is made for it.
        guard let slot = symbols.find(name, in: frame.symbols) else {
            symbols.load(name, in: frame.symbols)
            let made = symbols.find(name, in: frame.symbols)
            return (made?.index ?? 0, hops(from: frame.function, to: made?.function ?? frame.function))
        }
        return (slot.index, hops(from: frame.function, to: slot.function))
    }

    mutating func load(_ name: Int32, _ frame: CompileFrame, at offset: Int32) {
        let (slot, hops) = slotAndHops(name, frame)
        emit(hops == 0 ? .load : .loadOuter, Int32(slot), hops: hops, in: frame.function, at: offset, effect: 1)
    }

    private mutating func compileComparison(
        _ run: ExpressionRun, _ first: Int32, _ frame: CompileFrame, at offset: Int32
    ) throws(EvaluationError) {
        let function = frame.function
        let operands = Array(tree.members(run))
        if operands.count > 2, failsAtOnce(operands, first) {
            // Jinja2 drops what comes after it, and with it any complaint about that.
            emit(.constant, addConstant(.bool(false)), in: function, at: offset, effect: 1)
            return
        }
        try compile(operands[0], frame)
        var jumps: [Int] = []
        for index in 1..<operands.count {
            try compile(operands[index], frame)
            let op = tree.arena.comparisons[Int(first) + index - 1]
            if index == operands.count - 1 {
                emit(.compare, Int32(op.rawValue), in: function, at: offset, effect: -1)
            } else {
                // Keeps the right operand for the next comparison, or leaves false and jumps.
                jumps.append(emit(.compareChain, 0, Int(op.rawValue), in: function, at: offset, effect: -1))
            }
        }
        for jump in jumps { patch(jump, in: function) }
    }

    /// The literal that an expression is, or that it comes down to because a literal on the left decides it.
    private func literal(_ id: ExpressionID) -> TemplateValue? {
        switch tree[id] {
        case .constant(let index): return tree.arena.constants[Int(index)]
        case .and(let left, let right), .or(let left, let right):
            let isAnd = if case .and = tree[id] { true } else { false }
            guard let value = literal(left), let isTrue = isTrue(value) else { return nil }
            return isTrue == isAnd ? literal(right) : value
        default: return nil
        }
    }

    /// Whether a chain of comparisons begins with literals that already make it false.
    private func failsAtOnce(_ operands: [ExpressionID], _ first: Int32) -> Bool {
        for index in 1..<operands.count {
            let order: Int
            switch (literal(operands[index - 1]), literal(operands[index])) {
            case (.int(let a)?, .int(let b)?): order = a < b ? -1 : a > b ? 1 : 0
            case (.text(let a)?, .text(let b)?): order = a.compare(b)
            default: return false
            }
            let holds: Bool
            switch tree.arena.comparisons[Int(first) + index - 1] {
            case .equal: holds = order == 0
            case .notEqual: holds = order != 0
            case .less: holds = order < 0
            case .lessOrEqual: holds = order <= 0
            case .greater: holds = order > 0
            case .greaterOrEqual: holds = order >= 0
            case .contained, .notContained: return false
            }
            if !holds { return true }
        }
        return false
    }

    private mutating func compileConditional(
        _ test: ExpressionID, _ then: ExpressionID, _ otherwise: ExpressionID, _ frame: CompileFrame, at offset: Int32
    ) throws(EvaluationError) {
        let function = frame.function
        try compile(test, frame)
        let toElse = emit(.jumpIfFalse, in: function, at: offset, effect: -1)
        try compile(then, frame)
        let toEnd = emit(.jump, in: function, at: offset, effect: -1)
        patch(toElse, in: function)
        if otherwise.isAbsent {
            emit(.constant, addConstant(absentElse(at: offset)), in: function, at: offset, effect: 1)
        } else {
            try compile(otherwise, frame)
        }
        patch(toEnd, in: function)
    }

    /// The truth of a literal.
    private func isTrue(_ value: TemplateValue) -> Bool? {
        switch value {
        case .none: false
        case .bool(let bool): bool
        case .int(let int): int != 0
        case .double(let double): double != 0
        case .text(let text): text.byteCount != 0
        default: nil
        }
    }

    /// The value of an inline `if` that has no `else` and is false.
    private func absentElse(at offset: Int32) -> TemplateValue {
        let line = "line \(template.line(of: offset))"
        let place = template.name.map { "\(line) in \(pythonQuoted($0))" } ?? line
        return .undefined(
            UndefinedValue(
                hint: "the inline if-expression on \(place) evaluated to false and no else section was defined.",
                isAlwaysLenient: true))
    }

    // MARK: Calls

    /// What is called under a name; without a function of that name, one that fails when it is reached, or an error here.
    private mutating func callable(
        _ function: TemplateFunction?, _ kind: String, _ name: Int32, _ frame: CompileFrame, at offset: Int32
    ) throws(EvaluationError) -> Int32 {
        if let function {
            template.callables.append(function)
        } else {
            let text = text(name)
            let message = "No \(kind) named \(pythonQuoted(text))"
            guard frame.isSoft else {
                let error = fail(message + ".", at: offset)
                let known = kind == "filter" ? core.filters.keys : core.tests.keys
                error.suggestion = EvaluationError.nearest(to: text, among: Array(known))
                throw error
            }
            let absent: TemplateFunction = { (_, _) throws(EvaluationError) -> TemplateValue in
                throw EvaluationError(.templateRuntimeError, message + " found.")
            }
            template.callables.append(absent)
        }
        return Int32(template.callables.count - 1)
    }

    private mutating func filter(_ name: Int32) -> FilterUse {
        if let known = filters[Int(name)] { return known }
        let word = text(name)
        let use = FilterUse(word, core.filters[word], isOwn: !core.replacedFilters.contains(word))
        filters[Int(name)] = use
        return use
    }

    private mutating func test(_ name: Int32) -> TestUse {
        if let known = tests[Int(name)] { return known }
        let word = text(name)
        let use = TestUse(word, core.tests[word], isOwn: !core.replacedTests.contains(word))
        tests[Int(name)] = use
        return use
    }

    mutating func compileFilter(
        _ name: Int32, _ call: Int32, _ frame: CompileFrame, at offset: Int32
    ) throws(EvaluationError) {
        let use = filter(name)
        let arguments = tree.arena.calls[Int(call)]
        if isDefault(name, call) {
            for id in tree.members(arguments.positional) { try compile(id, frame) }
            emit(.defaultTo, in: frame.function, at: offset, effect: -1)
            return
        }
        let directs = arguments.positional.count
        let direct = directs == 0 ? use.direct.0 : directs == 1 ? use.direct.1 : directs == 2 ? use.direct.2 : nil
        if arguments.isPositional, let direct {
            for id in tree.members(arguments.positional) { try compile(id, frame) }
            emit(
                .directFilter, direct.rawValue, Int(arguments.positional.count), in: frame.function, at: offset,
                effect: -Int(arguments.positional.count))
            return
        }
        let index = try callable(use.function, "filter", name, frame, at: offset)
        try compileArguments(call, frame, operation: .filter, target: index, at: offset)
    }

    /// Whether it is Jinja2's own `default` with one argument.
    private mutating func isDefault(_ name: Int32, _ call: Int32) -> Bool {
        let use = filter(name)
        return use.isDefault && tree.arena.calls[Int(call)].isOnePositional
    }

    /// Notes that of the attribute just compiled only matters whether it is defined.
    private mutating func markOnlyTested(_ input: ExpressionID, _ function: Int) {
        guard case .attribute = tree[input] else { return }
        buffers[function].steps[here(function) - 1].instruction.hops = 1
    }

    /// A chain of filters whose innermost has no input: it is on the stack already.
    mutating func compileFilterChain(_ id: ExpressionID, _ frame: CompileFrame) throws(EvaluationError) {
        guard case .filter(let input, let name, let call) = tree[id] else { return }
        if !input.isAbsent { try compileFilterChain(input, frame) }
        try compileFilter(name, call, frame, at: tree.offset(id))
    }

    /// Arguments and the call itself; what is called, or filtered, is on the stack below them.
    private mutating func compileArguments(
        _ call: Int32, _ frame: CompileFrame, operation: Instruction.Operation, target: Int32, at offset: Int32,
        withCaller: Bool = false
    ) throws(EvaluationError) {
        let arguments = tree.arena.calls[Int(call)]
        for id in tree.members(arguments.positional) { try compile(id, frame) }
        for id in tree.members(arguments.keywords) { try compile(id, frame) }
        var site = CallSite(positional: Int(arguments.positional.count), names: arguments.keywordNames.map { text($0) })
        if site.names.count > 1, Set(site.names).count < site.names.count {
            throw fail("keyword argument repeated", at: offset, .syntaxError)
        }
        if withCaller {
            // The caller was made before the arguments; it goes last of them.
            emit(.rotate, Int32(site.positional + site.names.count), in: frame.function, at: offset, effect: 0)
            site.names.append("caller")
        }
        if !arguments.dynamicPositional.isAbsent {
            site.hasDynamicPositional = true
            try compile(arguments.dynamicPositional, frame)
        }
        if !arguments.dynamicKeywords.isAbsent {
            site.hasDynamicKeywords = true
            try compile(arguments.dynamicKeywords, frame)
        }
        site.close()
        template.calls.append(site)
        emit(
            operation, target, template.calls.count - 1, in: frame.function, at: offset,
            effect: -(site.valueCount - (withCaller ? 1 : 0)))
    }

    mutating func compileCall(
        _ callee: ExpressionID, _ call: Int32, _ frame: CompileFrame, at offset: Int32, withCaller: Bool
    ) throws(EvaluationError) {
        guard !withCaller, case .attribute(let receiver, let name) = tree[callee] else {
            try compile(callee, frame)
            if withCaller {
                // Caller below, callee above: swap them.
                emit(.rotate, 1, in: frame.function, at: offset, effect: 0)
            }
            try compileArguments(call, frame, operation: .call, target: 0, at: offset, withCaller: withCaller)
            return
        }
        try compile(receiver, frame)
        try compileArguments(call, frame, operation: .callMethod, target: name, at: offset)
    }

    private mutating func compileTranslation(
        _ index: Int32, _ frame: CompileFrame, at offset: Int32
    ) throws(EvaluationError) {
        let message = tree.arena.messages[Int(index)]
        for variable in message.variables { try compile(variable.value, frame) }
        if message.plural != nil { try compile(message.count, frame) }
        template.messages.append(
            (
                TextValue.make(message.singular), message.plural.map { TextValue.make($0) },
                message.variables.map(\.name), message.plural != nil
            ))
        emit(
            .translate, Int32(template.messages.count - 1), in: frame.function, at: offset,
            effect: 1 - message.variables.count - (message.plural == nil ? 0 : 1))
    }

    // MARK: Annotation

    /// Notes the variable paths that an output instruction reads.
    mutating func addPaths(of id: ExpressionID, step: Int, _ frame: CompileFrame) {
        let function = frame.function
        let first = buffers[function].pathMembers.count
        var current = id
        while true {
            switch tree[current] {
            case .attribute(let base, let name):
                buffers[function].pathMembers.append(name)
                current = base
                continue
            case .name(let name):
                guard let slot = symbols.find(name, in: frame.symbols) else { break }
                // The members were met last to first.
                buffers[function].pathMembers[first...].reverse()
                buffers[function].paths.append(
                    PrintedPath(
                        step: Int32(step), hops: UInt8(clamping: hops(from: function, to: slot.function)),
                        slot: Int32(slot.index),
                        firstMember: Int32(first), memberCount: Int32(buffers[function].pathMembers.count - first)))
                return
            default: break
            }
            break
        }
        buffers[function].pathMembers.removeSubrange(first...)
        let tree = tree
        tree.arena.forEachChild(of: tree[id]) { addPaths(of: $0, step: step, frame) }
    }
}
