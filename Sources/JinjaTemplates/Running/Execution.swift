/// One function call in progress.
struct Execution {
    let machine: Machine
    let state: RenderState
    let code: FunctionCode
    let frame: Frame
    let depth0: Int
    /// The next free operand.
    var sp: UnsafeMutablePointer<TemplateValue>
    /// The next instruction.
    var ip = 0

    var template: CompiledTemplate { frame.template }

    @inline(__always)
    mutating func push(_ value: consuming TemplateValue) {
        sp.initialize(to: value)
        sp += 1
    }

    @inline(__always)
    mutating func pop() -> TemplateValue {
        sp -= 1
        return sp.move()
    }

    mutating func clear(to base: UnsafeMutablePointer<TemplateValue>) {
        while sp > base {
            sp -= 1
            sp.deinitialize(count: 1)
        }
    }

    /// Executes until the end of the function.
    mutating func run() throws(EvaluationError) {
        let slots = frame.slots
        let template = frame.template
        let isRecording = state.recorder != nil
        let isOpen = state.settings.sandbox == .none
        let (steps, names, constants, literals) = (
            code.steps, template.nameTable, template.constantTable, template.literalTable
        )
        let (count, outputLimit) = (steps.count, state.limits.outputBytes)
        // The state keeps it alive.
        let output = Unmanaged.passUnretained(state.output)
        while ip < count {
            let instruction = steps[ip]
            ip += 1
            let a = Int(instruction.a)
            switch instruction.operation {
            case .nop: break
            case .constant: push(constants[a])
            case .load:
                switch slots[a] {
                case .unresolved, .missing: push(resolveSlot(frame, a))
                default: push(slots[a])
                }
            case .loadOuter: push(resolveSlot(outerFrame(instruction.hops), a))
            case .store: slots[a] = pop()
            case .clear: slots[a] = .missing
            case .unresolve: slots[a] = .unresolved
            case .alias: slots[a] = rawSlot(outerFrame(instruction.hops), Int(instruction.b))
            case .export: export(a, isImport: instruction.b == 1)
            case .pop: _ = pop()
            case .loadAttribute:
                let name = names[a]
                if isOpen, let dict = (slots + Int(instruction.b)).borrowedDict, !name.traits.isDictMethod,
                    let place = dict._withUnsafeGuaranteedRef({ $0.place(of: name) })
                {
                    // What is printed at once goes to the output from where it is.
                    if ip < count, steps[ip].operation == .emit, !isRecording, !state.isEscaping,
                        let text = place.borrowedText
                    {
                        text._withUnsafeGuaranteedRef { text in
                            output._withUnsafeGuaranteedRef { output in text.withBytes { output.append($0) } }
                        }
                        if output._withUnsafeGuaranteedRef({ $0.count }) > outputLimit { throw state.tooMuchOutput() }
                        ip += 1
                    } else {
                        push(place.pointee)
                    }
                } else {
                    push(try loadAttribute(Int(instruction.b), name, isOnlyTested: instruction.hops == 1))
                }
            case .attribute:
                let name = names[a]
                let value = pop()
                if isOpen, case .dict(let dict) = value, name.traits.isPlain {
                    if let place = dict.place(of: name) {
                        push(place.pointee)
                        break
                    } else if instruction.hops == 1 {
                        push(state.absent)
                        break
                    }
                }
                push(try state.attribute(value, name.text, name.hash, name.traits))
            case .item:
                let key = pop()
                let value = pop()
                push(try state.item(value, key))
            case .slice:
                let step = pop()
                let stop = pop()
                let start = pop()
                let value = pop()
                push(try state.slice(value, start, stop, step))
            case .call:
                if ip < count, steps[ip].operation == .emit, try writeMacro(template.calls[Int(instruction.b)]) {
                    ip += 1
                } else {
                    try call(template.calls[Int(instruction.b)])
                }
            case .callMethod: try callMethod(a, template.calls[Int(instruction.b)])
            case .filter, .test: try apply(template.callables[a], template.calls[Int(instruction.b)])
            case .directFilter:
                let operands = sp - Int(instruction.b) - 1
                if case .text(let text) = operands.pointee {
                    try state.chargeWork(on: text)
                } else {
                    try state.charge(1)
                }
                guard let filter = DirectFilter(rawValue: instruction.a) else { break }
                state.stack.top = sp
                let result = try filter.apply(operands, state)
                clear(to: operands)
                push(result)
                if case .list = result { try state.checkNesting(result) }
            case .isDefined: push(.bool(pop().isUndefined == (instruction.b == 1)))
            case .defaultTo:
                let fallback = pop()
                if sp[-1].isUndefined {
                    _ = pop()
                    push(fallback)
                }
            case .arithmetic:
                let right = pop()
                let left = pop()
                guard let op = ArithmeticOperator(rawValue: UInt8(truncatingIfNeeded: a)) else { break }
                push(try state.arithmetic(op, left, right))
            case .compare:
                let right = pop()
                let left = pop()
                push(.bool(try compare(a, left, right)))
            case .compareChain:
                let right = pop()
                let left = pop()
                if try compare(Int(instruction.b), left, right) {
                    push(right)
                } else {
                    push(.bool(false))
                    ip = a
                }
            case .not: push(.bool(try !state.truth(pop())))
            case .negate: push(try state.negated(pop()))
            case .plus: push(try state.positive(pop()))
            case .jump:
                if a < ip { try loopBack(isComplete: instruction.b == 1) }
                ip = a
            case .jumpIfFalse:
                if try !state.truth(pop()) {
                    if a < ip { try state.charge(1) }
                    ip = a
                }
            case .jumpIfTrue: if try state.truth(pop()) { ip = a }
            case .jumpIfFalseKeep: if try state.truth(sp[-1]) { _ = pop() } else { ip = a }
            case .jumpIfTrueKeep: if try state.truth(sp[-1]) { ip = a } else { _ = pop() }
            case .list:
                push(.list(ListValue(take(a))))
                try state.checkNesting(sp[-1])
            case .tuple:
                push(.tuple(TupleValue(take(a))))
                try state.checkNesting(sp[-1])
            case .dict: try makeDict(a)
            case .concat: try concatenate(a, isPlain: instruction.b == 1)
            case .raw:
                if isRecording {
                    state.recorder?.note(at: state.output.count, template, code.offsets[ip - 1], isSourceText: true)
                }
                let size = output._withUnsafeGuaranteedRef { output in
                    output.append(literals[a])
                    return output.count
                }
                if size > outputLimit { throw state.tooMuchOutput() }
            case .emit:
                if isRecording { noteValue() }
                try state.emit(sp[-1])
                _ = pop()
            case .nextItem:
                guard case .object(let object) = sp[-1] else { return }
                state.stack.top = sp
                if let item = try unsafeDowncast(object, to: LoopValue.self).advance(state) {
                    push(item)
                } else {
                    ip = a
                }
            default: try runRare(instruction)
            }
        }
    }

