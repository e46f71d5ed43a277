/// The `loop` of a `for`, and the iteration itself.
final class LoopValue: ObjectValue {
    private var source: ValueIterator?
    /// The list it walks through, when it is one; there is no other source then.
    private let list: ListValue?
    private var position = 0
    /// Whether anybody asks for the items before and after.
    private let keepsItems: Bool
    private var counted: Int?
    private var peeked: TemplateValue = .missing
    private(set) var current: TemplateValue = .missing
    private var before: TemplateValue = .missing
    private var lastChanged: ContiguousArray<TemplateValue>?
    var index0 = -1
    /// Whether a body ran to its end, which suppresses the else part.
    var ranThrough = false
    let depth0: Int
    /// For recursive loops: renders the body over other items.
    var recursion: (function: Int, frame: Frame)?

    init(list: ListValue, depth0: Int, keepsItems: Bool) {
        (source, self.list, counted, self.depth0, self.keepsItems) = (nil, list, list.items.count, depth0, keepsItems)
        super.init()
        nesting = list.nesting + 1
    }

    init(_ source: ValueIterator, length: Int?, depth0: Int, keepsItems: Bool) {
        (self.source, list, counted, self.depth0, self.keepsItems) = (source, nil, length, depth0, keepsItems)
        super.init()
        nesting = source.nesting + 1
    }

    @inline(__always)
    func advance(_ state: RenderState) throws(EvaluationError) -> TemplateValue? {
        let next: TemplateValue
        if !keepsItems, let list {
            guard position < list.items.count else { return nil }
            position += 1
            return list.items[position - 1]
        }
        if case .missing = peeked {
            guard let item = try take(state) else { return nil }
            next = item
        } else {
            next = peeked
            peeked = .missing
        }
        index0 += 1
        before = current
        current = next
        return next
    }

    /// The next item of the list or whatever it is.
    @inline(__always)
    private func take(_ state: RenderState) throws(EvaluationError) -> TemplateValue? {
        guard let list else { return try source?.next(state) }
        guard position < list.items.count else { return nil }
        position += 1
        return list.items[position - 1]
    }

    /// The item after this one, which is taken now: what happens to the list in between comes too late for it.
    private func peek(_ state: RenderState) throws(EvaluationError) -> TemplateValue? {
        if case .missing = peeked {
            guard let item = try take(state) else { return nil }
            peeked = item
        }
        return peeked
    }

    override var typeName: String { "LoopContext" }
    override func length(_ state: RenderState) throws(EvaluationError) -> Int? {
        if let counted { return counted }
        var rest: ContiguousArray<TemplateValue> = []
        while let item = try source?.next(state) {
            rest.append(item)
            try state.charge(1)
        }
        source = ArrayIterator(rest)
        var hasPeeked = true
        if case .missing = peeked { hasPeeked = false }
        let total = rest.count + index0 + 1 + (hasPeeked ? 1 : 0)
        counted = total
        return total
    }
    override func represent(_ state: RenderState) throws(EvaluationError) -> String {
        "<LoopContext \(index0 + 1)/\(try length(state) ?? 0)>"
    }
    override func truth(_ state: RenderState) throws(EvaluationError) -> Bool { try length(state) != 0 }

    func member(_ member: LoopMember, _ state: RenderState) throws(EvaluationError) -> TemplateValue {
        switch member {
        case .index: .int(index0 + 1)
        case .index0: .int(index0)
        case .first: .bool(index0 == 0)
        case .last: .bool(try peek(state) == nil)
        case .length: .int(try length(state) ?? 0)
        case .revindex: .int((try length(state) ?? 0) - index0)
        case .revindex0: .int((try length(state) ?? 0) - index0 - 1)
        case .depth: .int(depth0 + 1)
        case .depth0: .int(depth0)
        }
    }

    override func attribute(_ name: String, _ state: RenderState) throws(EvaluationError) -> TemplateValue? {
        if let member = LoopMember(name) { return try self.member(member, state) }
        switch name {
        case "previtem":
            return index0 == 0 ? .undefined(UndefinedValue(hint: "there is no previous item")) : before
        case "nextitem": return try peek(state) ?? .undefined(UndefinedValue(hint: "there is no next item"))
        case "cycle":
            return .object(
                FunctionValue("cycle") { [self] (arguments, _) throws(EvaluationError) in
                    guard arguments.count > 0 else { throw EvaluationError(.typeError, "no items for cycling given") }
                    return arguments[index0 % arguments.count]
                })
        case "changed":
            return .object(
                FunctionValue("changed") { [self] (arguments, state) throws(EvaluationError) in
                    let values = ContiguousArray(arguments.positional)
                    if let lastChanged, lastChanged.count == values.count {
                        var isSame = true
                        for index in values.indices where try !state.equal(values[index], lastChanged[index]) {
                            isSame = false
                        }
                        if isSame { return .bool(false) }
                    }
                    lastChanged = values
                    return .bool(true)
                })
        default: return nil
        }
    }

