/// Runs instructions: one loop per function call, operands on one stack, output to one buffer.
struct Machine {
    let state: RenderState
    init(_ state: RenderState) { self.state = state }

    /// Runs a template's root function and whatever it extends.
    func runTemplate(_ template: CompiledTemplate, _ context: TemplateContext) throws(EvaluationError) {
        try state.descending { () throws(EvaluationError) in
            var current = template
            while true {
                let root = current.functions[0]
                context.parent = nil
                try run(root, Frame(root, current, parent: nil, context: context))
                guard let parent = context.parent else { return }
                try state.charge(100)
                current = parent
            }
        }
    }

    func runBlock(_ place: TemplateContext.BlockPlace, _ context: TemplateContext) throws(EvaluationError) {
        let code = place.template.functions[place.function]
        // A block does not stand where it is called from; only filters see what is on there.
        let isEscaping = state.isEscaping
        state.isEscaping = state.settings.autoescape
        defer { state.isEscaping = isEscaping }
        try state.descending { () throws(EvaluationError) in
            try run(code, Frame(code, place.template, parent: nil, context: context))
        }
    }

    func runRecursiveLoop(
        _ function: Int, _ items: TemplateValue, _ outer: Frame, depth0: Int
    ) throws(EvaluationError) -> TemplateValue {
        let code = outer.template.functions[function]
        let frame = Frame(code, outer.template, parent: outer, context: outer.context)
        let text = try capture(isMarkup: state.isEscaping) { (machine) throws(EvaluationError) in
            try machine.run(code, frame, argument: items, depth0: depth0)
        }
        return .text(text)
    }

    /// What `body` writes, as a text.
    func capture(
        isMarkup: Bool, _ body: (Machine) throws(EvaluationError) -> Void
    ) throws(EvaluationError) -> TextValue {
        let start = state.output.count
        do throws(EvaluationError) {
            try state.descending { () throws(EvaluationError) in try body(self) }
        } catch {
            state.output.truncate(to: start)
            throw error
        }
        let text = state.output.cut(from: start, isMarkup: isMarkup)
        state.recorder?.capture(text, from: start)
        return text
    }

    /// Runs one function to its end, going on behind uses of undefined values.
    private func runGathering(_ execution: inout Execution) throws(EvaluationError) {
        while true {
            do throws(EvaluationError) {
                try execution.run()
                return
            } catch {
                let autoescape = (state.autoescape, state.isEscaping)
                guard execution.goOn(after: error) else { throw error }
                (state.autoescape, state.isEscaping) = autoescape
            }
        }
    }

    /// Runs one function to its end.
    func run(
        _ code: FunctionCode, _ frame: Frame, argument: TemplateValue? = nil, depth0: Int = 0
    ) throws(EvaluationError) {
        let base = state.stack.top
        guard base + code.maximumStack + 64 < state.stack.end else {
            throw EvaluationError(.recursionError, "the operands of nested calls exceed the stack")
        }
        try state.charge(1)
        let autoescape = (state.autoescape, state.isEscaping)
        var execution = Execution(machine: self, state: state, code: code, frame: frame, depth0: depth0, sp: base)
        defer { state.stack.top = base }
        if let argument { execution.push(argument) }
        do throws(EvaluationError) {
            if state.gatherer == nil { try execution.run() } else { try runGathering(&execution) }
        } catch {
            execution.clear(to: base)
            (state.autoescape, state.isEscaping) = autoescape
            execution.explain(error)
            throw error
        }
        execution.clear(to: base)
    }
}