    /// The attribute of a slot that is not simply an entry of a dict.
    private func loadAttribute(
        _ slot: Int, _ name: CompiledTemplate.Name, isOnlyTested: Bool
    ) throws(EvaluationError) -> TemplateValue {
        var value = frame.slots[slot]
        switch value {
        case .unresolved, .missing: value = resolveSlot(frame, slot)
        case .dict where isOnlyTested && name.traits.isPlain: return state.absent
        default: break
        }
        return try state.attribute(value, name.text, name.hash, name.traits)
    }

    private mutating func runRare(_ instruction: Instruction) throws(EvaluationError) {
        let a = Int(instruction.a)
        switch instruction.operation {
        case .emitFiltered:
            if state.recorder != nil { noteValue() }
            guard case .text(let text) = sp[-1] else {
                throw EvaluationError(.typeError, "sequence item 0: expected str instance, \(sp[-1].typeName) found")
            }
            text.withBytes { state.output.append($0) }
            if state.output.count > state.limits.outputBytes { throw state.tooMuchOutput() }
            _ = pop()
        case .emitSole:
            if state.recorder != nil { noteValue() }
            if case .text = sp[-1] {} else { state.solePrintIsText = false }
            try state.emit(sp[-1])
            _ = pop()
        case .beginCapture: push(.int(state.output.count))
        case .endCapture:
            guard case .int(let start) = pop() else { return }
            let text = state.output.cut(from: start, isMarkup: instruction.b == 1 ? state.autoescape : state.isEscaping)
            try state.checkText(bytes: text.byteCount)
            state.recorder?.capture(text, from: start)
            push(.text(text))
        case .abortCapture: if case .int(let start) = pop() { state.output.truncate(to: start) }
        case .pushLoop:
            try pushLoop(a, isRecursive: instruction.b & 1 == 1, keepsItem: a >= 0 || instruction.b & 2 == 2)
        case .collectItem:
            if instruction.b == 1 {
                let item = pop()
                if case .list(let list) = sp[-2] { list.items.append(item) }
            } else if case .object(let object) = sp[-1], case .list(let list) = sp[-2] {
                list.items.append(unsafeDowncast(object, to: LoopValue.self).current)
            }
        case .popLoop:
            if case .object(let object) = pop(), a >= 0, (object as? LoopValue)?.ranThrough == true { ip = a }
        case .loopRecursive:
            let items = pop()
            state.stack.top = sp
            push(try machine.runRecursiveLoop(a, items, frame, depth0: 0))
        case .unpack: try unpack(a)
        case .rotate:
            // The operand `a` below the top becomes the top.
            let value = (sp - a - 1).move()
            (sp - a - 1).moveInitialize(from: sp - a, count: a)
            (sp - 1).initialize(to: value)
        case .makeMacro:
            let function = template.functions[a]
            // A macro is kept in the frame that it keeps.
            if function.name != nil {
                state.hold(frame)
                state.hold(frame.context.variables)
            }
            push(.object(MacroValue(function, frame, isEscaping: state.isEscaping)))
        case .parameterDefault:
            if case .missing = frame.slots[Int(instruction.b)] {} else { ip = a }
        case .importModule: try importModule(a)
        case .importName: importName(a)
        case .include: try include(a, ignoreMissing: instruction.b == 1)
        case .extends: try extend()
        case .block: try runBlock(a, Int(instruction.b))
        case .skipIfExtended: if frame.context.parent != nil { ip = a }
        case .returnIfParent: break
        case .pushSelf: push(.object(SelfValue(frame.context)))
        case .pushSuper: pushSuper(template.names[a].text.string)
        case .namespaceCheck:
            guard case .object(let object) = resolveSlot(outerFrame(instruction.hops), a), object is NamespaceValue
            else { throw EvaluationError(.templateRuntimeError, "cannot assign attribute on non-namespace object") }
        case .namespaceStore:
            guard case .object(let object) = pop(), let namespace = object as? NamespaceValue else { return }
            let value = pop()
            state.hold(namespace.members, for: value)
            namespace.members.set(template.names[a].text, value)
        case .pushAutoescape:
            let value = try state.truth(pop())
            push(.int((state.autoescape ? 1 : 0) | (state.isEscaping ? 2 : 0)))
            (state.autoescape, state.isEscaping) = (value, value)
        case .popAutoescape:
            if case .int(let flags) = pop() { (state.autoescape, state.isEscaping) = (flags & 1 == 1, flags & 2 == 2) }
        case .translate: try translate(template.messages[a])
        case .debugDump: push(.string(try debugDump()))
        case .setText:
            if state.autoescape { push(.text(try state.text(pop()).marked(true))) }
        default: break
        }
    }