    override var isCallable: Bool { true }
    override func call(_ arguments: Arguments, _ state: RenderState) throws(EvaluationError) -> TemplateValue {
        guard let recursion else {
            throw EvaluationError(
                .typeError, "The loop must have the 'recursive' marker to be called recursively.")
        }
        guard arguments.count == 1 else { throw EvaluationError(.typeError, "loop() takes one argument") }
        return try Machine(state).runRecursiveLoop(
            recursion.function, arguments[0], recursion.frame, depth0: depth0 + 1)
    }
    override var isMapping: Bool { false }
}

/// A macro, or the body of a call block.
final class MacroValue: ObjectValue {
    let code: FunctionCode
    let frame: Frame
    /// Whether it escapes what it prints, which the place of its definition decides.
    let isEscaping: Bool
    init(_ code: FunctionCode, _ frame: Frame, isEscaping: Bool) {
        (self.code, self.frame, self.isEscaping) = (code, frame, isEscaping)
    }
    override var typeName: String { "Macro" }
    override var isCallable: Bool { true }
    override func represent(_ state: RenderState) throws(EvaluationError) -> String {
        code.name.map { "<Macro \(pythonQuoted($0))>" } ?? "<Macro anonymous>"
    }
    override func attribute(_ name: String, _ state: RenderState) throws(EvaluationError) -> TemplateValue? {
        switch name {
        case "name": code.name.map { .string($0) } ?? TemplateValue.none
        case "arguments": .tuple(code.parameterNames.map { .string($0) })
        case "catch_kwargs": .bool(code.keywordsSlot != nil)
        case "catch_varargs": .bool(code.positionalSlot != nil)
        case "caller": .bool(code.callerSlot != nil || code.takesExplicitCaller)
        default: nil
        }
    }

    /// Writes the macro's text to the output itself: `{{ m() }}` needs no text in between.
    func write(_ arguments: Arguments, _ state: RenderState) throws(EvaluationError) {
        let frame = try bind(arguments, state)
        let caller = state.isEscaping
        state.isEscaping = isEscaping
        defer { state.isEscaping = caller }
        try state.descending { () throws(EvaluationError) in try Machine(state).run(code, frame) }
    }

    override func call(_ arguments: Arguments, _ state: RenderState) throws(EvaluationError) -> TemplateValue {
        let frame = try bind(arguments, state)
        let caller = state.isEscaping
        state.isEscaping = isEscaping
        defer { state.isEscaping = caller }
        let isMarkup = isEscaping || state.autoescape
        let text = try Machine(state).capture(isMarkup: isMarkup) { (machine) throws(EvaluationError) in
            try machine.run(self.code, frame)
        }
        return .text(text)
    }

    private func bind(_ arguments: Arguments, _ state: RenderState) throws(EvaluationError) -> Frame {
        let inner = Frame(code, frame.template, parent: frame, context: frame.context)
        let count = code.parameterSlots.count
        if !arguments.hasKeywords, arguments.count <= count, code.hasPlainParameters {
            for index in 0..<count {
                inner.slots[code.parameterSlots[index]] = index < arguments.count ? arguments[index] : .missing
            }
            return inner
        }
        var used = Set<Int>()
        for index in 0..<count {
            let value: TemplateValue
            if index < arguments.count {
                value = arguments[index]
            } else if let at = arguments.keywordNames.firstIndex(of: code.parameterNames[index]) {
                used.insert(at)
                value = arguments.keywordValue(at: at)
            } else {
                value = .missing
            }
            inner.slots[code.parameterSlots[index]] = value
        }
        if let slot = code.callerSlot {
            if let at = arguments.keywordNames.firstIndex(of: "caller") {
                used.insert(at)
                inner.slots[slot] = arguments.keywordValue(at: at)
            } else {
                inner.slots[slot] = .undefined(
                    UndefinedValue(hint: "No caller defined", name: .string("caller")))
            }
        }
        let rest = arguments.keywordNames.indices.filter { !used.contains($0) }
        if let slot = code.keywordsSlot {
            let dict = DictValue()
            for at in rest { dict.set(arguments.keywordNames[at], arguments.keywordValue(at: at)) }
            inner.slots[slot] = .dict(dict)
        } else if let first = rest.first {
            let name = code.name.map { pythonQuoted($0) } ?? "None"
            if rest.contains(where: { arguments.keywordNames[$0] == "caller" }) {
                throw EvaluationError(
                    .typeError,
                    "macro \(name) was invoked with two values for the special caller argument. This is most likely a bug."
                )
            }
            throw EvaluationError(
                .typeError, "macro \(name) takes no keyword argument \(pythonQuoted(arguments.keywordNames[first]))")
        }
        if let slot = code.positionalSlot {
            inner.slots[slot] = .tuple((min(count, arguments.count)..<arguments.count).map { arguments[$0] })
        } else if arguments.count > count {
            throw EvaluationError(
                .typeError,
                "macro \(code.name.map { pythonQuoted($0) } ?? "None") takes not more than \(count) argument(s)")
        }
        return inner
    }
}

