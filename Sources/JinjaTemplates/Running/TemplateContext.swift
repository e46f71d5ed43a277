/// The variables one template sees: what it set at top level, what its includer handed on, the render's data, globals.
final class TemplateContext {
    let template: CompiledTemplate
    /// Set at top level, in order.
    let variables = DictValue()
    /// Names a module does not export although they were set.
    var hidden: Set<String> = []
    private let locals: DictValue?
    private let outer: TemplateContext?
    private let data: DictValue?
    private let globals: TemplateValue
    /// Blocks by name, most derived first.
    var blocks: [String: [BlockPlace]]
    /// The template this one extends, once its `extends` ran.
    var parent: CompiledTemplate?

    struct BlockPlace {
        var template: CompiledTemplate
        var function: Int
    }

    init(template: CompiledTemplate, data: DictValue?, globals: TemplateValue) {
        (self.template, self.data, self.globals) = (template, data, globals)
        (outer, locals) = (nil, nil)
        blocks = Self.blocks(of: template)
    }

    /// For an included template, or a scoped block when `keepsBlocks` is set.
    init(template: CompiledTemplate, outer: TemplateContext, locals: DictValue?, keepsBlocks: Bool = false) {
        (self.template, self.outer, self.locals) = (template, outer, locals)
        (data, globals) = (nil, .none)
        blocks = keepsBlocks ? outer.blocks : Self.blocks(of: template)
    }

    static func blocks(of template: CompiledTemplate) -> [String: [BlockPlace]] {
        var result: [String: [BlockPlace]] = [:]
        for block in template.blocks { result[block.name] = [BlockPlace(template: template, function: block.function)] }
        return result
    }

    func addBlocks(of parent: CompiledTemplate) {
        for block in parent.blocks {
            blocks[block.name, default: []].append(BlockPlace(template: parent, function: block.function))
        }
    }

    func resolve(_ name: TextValue, _ hash: Int) -> TemplateValue? {
        if variables.count > 0, let found = variables.get(name, hash: hash) { return found }
        if let locals, let found = locals.get(name, hash: hash) { return found }
        if let outer { return outer.resolve(name, hash) }
        if let data, let found = data.get(name, hash: hash) { return found }
        if case .dict(let globals) = globals { return globals.get(name, hash: hash) }
        return nil
    }

    /// Everything visible here as one dict, without globals.
    func all() -> DictValue {
        let result = outer?.all() ?? data?.copy() ?? DictValue()
        locals?.forEachEntry { key, hash, value in result.set(key, hash: hash, value) }
        variables.forEachEntry { key, hash, value in result.set(key, hash: hash, value) }
        return result
    }

    /// Names for a suggestion.
    func names() -> [String] { all().keys.compactMap(\.string) }
    var globalValues: TemplateValue { outer?.globalValues ?? globals }
}

/// The variables of one call of a function.
final class Frame: ChangeableContainer {
    let slots: UnsafeMutablePointer<TemplateValue>
    private let count: Int
    /// The name each slot stands for.
    let names: [Int32]
    let parent: Frame?
    let context: TemplateContext
    let template: CompiledTemplate

    init(_ function: FunctionCode, _ template: CompiledTemplate, parent: Frame?, context: TemplateContext) {
        names = function.slotNames
        count = names.count
        slots = .allocate(capacity: max(1, count))
        slots.initialize(repeating: .unresolved, count: count)
        (self.parent, self.context, self.template) = (parent, context, template)
    }

    override func removeContents() {
        for index in 0..<count { slots[index] = .unresolved }
    }

    deinit {
        slots.deinitialize(count: count)
        slots.deallocate()
    }
}

/// The machine's operands; one block of memory for all calls of a render.
final class OperandStack {
    let base: UnsafeMutablePointer<TemplateValue>
    let end: UnsafeMutablePointer<TemplateValue>
    /// Where a nested call may start.
    var top: UnsafeMutablePointer<TemplateValue>

    init(capacity: Int = 1 << 15) {
        base = .allocate(capacity: capacity)
        end = base + capacity
        top = base
    }
    deinit { base.deallocate() }
}