    // MARK: Variables

    private func outerFrame(_ hops: UInt8) -> Frame {
        var current = frame
        for _ in 0..<hops { if let parent = current.parent { current = parent } }
        return current
    }

    /// A slot's value, fetched from the context where it was not yet; absent stays `.missing`.
    func rawSlot(_ frame: Frame, _ slot: Int) -> TemplateValue {
        if case .unresolved = frame.slots[slot] {
            let name = slotName(frame, slot)
            frame.slots[slot] = frame.context.resolve(template.names[name].text, template.names[name].hash) ?? .missing
        }
        return frame.slots[slot]
    }

    /// The name a slot stands for; functions of outer frames belong to the same template.
    private func slotName(_ target: Frame, _ slot: Int) -> Int {
        Int(target.names[slot])
    }

    private func resolveSlot(_ frame: Frame, _ slot: Int) -> TemplateValue {
        let value = rawSlot(frame, slot)
        if case .missing = value {
            return .undefined(UndefinedValue(name: .text(template.names[slotName(frame, slot)].text)))
        }
        return value
    }

    private mutating func export(_ name: Int, isImport: Bool) {
        let text = template.names[name].text
        if case .object = sp[-1] { state.hold(frame.context.variables) }
        frame.context.variables.set(.text(text), hash: template.names[name].hash, sp[-1])
        if isImport {
            frame.context.hidden.insert(text.string)
        } else if !frame.context.hidden.isEmpty {
            frame.context.hidden.remove(text.string)
        }
    }