/// What `import` gives: the names a template exports, and its text.
final class ModuleValue: ObjectValue {
    let name: String
    let context: TemplateContext
    let body: TextValue
    init(_ name: String, _ context: TemplateContext, _ body: TextValue) {
        (self.name, self.context, self.body) = (name, context, body)
    }
    override var typeName: String { "TemplateModule" }
    override func represent(_ state: RenderState) throws(EvaluationError) -> String {
        "<TemplateModule \(pythonQuoted(name))>"
    }
    override func print(_ state: RenderState) throws(EvaluationError) -> String { body.string }
    override func attribute(_ name: String, _ state: RenderState) throws(EvaluationError) -> TemplateValue? {
        if name.hasPrefix("_") || context.hidden.contains(name) { return nil }
        return context.variables.get(name)
    }
}

/// `self`, and the blocks it calls.
final class SelfValue: ObjectValue {
    private let context: TemplateContext
    init(_ context: TemplateContext) { self.context = context }
    override var typeName: String { "TemplateReference" }
    override func represent(_ state: RenderState) throws(EvaluationError) -> String {
        "<TemplateReference \(context.template.name.map { pythonQuoted($0) } ?? "None")>"
    }
    override func item(_ key: TemplateValue, _ state: RenderState) throws(EvaluationError) -> TemplateValue? {
        guard let name = key.string, context.blocks[name] != nil else { return nil }
        return .object(BlockValue(name, context, depth: 0))
    }
    override func attribute(_ name: String, _ state: RenderState) throws(EvaluationError) -> TemplateValue? {
        try item(.string(name), state)
    }
}

/// A block as a function: `self.name()` and `super()`.
final class BlockValue: ObjectValue {
    private let name: String
    private let context: TemplateContext
    private let depth: Int
    init(_ name: String, _ context: TemplateContext, depth: Int) {
        (self.name, self.context, self.depth) = (name, context, depth)
    }

    /// The block below `depth`, or the undefined value that says there is none.
    static func parent(of name: String, _ context: TemplateContext, depth: Int) -> TemplateValue {
        if depth + 1 < context.blocks[name]?.count ?? 0 { return .object(BlockValue(name, context, depth: depth + 1)) }
        return .undefined(
            UndefinedValue(
                hint: "there is no parent block called \(pythonQuoted(name)).", name: .string("super")))
    }

    override var typeName: String { "BlockReference" }
    override var isCallable: Bool { true }
    override func attribute(_ member: String, _ state: RenderState) throws(EvaluationError) -> TemplateValue? {
        member == "super" ? Self.parent(of: name, context, depth: depth) : nil
    }
    override func call(_ arguments: Arguments, _ state: RenderState) throws(EvaluationError) -> TemplateValue {
        guard let places = context.blocks[name], depth < places.count else { return .emptyText }
        let place = places[depth]
        let text = try Machine(state).capture(isMarkup: state.autoescape) { (machine) throws(EvaluationError) in
            try machine.runBlock(place, self.context)
        }
        return .text(text)
    }
}

/// `cycler(...)`.
final class CyclerValue: ObjectValue {
    private let items: [TemplateValue]
    private var position = 0
    init(_ items: [TemplateValue]) {
        self.items = items
        super.init()
        nesting = items.nestingAround + 1
    }
    override var typeName: String { "Cycler" }
    override func attribute(_ name: String, _ state: RenderState) throws(EvaluationError) -> TemplateValue? {
        switch name {
        case "current": items[position]
        case "next":
            .object(
                FunctionValue("next") { [self] (_, _) throws(EvaluationError) in
                    defer { position = (position + 1) % items.count }
                    return items[position]
                })
        case "reset":
            .object(
                FunctionValue("reset") { [self] (_, _) throws(EvaluationError) in
                    position = 0
                    return TemplateValue.none
                })
        default: nil
        }
    }
}

/// `joiner(...)`: nothing the first time, then the separator.
final class JoinerValue: ObjectValue {
    private let separator: TemplateValue
    private var isUsed = false
    init(_ separator: TemplateValue) {
        self.separator = separator
        super.init()
        nesting = separator.nesting + 1
    }
    override var typeName: String { "Joiner" }
    override var isCallable: Bool { true }
    override func call(_ arguments: Arguments, _ state: RenderState) throws(EvaluationError) -> TemplateValue {
        defer { isUsed = true }
        return isUsed ? separator : .emptyText
    }
}
