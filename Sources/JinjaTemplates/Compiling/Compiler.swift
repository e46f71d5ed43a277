/// The state of compiling at one place of a template.
struct CompileFrame {
    var symbols: SymbolTables.Scope
    var function: Int
    var isTopLevel = false
    var isRootLevel = false
    var checksExtended = false
    /// Inside of `if`, where an unknown filter fails only when it is reached.
    var isSoft = false

    func soft() -> CompileFrame {
        var frame = self
        frame.isSoft = true
        frame.isRootLevel = false
        return frame
    }
}

/// Turns a syntax tree into instructions.
struct Compiler: ~Copyable {
    let tree: SyntaxTree
    let template: CompiledTemplate
    let core: EnvironmentCore
    var symbols: SymbolTables
    /// What each name of a filter turned out to be, by its number.
    var filters: [FilterUse?]
    /// Likewise for tests.
    var tests: [TestUse?]
    private var parents: [Int] = []
    /// The code of each function so far.
    var buffers: [CodeBuffer] = []
    var extendsSoFar = 0
    var hasKnownExtends = false
    var literals: [UInt8] = []
    private var blocks: [Statement.Block] = []
    /// Operands on the stack at this place; statements restore it.
    var depth = 0
    /// Loops around here, innermost last.
    var loops: [LoopPlace] = []

    /// What `break` and `continue` need to know.
    struct LoopPlace {
        var captures = 0
        var breaks: [Int] = []
        var start: Int
    }

    init(_ tree: SyntaxTree, name: String?, core: EnvironmentCore, syntaxOfLoaded: TemplateSyntax?) {
        self.tree = tree
        self.core = core
        template = CompiledTemplate(name: name, core: core, tree: tree, syntaxOfLoaded: syntaxOfLoaded)
        symbols = SymbolTables(names: tree.names.entries.count)
        filters = [FilterUse?](repeating: nil, count: tree.names.entries.count)
        tests = [TestUse?](repeating: nil, count: tree.names.entries.count)
        literals.reserveCapacity(tree.source.count)
    }

    mutating func compile() throws(EvaluationError) -> CompiledTemplate {
        if tree.arena.hasBlocks { try collectBlocks(tree.body) }
        let root = addFunction(parent: -1)
        var frame = CompileFrame(symbols: symbols.makeScope(parent: -1, function: root), function: root)
        frame.isTopLevel = true
        frame.isRootLevel = true
        frame.checksExtended = tree.arena.hasExtends
        declareSpecial(.`self`, .pushSelf, 0, tree.body, frame)
        symbols.visit(tree.body, of: tree, in: frame.symbols)
        enter(frame, at: 0, isFunctionEntry: true)
        try compile(tree.body, frame)
        if extendsSoFar > 0 { emit(.returnIfParent, in: root, at: 0, effect: 0) }
        if template.core.settings.restoresFinalNewlines { markSolePrint(root) }
        for block in blocks { try compileBlock(block) }
        template.setLiterals(literals)
        for (index, function) in template.functions.enumerated() {
            function.take(buffers[index])
            finish(function, symbols.slotNames[index])
        }
        template.seal()
        return template
    }

    /// Marks the print that a template consists of, when it is one and nothing else.
    private mutating func markSolePrint(_ root: Int) {
        guard tree.body.count == 1, case .output(let items) = tree.body[0].kind, items.count == 1 else { return }
        let last = buffers[root].steps.count - 1
        guard last >= 0, buffers[root].steps[last].instruction.operation == .emit else { return }
        buffers[root].steps[last].instruction.operation = .emitSole
    }

    private mutating func compileBlock(_ block: Statement.Block) throws(EvaluationError) {
        let function = addFunction(parent: -1)
        let frame = CompileFrame(symbols: symbols.makeScope(parent: -1, function: function), function: function)
        declareSpecial(.`self`, .pushSelf, block.name, block.body, frame)
        declareSpecial(.`super`, .pushSuper, block.name, block.body, frame)
        symbols.visit(block.body, of: tree, in: frame.symbols)
        enter(frame, at: 0, isFunctionEntry: true)
        try compile(block.body, frame)
        template.functions[function].name = text(block.name)
        template.blocks.append((text(block.name), function, block.isRequired))
    }

    private mutating func declareSpecial(
        _ word: Word, _ operation: Instruction.Operation, _ block: Int32, _ body: [Statement], _ frame: CompileFrame
    ) {
        guard reads(word, body) else { return }
        let slot = symbols.declareParameter(word.rawValue, in: frame.symbols)
        emit(operation, block, in: frame.function, at: 0, effect: 1)
        emit(.store, Int32(slot.index), in: frame.function, at: 0, effect: -1)
    }

