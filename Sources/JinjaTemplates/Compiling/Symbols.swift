/// Where a variable lives: a slot of a function's frame.
struct Slot: Hashable {
    var function: Int
    var index: Int
}

/// Slot numbers of every function of a template, shared with the symbol tables that hand them out.
final class SlotAllocator {
    private struct Key: Hashable {
        var level: Int
        var name: Int32
    }
    private var tables: [[Key: Int]] = []
    private(set) var names: [[Int32]] = []

    func addFunction() {
        tables.append([:])
        names.append([])
    }

    func slot(_ function: Int, _ level: Int, _ name: Int32) -> Slot {
        let key = Key(level: level, name: name)
        if let known = tables[function][key] { return Slot(function: function, index: known) }
        let index = names[function].count
        names[function].append(name)
        tables[function][key] = index
        return Slot(function: function, index: index)
    }
}

/// The names of one scope, after Jinja2's own rules: each name is a slot, filled on entry from the context, from an
/// outer scope, or not at all.
final class Symbols {
    enum Load {
        case parameter, resolve, undefined
        case alias(Slot)
    }

    let level: Int
    let parent: Symbols?
    let function: Int
    private(set) var slots: [Int32: Slot] = [:]
    private(set) var loads: [(slot: Slot, load: Load)] = []
    private(set) var stores: Set<Int32> = []
    private let allocator: SlotAllocator

    init(parent: Symbols?, function: Int, allocator: SlotAllocator) {
        self.parent = parent
        self.function = function
        self.allocator = allocator
        level = (parent?.level ?? -1) + 1
    }

    private init(copying other: Symbols) {
        (level, parent, function, slots, loads) = (other.level, other.parent, other.function, other.slots, other.loads)
        (stores, allocator) = (other.stores, other.allocator)
    }
    func copy() -> Symbols { Symbols(copying: self) }

    func find(_ name: Int32) -> Slot? { slots[name] ?? parent?.find(name) }

    @discardableResult
    private func define(_ name: Int32, _ load: Load) -> Slot {
        let slot = allocator.slot(function, level, name)
        slots[name] = slot
        setLoad(slot, load)
        return slot
    }

    private func setLoad(_ slot: Slot, _ load: Load) {
        if let index = loads.firstIndex(where: { $0.slot == slot }) {
            loads[index].load = load
        } else {
            loads.append((slot, load))
        }
    }

    func store(_ name: Int32) {
        stores.insert(name)
        guard slots[name] == nil else { return }
        if let outer = parent?.find(name) {
            define(name, .alias(outer))
        } else {
            define(name, .undefined)
        }
    }

    @discardableResult
    func declareParameter(_ name: Int32) -> Slot {
        stores.insert(name)
        return define(name, .parameter)
    }

    func load(_ name: Int32) {
        if find(name) == nil { define(name, .resolve) }
    }

    func update(branches: [Symbols]) {
        var stored: Set<Int32> = []
        for branch in branches { stored.formUnion(branch.stores) }
        stored.subtract(stores)
        for branch in branches {
            slots.merge(branch.slots) { _, new in new }
            for (slot, load) in branch.loads { setLoad(slot, load) }
            stores.formUnion(branch.stores)
        }
        for name in stored.sorted() {
            guard let slot = find(name) else { continue }
            if let outer = parent?.find(name) {
                setLoad(slot, .alias(outer))
            } else {
                setLoad(slot, .resolve)
            }
        }
    }

    /// All stored names of this scope and those around it, with their slots.
    func allStores() -> [(name: Int32, slot: Slot)] {
        var result: [(name: Int32, slot: Slot)] = []
        var seen: Set<Int32> = []
        var scope: Symbols? = self
        while let current = scope {
            for name in current.stores.sorted() where seen.insert(name).inserted {
                if let slot = find(name) { result.append((name, slot)) }
            }
            scope = current.parent
        }
        return result
    }
}

extension SyntaxTree {
    /// The expressions directly inside of one.
    func children(_ id: ExpressionID) -> [ExpressionID] {
        let found: [ExpressionID]
        switch self[id] {
        case .name, .target, .namespaceTarget, .constant, .data: return []
        case .tuple(let run), .list(let run), .dict(let run), .concat(let run), .compare(let run, _):
            return Array(members(run))
        case .attribute(let base, _), .unary(_, let base): found = [base]
        case .item(let a, let b), .binary(_, let a, let b), .and(let a, let b), .or(let a, let b): found = [a, b]
        case .slice(let base, let start, let stop, let step): found = [base, start, stop, step]
        case .bareSlice(let start, let stop, let step): found = [start, stop, step]
        case .call(let base, let call), .filter(let base, _, let call), .test(let base, _, let call):
            let arguments = calls[Int(call)]
            found =
                [base] + members(arguments.positional) + members(arguments.keywords)
                + [arguments.dynamicPositional, arguments.dynamicKeywords]
        case .conditional(let test, let then, let otherwise): found = [test, then, otherwise]
        case .translated(let index):
            let message = messages[Int(index)]
            found = [message.count] + message.variables.map(\.value)
        }
        return found.filter { !$0.isAbsent }
    }
}