    private mutating func take(_ count: Int) -> ContiguousArray<TemplateValue> {
        sp -= count
        let values = ContiguousArray(UnsafeBufferPointer(start: sp, count: count))
        sp.deinitialize(count: count)
        return values
    }

    private func compare(_ op: Int, _ a: TemplateValue, _ b: TemplateValue) throws(EvaluationError) -> Bool {
        guard let op = ComparisonOperator(rawValue: UInt8(truncatingIfNeeded: op)) else { return false }
        return try state.compare(op, a, b)
    }

    private mutating func loopBack(isComplete: Bool) throws(EvaluationError) {
        try state.charge(1)
        if isComplete, case .object(let object) = sp[-1] {
            unsafeDowncast(object, to: LoopValue.self).ranThrough = true
        }
    }

    private mutating func makeDict(_ pairs: Int) throws(EvaluationError) {
        let values = take(pairs)
        let dict = DictValue()
        for index in stride(from: 0, to: values.count, by: 2) {
            if case .undefined(let info) = values[index], state.isStrict(info) { throw state.undefinedError(info) }
            guard let hash = values[index].hashValueForKey else {
                throw EvaluationError(.typeError, "unhashable type: '\(values[index].typeName)'")
            }
            dict.set(values[index], hash: hash, values[index + 1])
        }
        push(.dict(dict))
        try state.checkNesting(sp[-1])
    }

    private mutating func concatenate(_ count: Int, isPlain: Bool) throws(EvaluationError) {
        let values = take(count)
        var bytes: [UInt8] = []
        if state.isEscaping, !isPlain {
            let hasMarkup = values.contains { if case .text(let text) = $0 { text.isMarkup } else { false } }
            for value in values {
                if hasMarkup { bytes += try state.escape(value).bytes } else { try state.print(value, into: &bytes) }
                if bytes.count > state.limits.textBytes { break }
            }
            push(.text(TextValue.make(bytes, isMarkup: hasMarkup)))
        } else {
            for value in values {
                try state.print(value, into: &bytes)
                if bytes.count > state.limits.textBytes { break }
            }
            push(.bytes(bytes))
        }
        try state.checkText(bytes: bytes.count)
    }

    private mutating func unpack(_ count: Int) throws(EvaluationError) {
        let value = pop()
        let items: ContiguousArray<TemplateValue>
        do throws(EvaluationError) {
            items = try state.items(value)
        } catch  where error.kind == .typeError {
            throw EvaluationError(.typeError, "cannot unpack non-iterable \(value.typeName) object")
        }
        try state.charge(items.count >> 2)
        guard items.count == count else {
            throw EvaluationError(
                .valueError,
                items.count > count
                    ? "too many values to unpack (expected \(count))"
                    : "not enough values to unpack (expected \(count), got \(items.count))")
        }
        for item in items.reversed() { push(item) }
    }

    private mutating func pushLoop(_ slot: Int, isRecursive: Bool, keepsItem: Bool) throws(EvaluationError) {
        let value = pop()
        state.stack.top = sp
        let loop: LoopValue
        // Others stand in a recursive loop and do not take part in it.
        let depth0 = isRecursive ? depth0 : 0
        if case .list(let list) = value {
            loop = LoopValue(list: list, depth0: depth0, keepsItems: keepsItem)
        } else {
            let iterator = try state.iterator(value)
            var isSized = true
            if case .object(let object) = value { isSized = try object.length(state) != nil }
            loop = LoopValue(
                iterator, length: isSized ? iterator.remaining : nil, depth0: depth0, keepsItems: keepsItem)
        }
        if isRecursive, let parent = frame.parent,
            let function = parent.template.functions.firstIndex(where: { $0 === code })
        {
            loop.recursion = (function, parent)
        }
        if slot >= 0 { frame.slots[slot] = .object(loop) }
        push(.object(loop))
    }