    /// Leaves out resets of slots that nothing stores to: they hold the context's value throughout.
    private func finish(_ function: FunctionCode, _ names: [Int32]) {
        function.slotNames = names
        var isStored = [Bool](repeating: false, count: names.count)
        for slot in function.parameterSlots { isStored[slot] = true }
        for instruction in function.instructions {
            switch instruction.operation {
            case .store, .clear, .alias: isStored[Int(instruction.a)] = true
            default: break
            }
        }
        for at in function.instructions.indices
        where function.instructions[at].operation == .unresolve && !isStored[Int(function.instructions[at].a)] {
            function.instructions[at].operation = .nop
        }
    }

    func text(_ name: Int32) -> String { tree.names[name].string }

    func fail(
        _ message: String, at offset: Int32, _ kind: EvaluationError.Kind = .assertionError
    ) -> EvaluationError {
        let error = EvaluationError(kind, message)
        error.sourceOffset = Int(offset)
        return error
    }

    // MARK: Functions and instructions

    mutating func addFunction(parent: Int) -> Int {
        template.functions.append(FunctionCode())
        buffers.append(CodeBuffer())
        parents.append(parent)
        symbols.addFunction()
        return template.functions.count - 1
    }

    mutating func inner(_ frame: CompileFrame) -> CompileFrame {
        CompileFrame(
            symbols: symbols.makeScope(parent: frame.symbols, function: frame.function), function: frame.function,
            checksExtended: frame.checksExtended)
    }

    @discardableResult
    mutating func emit(
        _ operation: Instruction.Operation, _ a: Int32 = 0, _ b: Int = 0, hops: Int = 0, in function: Int,
        at offset: Int32,
        effect: Int
    ) -> Int {
        depth = max(0, depth + effect)
        return buffers[function].add(
            Instruction(operation: operation, hops: UInt8(clamping: hops), a: a, b: Int32(truncatingIfNeeded: b)),
            at: offset, stack: depth + 2)
    }

    func here(_ function: Int) -> Int { buffers[function].steps.count }

    mutating func patch(_ jump: Int, in function: Int) {
        buffers[function].steps[jump].instruction.a = Int32(here(function))
    }

    func hops(from function: Int, to target: Int) -> Int {
        var (count, current) = (0, function)
        while current != target, current >= 0 {
            current = parents[current]
            count += 1
        }
        return count
    }

    /// Fills a scope's slots on entry.
    mutating func enter(_ frame: CompileFrame, at offset: Int32, isFunctionEntry: Bool = false) {
        let function = frame.function
        var next = symbols.firstEntry(of: frame.symbols)
        while let entry = next {
            next = symbols.entry(after: entry)
            let index = Int32(entry.slot.index)
            switch entry.load {
            case .parameter: break
            case .resolve:
                if !isFunctionEntry { emit(.unresolve, index, in: function, at: offset, effect: 0) }
            case .undefined: emit(.clear, index, in: function, at: offset, effect: 0)
            case .alias(let outer):
                let hops = hops(from: function, to: outer.function)
                emit(.alias, index, outer.index, hops: hops, in: function, at: offset, effect: 0)
            }
        }
    }

    mutating func addConstant(_ value: TemplateValue) -> Int32 {
        template.constants.append(value)
        return Int32(template.constants.count - 1)
    }

    mutating func addLiteral(_ start: Int32, _ end: Int32) -> Int32 {
        let begin = literals.count
        if tree.newline == [0x0A] {
            literals.append(contentsOf: tree.source[Int(start)..<Int(end)])
        } else {
            for byte in tree.source[Int(start)..<Int(end)] {
                if byte == 0x0A { literals += tree.newline } else { literals.append(byte) }
            }
        }
        template.literalRanges.append((begin, literals.count - begin))
        return Int32(template.literalRanges.count - 1)
    }

    // MARK: Looking ahead

    /// Whether a body, which is part of a piece of the source, reads one of the language's own names outside of blocks.
    func reads(_ word: Word, _ body: [Statement], within range: ClosedRange<Int32> = 0...Int32.max) -> Bool {
        guard tree.arena.reads(word, in: range) else { return false }
        var search = NameSearch(word.rawValue, in: tree)
        return search.reads(body)
    }

    private mutating func collectBlocks(_ body: [Statement]) throws(EvaluationError) {
        for statement in body {
            if case .block(let block) = statement.kind {
                guard !blocks.contains(where: { $0.name == block.name }) else {
                    throw fail("block \(pythonQuoted(text(block.name))) defined twice", at: statement.offset)
                }
                blocks.append(block)
            }
            var failure: EvaluationError?
            statement.forEachBody { part in
                guard failure == nil else { return }
                do throws(EvaluationError) { try collectBlocks(part) } catch { failure = error }
            }
            if let failure { throw failure }
        }
    }
}
