/// Where a variable lives: a slot of a function's frame.
struct Slot: Equatable {
    private let functionNumber: Int32
    private let number: Int32
    var function: Int { Int(functionNumber) }
    var index: Int { Int(number) }

    init(function: Int, index: Int) {
        (functionNumber, number) = (Int32(truncatingIfNeeded: function), Int32(truncatingIfNeeded: index))
    }
}

/// The names of every scope of a template, after Jinja2's own rules: each name is a slot, filled on entry from the
/// context, from an outer scope, or not at all.
struct SymbolTables: ~Copyable {
    /// A scope's number.
    typealias Scope = Int

    enum Load {
        case parameter, resolve, undefined
        case alias(Slot)
    }
    struct Entry {
        var name: Int32
        /// The next entry of the scope, -1 when there is none.
        fileprivate var next: Int32
        var slot: Slot
        var load: Load
        var isStored: Bool
    }
    private struct Table {
        var level: Int
        var parent: Scope
        var function: Int
        /// The first and last of its entries, and how many there are.
        var first: Int32 = -1
        var last: Int32 = -1
        var count = 0
        /// Where each name's entry is, once there are too many to look through.
        var positions: [Int32: Int] = [:]
    }
    private struct KnownSlot {
        var function: Int
        var level: Int
        var index: Int
        /// The slot made before for the same name, -1 when there is none.
        var previous: Int32
    }
    private static let linearLimit = 16

    private var tables: ContiguousArray<Table> = []
    /// The entries of all scopes.
    private var entries: ContiguousArray<Entry> = []
    /// All slots, and the last one made for each name.
    private var slots: ContiguousArray<KnownSlot> = []
    private var lastSlot: [Int32]
    /// The names that the slots of each function stand for.
    private(set) var slotNames: [[Int32]] = []

    init(names: Int) { lastSlot = [Int32](repeating: -1, count: names) }

    mutating func addFunction() { slotNames.append([]) }

    /// A new scope; `parent` is -1 for the outermost.
    mutating func makeScope(parent: Scope, function: Int) -> Scope {
        tables.append(Table(level: parent < 0 ? 0 : tables[parent].level + 1, parent: parent, function: function))
        return tables.count - 1
    }

    private mutating func copy(_ scope: Scope) -> Scope {
        let table = tables[scope]
        tables.append(Table(level: table.level, parent: table.parent, function: table.function))
        forEachEntry(of: scope) { tables, index in tables.add(tables.entries[index], to: tables.tables.count - 1) }
        return tables.count - 1
    }

    private func position(of name: Int32, in scope: Scope) -> Int? {
        if tables[scope].count > Self.linearLimit { return tables[scope].positions[name] }
        var index = tables[scope].first
        while index >= 0 {
            let entry = entries[Int(index)]
            if entry.name == name { return Int(index) }
            index = entry.next
        }
        return nil
    }

    private mutating func add(_ entry: Entry, to scope: Scope) {
        let index = entries.count
        entries.append(entry)
        entries[index].next = -1
        if tables[scope].last < 0 {
            tables[scope].first = Int32(index)
        } else {
            entries[Int(tables[scope].last)].next = Int32(index)
        }
        tables[scope].last = Int32(index)
        tables[scope].count += 1
        if tables[scope].count == Self.linearLimit + 1 {
            forEachEntry(of: scope) { tables, index in
                tables.tables[scope].positions[tables.entries[index].name] = index
            }
        } else if tables[scope].count > Self.linearLimit {
            tables[scope].positions[entry.name] = index
        }
    }

    private mutating func forEachEntry(of scope: Scope, _ body: (inout SymbolTables, Int) -> Void) {
        var index = tables[scope].first
        while index >= 0 {
            let next = entries[Int(index)].next
            body(&self, Int(index))
            index = next
        }
    }

    /// The first entry of a scope, and the one after another: slots and how they are filled on entry.
    func firstEntry(of scope: Scope) -> Entry? { tables[scope].first < 0 ? nil : entries[Int(tables[scope].first)] }
    func entry(after entry: Entry) -> Entry? { entry.next < 0 ? nil : entries[Int(entry.next)] }

    func find(_ name: Int32, in scope: Scope) -> Slot? {
        var current = scope
        while current >= 0 {
            if let index = position(of: name, in: current) { return entries[index].slot }
            current = tables[current].parent
        }
        return nil
    }

    private mutating func slot(_ function: Int, _ level: Int, _ name: Int32) -> Slot {
        var known = lastSlot[Int(name)]
        while known >= 0 {
            let slot = slots[Int(known)]
            if slot.function == function, slot.level == level { return Slot(function: function, index: slot.index) }
            known = slot.previous
        }
        let index = slotNames[function].count
        slotNames[function].append(name)
        slots.append(KnownSlot(function: function, level: level, index: index, previous: lastSlot[Int(name)]))
        lastSlot[Int(name)] = Int32(slots.count - 1)
        return Slot(function: function, index: index)
    }

    @discardableResult
    private mutating func define(_ name: Int32, _ load: Load, isStored: Bool, in scope: Scope) -> Slot {
        let slot = slot(tables[scope].function, tables[scope].level, name)
        if let index = position(of: name, in: scope) {
            entries[index].load = load
            if isStored { entries[index].isStored = true }
        } else {
            add(Entry(name: name, next: -1, slot: slot, load: load, isStored: isStored), to: scope)
        }
        return slot
    }

    mutating func store(_ name: Int32, in scope: Scope) {
        if let index = position(of: name, in: scope) {
            entries[index].isStored = true
        } else if let outer = find(name, in: tables[scope].parent) {
            define(name, .alias(outer), isStored: true, in: scope)
        } else {
            define(name, .undefined, isStored: true, in: scope)
        }
    }