    // MARK: Notes

    private func noteValue() {
        noteValue(at: ip - 1)
        if case .text(let text) = sp[-1] { state.recorder?.splice(text, at: state.output.count) }
    }

    /// Notes the place before the next instruction and the variables that the output step `step` reads.
    func noteValue(at step: Int) {
        guard let recorder = state.recorder else { return }
        recorder.note(at: state.output.count, template, code.offsets[ip - 1], isSourceText: false)
        let paths = code.paths(of: step)
        for index in paths.indices {
            let path = paths[index]
            let owner = outerFrame(path.hops)
            var value = rawSlot(owner, Int(path.slot))
            for member in code.pathMembers[Int(path.firstMember)..<Int(path.firstMember + path.memberCount)] {
                switch value {
                case .missing, .undefined: break
                default:
                    value =
                        (try? state.attribute(
                            value, template.names[Int(member)].text, template.names[Int(member)].hash,
                            template.names[Int(member)].traits)) ?? .missing
                }
            }
            switch value {
            case .missing, .unresolved, .undefined: continue
            case .none, .bool, .int, .double, .text: break
            case .object(let object) where object.isCallable: continue
            case .list, .tuple, .dict, .object:
                // It may change before the end.
                let text = state.beginning(of: value, limit: 120)
                if text.isEmpty { continue }
                value = .string(text)
            }
            recorder.add(index, of: code, base: owner.names[Int(path.slot)], in: template, value: value)
        }
    }

    /// Adds this place, and for the innermost one what the line reads, to an error on its way out.
    func explain(_ error: EvaluationError) {
        guard !error.needsPrivateCopy else { return }
        var offset = Int(code.offsets[max(0, ip - 1)])
        if error.trail.isEmpty, error.sourceOffset == nil {
            if let name = error.undefinedName { offset = placeOfReading(name) ?? offset }
            error.values = values(near: offset)
            if error.suggestion == nil, let name = error.undefinedName {
                error.suggestion = EvaluationError.nearest(to: name, among: frame.context.names().sorted())
            }
        }
        if error.trail.count < 20 { error.trail.append(EvaluationError.Place(template: template, offset: offset)) }
    }

    /// Where the name was read that the failing instruction could not use: what is wrong is there, and not where a filter
    /// noticed it.
    private func placeOfReading(_ name: String) -> Int? {
        for index in stride(from: ip - 1, through: max(0, ip - 40), by: -1) {
            let (step, offset) = (code.instructions[index], Int(code.offsets[index]))
            func isCalled(_ number: Int32) -> Bool { template.names[Int(number)].text.string == name }
            switch step.operation {
            case .load where isCalled(code.slotNames[Int(step.a)]): return offset
            case .attribute where isCalled(step.a): return offset
            case .loadAttribute:
                if isCalled(step.a) { return offset }
                guard isCalled(code.slotNames[Int(step.b)]) else { continue }
                // The place is that of the member; the variable stands before it.
                let start = offset - name.utf8.count
                return start >= 0 && template.source[start..<offset].elementsEqual(name.utf8) ? start : offset
            case .raw, .emit: if index < ip - 1 { return nil }
            default: continue
            }
        }
        return nil
    }

    private func values(near offset: Int) -> [(name: String, value: String)] {
        let line = template.line(of: Int32(clamping: offset))
        var result: [(name: String, value: String)] = []
        for (index, instruction) in code.instructions.enumerated() {
            let slot: Int
            switch instruction.operation {
            case .load: slot = Int(instruction.a)
            case .loadAttribute: slot = Int(instruction.b)
            default: continue
            }
            guard template.line(of: code.offsets[index]) == line else { continue }
            let name = template.names[Int(code.slotNames[slot])].text.string
            guard !result.contains(where: { $0.name == name }) else { continue }
            switch rawSlot(frame, slot) {
            case .missing, .undefined, .unresolved: continue
            case let value:
                let text = state.beginning(of: value, limit: 80)
                if !text.isEmpty { result.append((name, text)) }
            }
        }
        return result
    }
}
