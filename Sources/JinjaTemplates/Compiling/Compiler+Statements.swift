extension Compiler {
    mutating func compile(_ body: [Statement], _ frame: CompileFrame) throws(EvaluationError) {
        for statement in body {
            let base = depth
            try compile(statement, frame)
            depth = base
        }
    }

    private mutating func compile(_ statement: Statement, _ frame: CompileFrame) throws(EvaluationError) {
        let (function, offset) = (frame.function, statement.offset)
        switch statement.kind {
        case .output(let items): try compileOutput(items, frame, at: offset)
        case .conditional(let branches, let otherwise, _):
            var ends: [Int] = []
            for (index, branch) in branches.enumerated() {
                try compile(branch.test, frame.soft())
                let next = emit(.jumpIfFalse, 0, 1, in: function, at: tree.offset(branch.test), effect: -1)
                try compile(branch.body, frame.soft())
                if index < branches.count - 1 || !otherwise.isEmpty {
                    ends.append(emit(.jump, 0, 2, in: function, at: offset, effect: 0))
                }
                patch(next, in: function)
            }
            try compile(otherwise, frame.soft())
            for end in ends { patch(end, in: function) }
        case .loop(let loop): try compileLoop(loop, frame, within: statement.range)
        case .assign(let target, let value):
            checkNamespaces(target, frame, at: offset)
            try compile(value, frame)
            store(target, frame, at: offset)
        case .assignBlock(let target, let filter, let body):
            let inner = captureFrame(body, frame, at: offset)
            emit(.beginCapture, in: function, at: offset, effect: 1)
            try compileCaptured(body, inner)
            emit(.endCapture, 0, filter.isAbsent ? 1 : 0, in: function, at: offset, effect: 0)
            if !filter.isAbsent { try compileFilterChain(filter, inner) }
            emit(.setText, in: function, at: offset, effect: 0)
            store(target, frame, at: offset)
        case .macro(let name, let signature, let body):
            try compileMacro(signature, body, frame, name: text(name), within: statement.range)
            storeName(name, frame, at: offset)
        case .callBlock(let signature, let call, let body):
            try compileMacro(signature, body, frame, name: nil, within: statement.range)
            guard case .call(let callee, let arguments) = tree[call] else { return }
            try compileCall(callee, arguments, frame, at: tree.offset(call), withCaller: true)
            emit(.emit, in: function, at: offset, effect: -1)
        case .filterBlock(let filter, let body):
            var inner = captureFrame(body, frame, at: offset, also: filter)
            // Jinja2 leaves out what such a block prints behind an `extends`, and still writes what the filter makes of it.
            inner.checksExtended = frame.checksExtended
            emit(.beginCapture, in: function, at: offset, effect: 1)
            try compileCaptured(body, inner)
            emit(.endCapture, in: function, at: offset, effect: 0)
            try compileFilterChain(filter, inner)
            emit(.emitFiltered, in: function, at: offset, effect: -1)
        case .with(let targets, let values, let body):
            let inner = inner(frame)
            for target in targets { symbols.visit(target, of: tree, in: inner.symbols, asParameter: true) }
            symbols.visit(body, of: tree, in: inner.symbols)
            enter(inner, at: offset)
            for (target, value) in zip(targets, values) {
                try compile(value, frame)
                store(target, inner, at: offset)
            }
            try compile(body, inner)
        case .autoescape(let value, let body):
            let inner = inner(frame)
            symbols.visit(value, of: tree, in: inner.symbols)
            symbols.visit(body, of: tree, in: inner.symbols)
            enter(inner, at: offset)
            try compile(value, inner)
            emit(.pushAutoescape, in: function, at: offset, effect: 0)
            try compile(body, inner)
            emit(.popAutoescape, in: function, at: offset, effect: -1)
        case .block(let block): try compileBlockUse(block, frame, at: offset)
        case .extends(let parent):
            guard frame.isTopLevel else { throw fail("cannot use extend from a non top-level scope", at: offset) }
            try compile(parent, frame)
            emit(.extends, in: function, at: offset, effect: -1)
            if frame.isRootLevel { hasKnownExtends = true }
            extendsSoFar += 1
        case .include(let name, let ignoreMissing, let withContext):
            try compile(name, frame)
            let snapshot = withContext ? addSnapshot(frame) : -1
            emit(.include, snapshot, ignoreMissing ? 1 : 0, in: function, at: offset, effect: -1)
        case .importTemplate(let name, let target, let withContext):
            try compile(name, frame)
            emit(.importModule, withContext ? addSnapshot(frame) : -1, in: function, at: offset, effect: 0)
            storeName(target, frame, at: offset, isImport: true)
        case .fromImport(let name, let names, let withContext):
            try compile(name, frame)
            emit(.importModule, withContext ? addSnapshot(frame) : -1, in: function, at: offset, effect: 0)
            for entry in names {
                emit(.importName, entry.name, in: function, at: offset, effect: 1)
                storeName(entry.alias, frame, at: offset, isImport: true)
            }
            emit(.pop, in: function, at: offset, effect: -1)
        case .perform(let expression):
            try compile(expression, frame)
            emit(.pop, in: function, at: offset, effect: -1)
        case .breakLoop, .continueLoop:
            guard let loop = loops.last else {
                throw pythonSyntaxError("'break' and 'continue' belong inside of a loop", at: offset)
            }
            for _ in 0..<loop.captures { emit(.abortCapture, in: function, at: offset, effect: 0) }
            if case .breakLoop = statement.kind {
                let jump = emit(.jump, in: function, at: offset, effect: 0)
                loops[loops.count - 1].breaks.append(jump)
            } else {
                emit(.jump, Int32(loop.start), in: function, at: offset, effect: 0)
            }
        case .debug:
            emit(.debugDump, in: function, at: offset, effect: 1)
            emit(.emit, in: function, at: offset, effect: -1)
        }
    }

    private mutating func compileOutput(
        _ items: ExpressionRun, _ frame: CompileFrame, at offset: Int32
    ) throws(EvaluationError) {
        let function = frame.function
        var skip: Int?
        if frame.checksExtended {
            if hasKnownExtends { return }
            if extendsSoFar > 0 { skip = emit(.skipIfExtended, in: function, at: offset, effect: 0) }
        }
        for item in tree.members(items) {
            if case .data(let start, let end) = tree[item] {
                let literal = addLiteral(start, end)
                emit(.raw, literal, in: function, at: start, effect: 0)
            } else {
                try compile(item, frame)
                let at = emit(.emit, in: function, at: tree.offset(item), effect: -1)
                addPaths(of: item, step: at, frame)
            }
        }
        if let skip { patch(skip, in: function) }
    }

    /// The scope of a body that is captured.
    private mutating func captureFrame(
        _ body: [Statement], _ frame: CompileFrame, at offset: Int32, also filter: ExpressionID = .absent
    ) -> CompileFrame {
        var inner = inner(frame)
        inner.checksExtended = false
        symbols.visit(body, of: tree, in: inner.symbols)
        symbols.visit(filter, of: tree, in: inner.symbols)
        enter(inner, at: offset)
        return inner
    }

    private mutating func compileCaptured(_ body: [Statement], _ frame: CompileFrame) throws(EvaluationError) {
        if !loops.isEmpty { loops[loops.count - 1].captures += 1 }
        try compile(body, frame)
        if !loops.isEmpty { loops[loops.count - 1].captures -= 1 }
    }

    /// What Python itself would refuse in the code that Jinja2 makes.
    private func pythonSyntaxError(_ message: String, at offset: Int32) -> EvaluationError {
        let error = EvaluationError(.syntaxError, message, typeName: "SyntaxError")
        error.sourceOffset = Int(offset)
        return error
    }

    // MARK: Assignment

    private mutating func checkNamespaces(_ target: ExpressionID, _ frame: CompileFrame, at offset: Int32) {
        switch tree[target] {
        case .namespaceTarget(let name, _):
            let (slot, hops) = slotAndHops(name, frame)
            emit(.namespaceCheck, Int32(slot), hops: hops, in: frame.function, at: offset, effect: 0)
        case .tuple(let run): for member in tree.members(run) { checkNamespaces(member, frame, at: offset) }
        default: break
        }
    }

    /// Takes the value on the stack apart into a target.
    private mutating func store(_ target: ExpressionID, _ frame: CompileFrame, at offset: Int32) {
        switch tree[target] {
        case .target(let name): storeName(name, frame, at: offset)
        case .namespaceTarget(let name, let member):
            load(name, frame, at: offset)
            emit(.namespaceStore, member, in: frame.function, at: offset, effect: -2)
        case .tuple(let run):
            emit(.unpack, run.count, in: frame.function, at: offset, effect: Int(run.count) - 1)
            for member in tree.members(run) { store(member, frame, at: offset) }
        default: break
        }
    }

    /// The values that were stored in a target.
    private mutating func read(_ target: ExpressionID, _ frame: CompileFrame, at offset: Int32) {
        switch tree[target] {
        case .target(let name): load(name, frame, at: offset)
        case .tuple(let run):
            for member in tree.members(run) { read(member, frame, at: offset) }
            emit(.tuple, run.count, in: frame.function, at: offset, effect: 1 - Int(run.count))
        default: break
        }
    }

    private mutating func storeName(_ name: Int32, _ frame: CompileFrame, at offset: Int32, isImport: Bool = false) {
        let (slot, _) = slotAndHops(name, frame)
        if frame.isTopLevel {
            emit(.export, name, isImport ? 1 : 0, in: frame.function, at: offset, effect: 0)
        }
        emit(.store, Int32(slot), in: frame.function, at: offset, effect: -1)
    }

    private mutating func addSnapshot(_ frame: CompileFrame) -> Int32 {
        let entries = symbols.allStores(frame.symbols).map { name, slot in
            (name: name, hops: hops(from: frame.function, to: slot.function), slot: slot.index)
        }
        template.snapshots.append(entries)
        return Int32(template.snapshots.count - 1)
    }

    private mutating func compileBlockUse(
        _ block: Statement.Block, _ frame: CompileFrame, at offset: Int32
    ) throws(EvaluationError) {
        var skip: Int?
        if frame.isTopLevel {
            if hasKnownExtends { return }
            if extendsSoFar > 0 { skip = emit(.skipIfExtended, in: frame.function, at: offset, effect: 0) }
        }
        let snapshot = block.isScoped ? Int(addSnapshot(frame)) + 1 : 0
        let flags = snapshot << 1 | (block.isRequired ? 1 : 0)
        emit(.block, block.name, flags, in: frame.function, at: offset, effect: 0)
        if let skip { patch(skip, in: frame.function) }
    }

    // MARK: Loops

    private mutating func compileLoop(
        _ loop: Statement.Loop, _ frame: CompileFrame, within range: ClosedRange<Int32>
    ) throws(EvaluationError) {
        let offset = range.lowerBound
        var frame = frame
        let outerFunction = frame.function
        if tree.arena.hasLoopTarget, storesLoop(loop.target) || loop.body.contains(where: { storesLoop($0) }) {
            throw fail("Can't assign to special loop variable in for-loop target", at: offset)
        }
        if loop.isRecursive {
            // The body becomes a function of its own; `loop(items)` calls it again.
            let function = addFunction(parent: outerFunction)
            try compile(loop.iterable, frame)
            emit(.loopRecursive, Int32(function), in: outerFunction, at: offset, effect: 0)
            emit(.emit, in: outerFunction, at: offset, effect: -1)
            frame.function = function
        } else {
            try compile(loop.iterable, frame)
        }
        let outerDepth = depth
        guard loop.isRecursive else {
            try compileLoopBody(loop, frame, within: range)
            depth = outerDepth
            return
        }
        let outerLoops = loops
        loops = []
        depth = 2
        try compileLoopBody(loop, frame, within: range)
        loops = outerLoops
        depth = outerDepth
    }

    /// The iterable is on the stack.
    private mutating func compileLoopBody(
        _ loop: Statement.Loop, _ frame: CompileFrame, within range: ClosedRange<Int32>
    ) throws(EvaluationError) {
        let offset = range.lowerBound
        let function = frame.function
        let loopName = Word.loop.rawValue
        let isExtended =
            loop.isRecursive || reads(.loop, loop.body, within: range)
            || (tree.arena.hasBlocks && hasScopedBlock(loop.body))
        if isExtended, !loop.test.isAbsent {
            try compileFilteredItems(loop, frame, at: offset)
        }
        let body = inner(frame)
        var loopSlot: Slot?
        if isExtended { loopSlot = symbols.declareParameter(loopName, in: body.symbols) }
        symbols.visit(loop.target, of: tree, in: body.symbols, asParameter: true)
        symbols.visit(loop.body, of: tree, in: body.symbols)
        emit(
            .pushLoop, loopSlot.map { Int32($0.index) } ?? -1, loop.isRecursive ? 1 : 0, in: function, at: offset,
            effect: 0)
        let start = here(function)
        loops.append(LoopPlace(start: start))
        let next = emit(.nextItem, in: function, at: offset, effect: 1)
        store(loop.target, body, at: offset)
        if !isExtended, !loop.test.isAbsent {
            let test = inner(frame)
            symbols.visit(loop.target, of: tree, in: test.symbols, asParameter: true)
            symbols.visit(loop.test, of: tree, in: test.symbols)
            enter(test, at: offset)
            try compile(loop.test, test)
            emit(.jumpIfFalse, Int32(start), in: function, at: offset, effect: -1)
        }
        enter(body, at: offset)
        try compile(loop.body, body)
        // Reaching the end of a body is what suppresses the else part.
        emit(.jump, Int32(start), loop.otherwise.isEmpty ? 0 : 1, in: function, at: offset, effect: 0)
        let breaks = loops.removeLast().breaks
        patch(next, in: function)
        for jump in breaks { patch(jump, in: function) }
        if loop.otherwise.isEmpty {
            emit(.popLoop, -1, in: function, at: offset, effect: -1)
        } else {
            let skip = emit(.popLoop, in: function, at: offset, effect: -1)
            let otherwise = inner(frame)
            symbols.visit(loop.otherwise, of: tree, in: otherwise.symbols)
            enter(otherwise, at: offset)
            try compile(loop.otherwise, otherwise)
            patch(skip, in: function)
        }
    }

    /// `for x in y if test` with `loop` in use: the items that pass, as a list.
    private mutating func compileFilteredItems(
        _ loop: Statement.Loop, _ frame: CompileFrame, at offset: Int32
    ) throws(EvaluationError) {
        let function = frame.function
        let test = inner(frame)
        symbols.visit(loop.target, of: tree, in: test.symbols, asParameter: true)
        symbols.visit(loop.test, of: tree, in: test.symbols)
        emit(.list, 0, in: function, at: offset, effect: 1)
        emit(.rotate, 1, in: function, at: offset, effect: 0)
        // The loop keeps its current item for `collectItem`.
        emit(.pushLoop, -1, 2, in: function, at: offset, effect: 0)
        let start = here(function)
        let next = emit(.nextItem, in: function, at: offset, effect: 1)
        store(loop.target, test, at: offset)
        enter(test, at: offset)
        try compile(loop.test, test)
        emit(.jumpIfFalse, Int32(start), in: function, at: offset, effect: -1)
        if case .tuple = tree[loop.target] {
            // What was unpacked is handed on as a tuple, whatever it was before.
            read(loop.target, test, at: offset)
            emit(.collectItem, 0, 1, in: function, at: offset, effect: -1)
        } else {
            emit(.collectItem, in: function, at: offset, effect: 0)
        }
        emit(.jump, Int32(start), in: function, at: offset, effect: 0)
        patch(next, in: function)
        emit(.popLoop, -1, in: function, at: offset, effect: -1)
    }

    private func storesLoop(_ target: ExpressionID) -> Bool {
        switch tree[target] {
        case .target(let name): name == Word.loop.rawValue
        case .tuple(let run): tree.members(run).contains { storesLoop($0) }
        default: false
        }
    }

    private func storesLoop(_ statement: Statement) -> Bool {
        switch statement.kind {
        case .assign(let target, _), .assignBlock(let target, _, _):
            if storesLoop(target) { return true }
        case .loop(let loop): if storesLoop(loop.target) { return true }
        case .with(let targets, _, _): if targets.contains(where: { storesLoop($0) }) { return true }
        default: break
        }
        return statement.containsInside { storesLoop($0) }
    }

    private func hasScopedBlock(_ body: [Statement]) -> Bool {
        body.contains { statement in
            if case .block(let block) = statement.kind, block.isScoped { return true }
            return statement.containsInside { hasScopedBlock([$0]) }
        }
    }

    // MARK: Macros

    /// Leaves the macro on the stack.
    private mutating func compileMacro(
        _ signature: Signature, _ body: [Statement], _ outer: CompileFrame, name: String?,
        within range: ClosedRange<Int32>
    ) throws(EvaluationError) {
        let offset = range.lowerBound
        let function = addFunction(parent: outer.function)
        let code = template.functions[function]
        code.name = name
        let frame = CompileFrame(
            symbols: symbols.makeScope(parent: outer.symbols, function: function), function: function)
        if Set(signature.parameters).count < signature.parameters.count {
            throw pythonSyntaxError("duplicate argument in a macro's parameters", at: offset)
        }
        for parameter in signature.parameters {
            code.parameterSlots.append(symbols.declareParameter(parameter, in: frame.symbols).index)
            code.parameterNames.append(text(parameter))
        }
        try declareMacroExtras(signature, body, frame, code, within: range)
        for value in signature.defaults { symbols.visit(value, of: tree, in: frame.symbols) }
        symbols.visit(body, of: tree, in: frame.symbols)
        let outerState = (loops, depth)
        loops = []
        depth = 0
        enter(frame, at: offset, isFunctionEntry: true)
        let required = signature.parameters.count - signature.defaults.count
        for (index, slot) in code.parameterSlots.enumerated() {
            // Jumps over the default when the argument was given.
            let jump = emit(.parameterDefault, 0, slot, in: function, at: offset, effect: 0)
            if index >= required {
                try compile(signature.defaults[index - required], frame)
                emit(.store, Int32(slot), in: function, at: offset, effect: -1)
            } else {
                emit(
                    .constant, addConstant(missingParameter(code.parameterNames[index])), in: function, at: offset,
                    effect: 1)
                emit(.store, Int32(slot), in: function, at: offset, effect: -1)
            }
            patch(jump, in: function)
        }
        try compile(body, frame)
        (loops, depth) = outerState
        emit(.makeMacro, Int32(function), in: outer.function, at: offset, effect: 1)
    }

    private func missingParameter(_ name: String) -> TemplateValue {
        .undefined(
            UndefinedValue(
                hint: "parameter \(pythonQuoted(name)) was not provided", name: .text(TextValue.make(name))))
    }

    private mutating func declareMacroExtras(
        _ signature: Signature, _ body: [Statement], _ frame: CompileFrame, _ code: FunctionCode,
        within range: ClosedRange<Int32>
    ) throws(EvaluationError) {
        if reads(.caller, body, within: range) {
            if let position = signature.parameters.firstIndex(of: Word.caller.rawValue) {
                guard position >= signature.parameters.count - signature.defaults.count else {
                    throw fail(
                        "When defining macros or call blocks the special \"caller\" argument must be omitted or be given a default.",
                        at: range.lowerBound)
                }
                code.takesExplicitCaller = true
            } else {
                code.callerSlot = symbols.declareParameter(Word.caller.rawValue, in: frame.symbols).index
            }
        }
        if reads(.kwargs, body, within: range), !signature.parameters.contains(Word.kwargs.rawValue) {
            code.keywordsSlot = symbols.declareParameter(Word.kwargs.rawValue, in: frame.symbols).index
        }
        if reads(.varargs, body, within: range), !signature.parameters.contains(Word.varargs.rawValue) {
            code.positionalSlot = symbols.declareParameter(Word.varargs.rawValue, in: frame.symbols).index
        }
    }
}