    @discardableResult
    mutating func declareParameter(_ name: Int32, in scope: Scope) -> Slot {
        define(name, .parameter, isStored: true, in: scope)
    }

    mutating func load(_ name: Int32, in scope: Scope) {
        if find(name, in: scope) == nil { define(name, .resolve, isStored: false, in: scope) }
    }

    /// Takes over what branches of a condition, which began as copies, read and assigned: what only some of them assign
    /// has its outer value in the others.
    private mutating func update(_ scope: Scope, branches: [Scope]) {
        var stored: [Int32] = []
        for branch in branches {
            forEachEntry(of: branch) { tables, index in
                let entry = tables.entries[index]
                guard entry.isStored else { return }
                if let own = tables.position(of: entry.name, in: scope), tables.entries[own].isStored { return }
                stored.append(entry.name)
            }
        }
        for branch in branches {
            forEachEntry(of: branch) { tables, index in
                let entry = tables.entries[index]
                if let own = tables.position(of: entry.name, in: scope) {
                    tables.entries[own].load = entry.load
                    if entry.isStored { tables.entries[own].isStored = true }
                } else {
                    tables.add(entry, to: scope)
                }
            }
        }
        for name in stored {
            guard let index = position(of: name, in: scope) else { continue }
            entries[index].load = find(name, in: tables[scope].parent).map { .alias($0) } ?? .resolve
        }
    }

    /// All stored names of a scope and those around it, with their slots.
    func allStores(_ scope: Scope) -> [(name: Int32, slot: Slot)] {
        var seen: Set<Int32> = []
        var result: [(name: Int32, slot: Slot)] = []
        var current = scope
        while current >= 0 {
            var stored: [Entry] = []
            var next = firstEntry(of: current)
            while let entry = next {
                if entry.isStored, seen.insert(entry.name).inserted { stored.append(entry) }
                next = self.entry(after: entry)
            }
            stored.sort { $0.name < $1.name }
            for entry in stored { result.append((entry.name, find(entry.name, in: scope) ?? entry.slot)) }
            current = tables[current].parent
        }
        return result
    }

    // MARK: Finding the names a scope reads and writes, as far as the scope reaches

    mutating func visit(_ body: [Statement], of tree: SyntaxTree, in scope: Scope) {
        for statement in body { visit(statement, of: tree, in: scope) }
    }

    private mutating func visit(_ statement: Statement, of tree: SyntaxTree, in scope: Scope) {
        switch statement.kind {
        case .output(let items): for item in tree.members(items) { visit(item, of: tree, in: scope) }
        // The call alone; defaults and loop tests belong to inner scopes.
        case .callBlock(_, let call, _): visit(call, of: tree, in: scope)
        case .loop(let loop): visit(loop.iterable, of: tree, in: scope)
        case .filterBlock, .perform, .extends, .include, .with:
            for id in statement.ownExpressions(in: tree) { visit(id, of: tree, in: scope) }
        case .conditional(let branches, let otherwise, let assigns):
            if assigns {
                visitBranches(branches[...], otherwise, of: tree, in: scope)
            } else {
                // Nothing but reads: it makes no difference in which branch they are.
                for branch in branches {
                    visit(branch.test, of: tree, in: scope)
                    visit(branch.body, of: tree, in: scope)
                }
                visit(otherwise, of: tree, in: scope)
            }
        case .assign(let target, let value):
            visit(value, of: tree, in: scope)
            visit(target, of: tree, in: scope)
        case .assignBlock(let target, _, _): visit(target, of: tree, in: scope)
        case .macro(let name, _, _): store(name, in: scope)
        case .autoescape, .block, .breakLoop, .continueLoop, .debug: break
        case .importTemplate(let template, let target, _):
            visit(template, of: tree, in: scope)
            store(target, in: scope)
        case .fromImport(let template, let names, _):
            visit(template, of: tree, in: scope)
            for name in names { store(name.alias, in: scope) }
        }
    }

    private mutating func visitBranches(
        _ branches: ArraySlice<(test: ExpressionID, body: [Statement])>, _ otherwise: [Statement], of tree: SyntaxTree,
        in scope: Scope
    ) {
        guard let first = branches.first else { return }
        visit(first.test, of: tree, in: scope)
        let body = copy(scope)
        visit(first.body, of: tree, in: body)
        // Each `elif` is a condition of its own inside of one branch.
        let others = copy(scope)
        for index in branches.indices.dropFirst() {
            visitBranches(branches[index...index], [], of: tree, in: others)
        }
        let last = copy(scope)
        visit(otherwise, of: tree, in: last)
        update(scope, branches: [body, others, last])
    }

    mutating func visit(_ id: ExpressionID, of tree: SyntaxTree, in scope: Scope, asParameter: Bool = false) {
        guard !id.isAbsent else { return }
        switch tree[id] {
        case .name(let name): load(name, in: scope)
        case .target(let name):
            if asParameter { declareParameter(name, in: scope) } else { store(name, in: scope) }
        case .namespaceTarget(let name, _): load(name, in: scope)
        case .constant, .data: break
        case .attribute(let base, _), .unary(_, let base):
            visit(base, of: tree, in: scope, asParameter: asParameter)
        case .item(let a, let b), .binary(_, let a, let b), .and(let a, let b), .or(let a, let b):
            visit(a, of: tree, in: scope, asParameter: asParameter)
            visit(b, of: tree, in: scope, asParameter: asParameter)
        case let expression:
            tree.arena.forEachChild(of: expression) { visit($0, of: tree, in: scope, asParameter: asParameter) }
        }
    }
}
