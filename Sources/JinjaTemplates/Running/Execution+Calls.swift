extension Execution {
    /// Calls with the callee below its arguments on the stack.
    mutating func call(_ site: CallSite) throws(EvaluationError) {
        let count = site.valueCount
        let callee = sp[-count - 1]
        guard case .object(let object) = callee else {
            if case .undefined(let info) = callee { throw state.undefinedError(info) }
            throw EvaluationError(.typeError, "'\(callee.typeName)' object is not callable")
        }
        try state.charge(1)
        let result = try invoke(site) { (arguments, state) throws(EvaluationError) in
            try object.call(arguments, state)
        }
        try finishCall(count + 1, result)
    }

    mutating func callMethod(_ name: Int, _ site: CallSite) throws(EvaluationError) {
        let count = site.valueCount
        let receiver = sp[-count - 1]
        let text = template.names[name].text
        let traits = template.names[name].traits
        try state.charge(1)
        if state.settings.sandbox != .none, case .undefined(let info)? = try state.refusal(receiver, text) {
            throw state.undefinedError(info)
        }
        switch receiver {
        case .text, .list, .tuple, .dict, .int, .bool, .double:
            let isKnown =
                switch receiver {
                case .text: traits.isTextMethod
                case .dict: traits.isDictMethod
                default: true
                }
            guard isKnown else { break }
            let method = text.string
            let result = try invokeOptional(site) { (arguments, state) throws(EvaluationError) in
                try state.callMethod(receiver, method, arguments)
            }
            if let result {
                try finishCall(count + 1, result)
                return
            }
        default: break
        }
        let callee = try state.attribute(receiver, text, template.names[name].hash, template.names[name].traits)
        guard case .object(let object) = callee else {
            if case .undefined(let info) = callee { throw state.undefinedError(info) }
            throw EvaluationError(.typeError, "'\(callee.typeName)' object is not callable")
        }
        let result = try invoke(site) { (arguments, state) throws(EvaluationError) in
            try object.call(arguments, state)
        }
        try finishCall(count + 1, result)
    }

    /// A filter or test: its input is the first argument.
    mutating func apply(_ function: TemplateFunction, _ site: CallSite) throws(EvaluationError) {
        let count = site.valueCount + 1
        switch sp[-count] {
        case .text(let text): try state.chargeWork(on: text)
        case .list(let list): try state.charge(1 + list.items.count >> 6)
        default: try state.charge(1)
        }
        guard !site.isDynamic else {
            var full = site
            full.positional += 1
            full.valueCount += 1
            try finishCall(count, try invoke(full, function))
            return
        }
        state.stack.top = sp
        let result = try function(Arguments(base: sp - count, count: site.positional + 1, names: site.names), state)
        try finishCall(count, result)
    }

    /// Runs a macro that is called only to be printed, straight to the output; false when something else is called.
    mutating func writeMacro(_ site: CallSite) throws(EvaluationError) -> Bool {
        let count = site.valueCount
        guard !site.isDynamic, case .object(let object) = sp[-count - 1], type(of: object) == MacroValue.self else {
            return false
        }
        let macro = unsafeDowncast(object, to: MacroValue.self)
        // What it writes would have to be escaped by who prints it.
        guard !state.isEscaping || macro.isEscaping || state.autoescape else { return false }
        try state.charge(1)
        state.stack.top = sp
        if let recorder = state.recorder {
            noteValue(at: ip)
            recorder.enter(template, code.offsets[ip - 1])
        }
        try macro.write(Arguments(base: sp - count, count: site.positional, names: site.names), state)
        state.recorder?.leave()
        sp -= count + 1
        sp.deinitialize(count: count + 1)
        return true
    }

    private mutating func finishCall(_ count: Int, _ result: TemplateValue) throws(EvaluationError) {
        sp -= count
        sp.deinitialize(count: count)
        push(result)
        try state.checkNesting(result)
    }

    private func invoke(
        _ site: CallSite, _ body: (Arguments, RenderState) throws(EvaluationError) -> TemplateValue
    ) throws(EvaluationError) -> TemplateValue {
        try invokeOptional(site) { (arguments, state) throws(EvaluationError) in try body(arguments, state) } ?? .none
    }

    private func invokeOptional(
        _ site: CallSite, _ body: (Arguments, RenderState) throws(EvaluationError) -> TemplateValue?
    ) throws(EvaluationError) -> TemplateValue? {
        state.stack.top = sp
        if let recorder = state.recorder {
            recorder.enter(template, code.offsets[ip - 1])
        }
        defer { if let recorder = state.recorder { recorder.leave() } }
        let count = site.valueCount
        guard site.isDynamic else {
            return try body(Arguments(base: sp - count, count: site.positional, names: site.names), state)
        }
        // `*args` and `**kwargs`: gather everything anew.
        let start = sp - count
        var positional = (0..<site.positional).map { start[$0] }
        var keywords = (0..<site.names.count).map { start[site.positional + $0] }
        var names = site.names
        var next = site.positional + site.names.count
        if site.hasDynamicPositional {
            positional += try state.items(start[next])
            next += 1
        }
        if site.hasDynamicKeywords {
            guard case .dict(let dict) = start[next] else {
                if case .undefined(let info) = start[next] { throw state.undefinedError(info) }
                throw EvaluationError(
                    .typeError, "argument after ** must be a mapping, not \(start[next].typeName)")
            }
            for pair in dict.pairs {
                guard let name = pair.key.string else { throw EvaluationError(.typeError, "keywords must be strings") }
                guard !names.contains(name) else {
                    throw EvaluationError(.typeError, "got multiple values for keyword argument '\(name)'")
                }
                names.append(name)
                keywords.append(pair.value)
            }
        }
        let values = positional + keywords
        let base = UnsafeMutablePointer<TemplateValue>.allocate(capacity: max(1, values.count))
        for (index, value) in values.enumerated() { (base + index).initialize(to: value) }
        defer {
            base.deinitialize(count: values.count)
            base.deallocate()
        }
        return try body(Arguments(base: base, count: positional.count, names: names), state)
    }

    // MARK: Other templates

    private func load(_ name: TemplateValue) throws(EvaluationError) -> CompiledTemplate {
        switch name {
        case .text(let text): return try template.core.load(text.string, as: template.syntaxOfLoaded)
        case .undefined(let info): throw state.undefinedError(info)
        case .object(let object) where object is TemplateObject:
            return unsafeDowncast(object, to: TemplateObject.self).template
        default: throw EvaluationError(.typeError, "a template's name is a string, not \(name.typeName)")
        }
    }

    /// One name or the first that exists of a list.
    private func loadOrSelect(_ name: TemplateValue) throws(EvaluationError) -> CompiledTemplate {
        let names: ContiguousArray<TemplateValue>
        switch name {
        case .list(let list): names = list.items
        case .tuple(let tuple): names = tuple.items
        default: return try load(name)
        }
        var tried: [String] = []
        for name in names {
            do throws(EvaluationError) {
                return try load(name)
            } catch  where error.kind == .templateNotFound || error.kind == .undefinedError {
                tried.append(error.message)
            }
        }
        if names.isEmpty {
            throw EvaluationError(.templatesNotFound, "Tried to select from an empty list of templates")
        }
        throw EvaluationError(
            .templatesNotFound,
            "none of the templates given were found: " + tried.joined(separator: ", "))
    }

    private func snapshot(_ index: Int) -> DictValue? {
        let entries = template.snapshots[index]
        guard !entries.isEmpty else { return nil }
        let locals = DictValue()
        for entry in entries {
            var source = frame
            for _ in 0..<entry.hops { if let parent = source.parent { source = parent } }
            switch source.slots[entry.slot] {
            case .missing, .unresolved: continue
            case let value:
                locals.set(
                    .text(template.names[Int(entry.name)].text), hash: template.names[Int(entry.name)].hash, value)
            }
        }
        return locals
    }

    mutating func include(_ snapshotIndex: Int, ignoreMissing: Bool) throws(EvaluationError) {
        let name = pop()
        state.stack.top = sp
        let included: CompiledTemplate
        do throws(EvaluationError) {
            included = try loadOrSelect(name)
        } catch  where ignoreMissing && (error.kind == .templateNotFound || error.kind == .templatesNotFound) {
            return
        }
        try enterTemplate { (machine) throws(EvaluationError) in
            if snapshotIndex < 0 {
                // Without context a template is a module: it runs once.
                let module = try importWithoutContext(included)
                state.output.append(module.body.bytes)
            } else {
                let context = TemplateContext(template: included, outer: frame.context, locals: snapshot(snapshotIndex))
                try machine.runTemplate(included, context)
            }
        }
    }

    private func enterTemplate(_ body: (Machine) throws(EvaluationError) -> Void) throws(EvaluationError) {
        if let recorder = state.recorder {
            recorder.enter(template, code.offsets[ip - 1])
        }
        let outer = (state.autoescape, state.isEscaping)
        (state.autoescape, state.isEscaping) = (state.settings.autoescape, state.settings.autoescape)
        defer {
            (state.autoescape, state.isEscaping) = outer
            if let recorder = state.recorder { recorder.leave() }
        }
        try body(machine)
    }

    private func importWithoutContext(_ imported: CompiledTemplate) throws(EvaluationError) -> ModuleValue {
        if let known = state.modules[ObjectIdentifier(imported)] { return known }
        let context = TemplateContext(template: imported, data: nil, globals: template.core.globals)
        let module = try makeModule(imported, context)
        state.modules[ObjectIdentifier(imported)] = module
        return module
    }

    private func makeModule(
        _ imported: CompiledTemplate, _ context: TemplateContext
    ) throws(EvaluationError) -> ModuleValue {
        let body = try machine.capture(isMarkup: state.autoescape) { (machine) throws(EvaluationError) in
            try machine.runTemplate(imported, context)
        }
        return ModuleValue(imported.name ?? "<template>", context, body)
    }

    mutating func importModule(_ snapshotIndex: Int) throws(EvaluationError) {
        let name = pop()
        state.stack.top = sp
        let imported = try load(name)
        var module: ModuleValue?
        try enterTemplate { (_) throws(EvaluationError) in
            if snapshotIndex < 0 {
                module = try importWithoutContext(imported)
            } else {
                // The module outlives this moment, so it gets a copy of what is visible now.
                let data = frame.context.all()
                snapshot(snapshotIndex)?.forEachEntry { key, hash, value in data.set(key, hash: hash, value) }
                let context = TemplateContext(template: imported, data: data, globals: template.core.globals)
                module = try makeModule(imported, context)
            }
        }
        if let module { push(.object(module)) }
    }

    mutating func importName(_ name: Int) {
        guard case .object(let object) = sp[-1], let module = object as? ModuleValue else { return }
        let text = template.names[name].text
        if let found = try? module.attribute(text.string, state) {
            push(found)
            return
        }
        let line = template.line(of: code.offsets[ip - 1])
        let place = template.name.map { "line \(line) in \(pythonQuoted($0))" } ?? "line \(line)"
        push(
            .undefined(
                UndefinedValue(
                    hint:
                        "the template \(pythonQuoted(module.name)) (imported on \(place)) does not export the requested name \(pythonQuoted(text.string))",
                    name: .text(text))))
    }

    mutating func extend() throws(EvaluationError) {
        let name = pop()
        if frame.context.parent != nil {
            throw EvaluationError(.templateRuntimeError, "extended multiple times")
        }
        let parent = try load(name)
        frame.context.addBlocks(of: parent)
        frame.context.parent = parent
    }

    mutating func runBlock(_ nameIndex: Int, _ flags: Int) throws(EvaluationError) {
        let name = template.names[nameIndex].text.string
        guard let places = frame.context.blocks[name], let place = places.first else { return }
        if flags & 1 == 1, places.count <= 1 {
            throw EvaluationError(.templateRuntimeError, "Required block \(pythonQuoted(name)) not found")
        }
        var context = frame.context
        if flags >> 1 > 0 {
            context = TemplateContext(
                template: template, outer: context, locals: snapshot((flags >> 1) - 1), keepsBlocks: true)
        }
        state.stack.top = sp
        try machine.runBlock(place, context)
    }

    mutating func pushSuper(_ name: String) {
        let places = frame.context.blocks[name] ?? []
        let depth = places.firstIndex { $0.template.functions[$0.function] === code } ?? 0
        push(BlockValue.parent(of: name, frame.context, depth: depth))
    }

    // MARK: Extensions

    mutating func translate(
        _ message: (singular: TextValue, plural: TextValue?, names: [Int32], hasCount: Bool)
    ) throws(EvaluationError) {
        var text = message.singular
        if message.hasCount, let plural = message.plural, try !state.equal(pop(), .int(1)) { text = plural }
        let values = DictValue()
        for name in message.names.reversed() { values.set(template.names[Int(name)].text, pop()) }
        push(.text(try state.percentFormat(text.marked(state.isEscaping), .dict(values))))
    }

    func debugDump() throws(EvaluationError) -> String {
        let all = frame.context.all()
        let names = try all.pairs.map { (pair) throws(EvaluationError) in
            "\(try state.represent(pair.key)): \(try state.represent(pair.value))"
        }
        return "{'context': {\(names.joined(separator: ", "))},\n 'filters': [], 'tests': []}"
    }
}

/// A compiled template as a value, to include or extend.
final class TemplateObject: ObjectValue {
    let template: CompiledTemplate
    init(_ template: CompiledTemplate) { self.template = template }
    override var typeName: String { "Template" }
}