extension Statement {
    /// The expressions of the statement itself, not those of its bodies.
    var ownExpressions: [ExpressionID] {
        switch kind {
        case .output(let items): items
        case .conditional(let branches, _): branches.map(\.test)
        case .loop(let loop): [loop.iterable] + (loop.test.isAbsent ? [] : [loop.test])
        case .assign(_, let value): [value]
        case .assignBlock(_, let filter, _): filter.isAbsent ? [] : [filter]
        case .macro(_, let signature, _): signature.defaults
        case .callBlock(let signature, let call, _): [call] + signature.defaults
        case .filterBlock(let filter, _): [filter]
        case .with(_, let values, _): values
        case .autoescape(let value, _): [value]
        case .block, .breakLoop, .continueLoop, .debug: []
        case .extends(let id), .include(let id, _, _), .importTemplate(let id, _, _), .fromImport(let id, _, _),
            .perform(let id):
            [id]
        }
    }

    /// The bodies inside of it.
    var bodies: [[Statement]] {
        switch kind {
        case .conditional(let branches, let otherwise): branches.map(\.body) + [otherwise]
        case .loop(let loop): [loop.body, loop.otherwise]
        case .assignBlock(_, _, let body), .macro(_, _, let body), .callBlock(_, _, let body), .filterBlock(_, let body),
            .with(_, _, let body), .autoescape(_, let body):
            [body]
        case .block(let block): [block.body]
        case .output, .assign, .extends, .include, .importTemplate, .fromImport, .perform, .breakLoop, .continueLoop,
            .debug:
            []
        }
    }
}

/// Finds the names a scope reads and writes, as far as the scope reaches.
struct SymbolFinder {
    let tree: SyntaxTree
    var symbols: Symbols

    mutating func visit(_ body: [Statement]) { for statement in body { visit(statement) } }

    mutating func visit(_ statement: Statement) {
        switch statement.kind {
        case .output, .callBlock, .filterBlock, .perform, .extends, .include, .with, .loop:
            // The call alone; defaults and loop tests belong to inner scopes.
            switch statement.kind {
            case .callBlock(_, let call, _): visit(call)
            case .loop(let loop): visit(loop.iterable)
            default: for id in statement.ownExpressions { visit(id) }
            }
        case .conditional(let branches, let otherwise):
            guard let first = branches.first else { return }
            visit(first.test)
            let outer = symbols
            symbols = outer.copy()
            visit(first.body)
            let body = symbols
            // Each `elif` is a condition of its own inside of one branch.
            symbols = outer.copy()
            for branch in branches.dropFirst() {
                visit(Statement(offset: 0, kind: .conditional([branch], otherwise: [])))
            }
            let others = symbols
            symbols = outer.copy()
            visit(otherwise)
            let last = symbols
            symbols = outer
            symbols.update(branches: [body, others, last])
        case .assign(let target, let value):
            visit(value)
            visit(target)
        case .assignBlock(let target, _, _): visit(target)
        case .macro(let name, _, _): symbols.store(name)
        case .autoescape, .block, .breakLoop, .continueLoop, .debug: break
        case .importTemplate(let template, let target, _):
            visit(template)
            symbols.store(target)
        case .fromImport(let template, let names, _):
            visit(template)
            for name in names { symbols.store(name.alias) }
        }
    }

    mutating func visit(_ id: ExpressionID, asParameter: Bool = false) {
        guard !id.isAbsent else { return }
        switch tree[id] {
        case .name(let name): symbols.load(name)
        case .target(let name):
            if asParameter { symbols.declareParameter(name) } else { symbols.store(name) }
        case .namespaceTarget(let name, _): symbols.load(name)
        case .constant, .data: break
        default: for child in tree.children(id) { visit(child, asParameter: asParameter) }
        }
    }
}

/// Whether a body reads a name anywhere outside of blocks.
struct NameSearch {
    let tree: SyntaxTree
    let name: Int32

    func reads(_ body: [Statement]) -> Bool {
        body.contains { statement in
            if case .block = statement.kind { return false }
            return statement.ownExpressions.contains { reads($0) } || statement.bodies.contains { reads($0) }
        }
    }

    func reads(_ id: ExpressionID) -> Bool {
        switch tree[id] {
        case .name(let other): other == name
        default: tree.children(id).contains { reads($0) }
        }
    }
}
