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
    private struct Entry {
        var name: Int32
        var slot: Slot
        var load: Load
        var isStored: Bool
    }

    let level: Int
    let parent: Symbols?
    let function: Int
    private var entries: [Entry] = []
    /// Where each name's entry is, once there are too many to look through.
    private var positions: [Int32: Int] = [:]
    private static let linearLimit = 16
    private let allocator: SlotAllocator

    init(parent: Symbols?, function: Int, allocator: SlotAllocator) {
        self.parent = parent
        self.function = function
        self.allocator = allocator
        level = (parent?.level ?? -1) + 1
    }

    private init(copying other: Symbols) {
        (level, parent, function, allocator) = (other.level, other.parent, other.function, other.allocator)
        (entries, positions) = (other.entries, other.positions)
    }
    func copy() -> Symbols { Symbols(copying: self) }

    /// Calls `body` with each slot and how it is filled on entry.
    func forEachLoad(_ body: (Slot, Load) -> Void) { for entry in entries { body(entry.slot, entry.load) } }

    private func position(of name: Int32) -> Int? {
        if entries.count > Self.linearLimit { return positions[name] }
        return entries.firstIndex { $0.name == name }
    }

    private func add(_ entry: Entry) {
        entries.append(entry)
        if entries.count == Self.linearLimit + 1 {
            for (index, known) in entries.enumerated() { positions[known.name] = index }
        } else if entries.count > Self.linearLimit {
            positions[entry.name] = entries.count - 1
        }
    }

    func find(_ name: Int32) -> Slot? {
        var scope: Symbols? = self
        while let current = scope {
            if let index = current.position(of: name) { return current.entries[index].slot }
            scope = current.parent
        }
        return nil
    }

    @discardableResult
    private func define(_ name: Int32, _ load: Load, isStored: Bool) -> Slot {
        let slot = allocator.slot(function, level, name)
        if let index = position(of: name) {
            entries[index] = Entry(name: name, slot: slot, load: load, isStored: isStored || entries[index].isStored)
        } else {
            add(Entry(name: name, slot: slot, load: load, isStored: isStored))
        }
        return slot
    }

    func store(_ name: Int32) {
        if let index = position(of: name) {
            entries[index].isStored = true
        } else if let outer = parent?.find(name) {
            define(name, .alias(outer), isStored: true)
        } else {
            define(name, .undefined, isStored: true)
        }
    }

    @discardableResult
    func declareParameter(_ name: Int32) -> Slot { define(name, .parameter, isStored: true) }

    func load(_ name: Int32) {
        if find(name) == nil { define(name, .resolve, isStored: false) }
    }

    /// Takes over what branches of a condition, which began as copies, read and assigned: what only some of them assign
    /// has its outer value in the others.
    func update(branches: [Symbols]) {
        var stored: [Int32] = []
        for branch in branches {
            for entry in branch.entries where entry.isStored {
                if let index = position(of: entry.name), entries[index].isStored { continue }
                stored.append(entry.name)
            }
        }
        for branch in branches {
            for entry in branch.entries {
                if let index = position(of: entry.name) {
                    entries[index].load = entry.load
                    entries[index].isStored = entries[index].isStored || entry.isStored
                } else {
                    add(entry)
                }
            }
        }
        for name in stored {
            guard let index = position(of: name) else { continue }
            entries[index].load = parent?.find(name).map { .alias($0) } ?? .resolve
        }
    }

    /// All stored names of this scope and those around it, with their slots.
    func allStores() -> [(name: Int32, slot: Slot)] {
        var seen: Set<Int32> = []
        var result: [(name: Int32, slot: Slot)] = []
        var scope: Symbols? = self
        while let current = scope {
            let stored = current.entries.filter { $0.isStored && seen.insert($0.name).inserted }.sorted {
                $0.name < $1.name
            }
            for entry in stored { result.append((entry.name, find(entry.name) ?? entry.slot)) }
            scope = current.parent
        }
        return result
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

    /// Calls `body` with each body inside of it.
    func forEachBody(_ body: ([Statement]) -> Void) {
        switch kind {
        case .conditional(let branches, let otherwise):
            for branch in branches { body(branch.body) }
            body(otherwise)
        case .loop(let loop):
            body(loop.body)
            body(loop.otherwise)
        case .assignBlock(_, _, let inner), .macro(_, _, let inner), .callBlock(_, _, let inner),
            .filterBlock(_, let inner),
            .with(_, _, let inner), .autoescape(_, let inner):
            body(inner)
        case .block(let block): body(block.body)
        case .output, .assign, .extends, .include, .importTemplate, .fromImport, .perform, .breakLoop, .continueLoop,
            .debug:
            break
        }
    }

    /// Whether a test holds for any statement in the bodies inside of it.
    func containsInside(_ test: (Statement) -> Bool) -> Bool {
        var isFound = false
        forEachBody { body in isFound = isFound || body.contains(where: test) }
        return isFound
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
        case let expression: tree.forEachChild(of: expression) { visit($0, asParameter: asParameter) }
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
            if case .output(let items) = statement.kind { return items.contains { reads($0) } }
            if statement.ownExpressions.contains(where: { reads($0) }) { return true }
            var isFound = false
            statement.forEachBody { isFound = isFound || reads($0) }
            return isFound
        }
    }

    func reads(_ id: ExpressionID) -> Bool {
        switch tree[id] {
        case .name(let other): return other == name
        case let expression:
            var isFound = false
            tree.forEachChild(of: expression) { isFound = isFound || reads($0) }
            return isFound
        }
    }
}
