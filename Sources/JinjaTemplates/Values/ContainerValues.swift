/// A mutable, shared list.
public final class ListValue: ChangeableContainer {
    package var items: ContiguousArray<TemplateValue>
    /// Set on data that other renders may share; the machine then works on a copy instead of changing it.
    package var isFrozen: Bool
    let nesting: Int

    package convenience init(_ items: some Sequence<TemplateValue>, isFrozen: Bool = false) {
        self.init(ContiguousArray(items), isFrozen: isFrozen)
    }
    package init(_ items: ContiguousArray<TemplateValue>, isFrozen: Bool = false) {
        self.items = items
        self.isFrozen = isFrozen
        nesting = items.nestingAround
    }

    override func removeContents() { items = [] }
}

/// An immutable sequence.
public final class TupleValue {
    package let items: ContiguousArray<TemplateValue>
    let nesting: Int
    /// Whether it is a group of `groupby`, whose items answer to `grouper` and `list` as well.
    let isGroup: Bool
    /// How many values are inside, counting those that occur twice twice; it stops at `weightLimit`.
    let weight: Int
    /// Tuples of more values are no dictionary keys: hashing and comparing them would take too long.
    static let weightLimit = 100_000

    package convenience init(_ items: some Sequence<TemplateValue>) { self.init(ContiguousArray(items)) }
    package init(_ items: ContiguousArray<TemplateValue>, isGroup: Bool = false) {
        self.items = items
        self.isGroup = isGroup
        nesting = items.nestingAround
        var weight = 1
        for item in items {
            if case .tuple(let inner) = item { weight += inner.weight } else { weight += 1 }
            if weight > Self.weightLimit { break }
        }
        self.weight = weight
    }
}

/// A mutable, shared dictionary in insertion order. Equal numbers (`1`, `1.0`, `true`) are one key.
///
/// Its entries lie in memory of its own: members are what templates read most, and nothing stands between the machine and
/// the entry that way.
public final class DictValue: ChangeableContainer {
    struct Entry {
        var hash: Int
        var key: TemplateValue
        var value: TemplateValue
    }

    /// Room for `capacity` entries, the first `count` of them in use, in order of insertion.
    private var base: UnsafeMutablePointer<Entry>
    private var used = 0
    private var capacity = 0
    /// Positions of entries plus one, by hash with linear probing; none while there are few entries.
    private var table: UnsafeMutablePointer<Int32>?
    private var tableSize = 0
    private var deepest = 1
    package var isFrozen = false

    private static let linearLimit = 8

    package override init() {
        base = UnsafeMutablePointer(bitPattern: MemoryLayout<Entry>.alignment) ?? .allocate(capacity: 0)
    }

    deinit {
        base.deinitialize(count: used)
        if capacity > 0 { base.deallocate() }
        table?.deallocate()
    }

    package var count: Int { used }
    package var nesting: Int { deepest }

    override func removeContents() { removeAll() }

    /// The entry of a text key.
    @inline(__always)
    private func find(_ key: TextValue, _ hash: Int) -> UnsafeMutablePointer<Entry>? {
        guard let table else {
            var entry = base
            let end = base + used
            while entry < end {
                if entry.pointee.hash == hash, case .text(let other) = entry.pointee.key, other.equals(key) {
                    return entry
                }
                entry += 1
            }
            return nil
        }
        let mask = tableSize - 1
        var slot = hash & mask
        while table[slot] != 0 {
            let entry = base + (Int(table[slot]) - 1)
            if entry.pointee.hash == hash, case .text(let other) = entry.pointee.key, other.equals(key) { return entry }
            slot = (slot + 1) & mask
        }
        return nil
    }

    /// Where the value lies that a template names; valid until the dict changes.
    @inline(__always)
    func place(of name: CompiledTemplate.Name) -> UnsafeMutablePointer<TemplateValue>? {
        guard let table else {
            var entry = base
            let end = base + used
            while entry < end {
                if entry.pointee.hash == name.hash, Self.isKey(entry, name) { return Self.valuePlace(entry) }
                entry += 1
            }
            return nil
        }
        let mask = tableSize - 1
        var slot = name.hash & mask
        while table[slot] != 0 {
            let entry = base + (Int(table[slot]) - 1)
            if entry.pointee.hash == name.hash, Self.isKey(entry, name) { return Self.valuePlace(entry) }
            slot = (slot + 1) & mask
        }
        return nil
    }

    @inline(__always)
    private static func keyPlace(_ entry: UnsafeMutablePointer<Entry>) -> UnsafeMutablePointer<TemplateValue> {
        (UnsafeMutableRawPointer(entry) + (MemoryLayout<Entry>.offset(of: \.key) ?? 8)).assumingMemoryBound(
            to: TemplateValue.self)
    }
    @inline(__always)
    private static func valuePlace(_ entry: UnsafeMutablePointer<Entry>) -> UnsafeMutablePointer<TemplateValue> {
        (UnsafeMutableRawPointer(entry) + (MemoryLayout<Entry>.offset(of: \.value) ?? 24)).assumingMemoryBound(
            to: TemplateValue.self)
    }
    @inline(__always)
    private static func isKey(_ entry: UnsafeMutablePointer<Entry>, _ name: CompiledTemplate.Name) -> Bool {
        guard let text = keyPlace(entry).borrowedText else { return false }
        return text._withUnsafeGuaranteedRef { text in
            text.withBytes { $0.count == name.bytes.count && bytesEqual($0, name.bytes) }
        }
    }

    private func find(_ key: TemplateValue, _ hash: Int) -> UnsafeMutablePointer<Entry>? {
        if case .text(let text) = key { return find(text, hash) }
        guard let table else {
            for index in 0..<used where base[index].hash == hash && keysEqual(base[index].key, key) {
                return base + index
            }
            return nil
        }
        let mask = tableSize - 1
        var slot = hash & mask
        while table[slot] != 0 {
            let entry = base + (Int(table[slot]) - 1)
            if entry.pointee.hash == hash, keysEqual(entry.pointee.key, key) { return entry }
            slot = (slot + 1) & mask
        }
        return nil
    }

    @inline(__always)
    package func get(_ key: TextValue, hash: Int) -> TemplateValue? { find(key, hash)?.pointee.value }
    package func get(_ key: TextValue) -> TemplateValue? { get(key, hash: key.contentHash) }
    /// The value under a text key.
    package func get(_ key: String) -> TemplateValue? { get(TextValue.make(key)) }
    package func get(_ key: TemplateValue, hash: Int) -> TemplateValue? { find(key, hash)?.pointee.value }

    package func set(_ key: TextValue, _ value: TemplateValue) { set(.text(key), hash: key.contentHash, value) }
    package func set(_ key: String, _ value: TemplateValue) { set(TextValue.make(key), value) }

    package func set(_ key: TemplateValue, hash: Int, _ value: TemplateValue) {
        deepest = max(deepest, value.nesting + 1, key.nesting + 1)
        if let known = find(key, hash) {
            known.pointee.value = value
            return
        }
        if used == capacity { reserve(max(4, used * 2)) }
        (base + used).initialize(to: Entry(hash: hash, key: key, value: value))
        used += 1
        if used > Self.linearLimit {
            if tableSize < used * 2 { rebuild() } else { file(used - 1) }
        }
    }

    @discardableResult
    package func remove(_ key: TemplateValue, hash: Int) -> TemplateValue? {
        guard let entry = find(key, hash) else { return nil }
        let removed = entry.move()
        let after = used - (entry - base) - 1
        entry.moveInitialize(from: entry + 1, count: after)
        used -= 1
        rebuild()
        return removed.value
    }

    package func removeLast() -> (key: TemplateValue, value: TemplateValue)? {
        guard used > 0 else { return nil }
        let last = base[used - 1]
        remove(last.key, hash: last.hash)
        return (last.key, last.value)
    }

    package func removeAll() {
        let (old, count) = (base, used)
        used = 0
        table?.deallocate()
        (table, tableSize) = (nil, 0)
        // Last: what is let go of here may look at this dict.
        old.deinitialize(count: count)
    }

    private func reserve(_ wanted: Int) {
        let larger = UnsafeMutablePointer<Entry>.allocate(capacity: wanted)
        larger.moveInitialize(from: base, count: used)
        if capacity > 0 { base.deallocate() }
        (base, capacity) = (larger, wanted)
    }

    /// Makes the table anew, or does without.
    private func rebuild() {
        table?.deallocate()
        (table, tableSize) = (nil, 0)
        guard used > Self.linearLimit else { return }
        var size = 32
        while size < used * 3 { size *= 2 }
        let made = UnsafeMutablePointer<Int32>.allocate(capacity: size)
        made.initialize(repeating: 0, count: size)
        (table, tableSize) = (made, size)
        for index in 0..<used { file(index) }
    }

    private func file(_ index: Int) {
        guard let table else { return }
        let mask = tableSize - 1
        var slot = base[index].hash & mask
        while table[slot] != 0 { slot = (slot + 1) & mask }
        table[slot] = Int32(truncatingIfNeeded: index + 1)
    }

    package func forEachEntry<E: Error>(_ body: (TemplateValue, Int, TemplateValue) throws(E) -> Void) throws(E) {
        var index = 0
        while index < used {
            let entry = base[index]
            try body(entry.key, entry.hash, entry.value)
            index += 1
        }
    }

    package var keys: [TemplateValue] { (0..<used).map { base[$0].key } }
    package var values: [TemplateValue] { (0..<used).map { base[$0].value } }
    package var pairs: [(key: TemplateValue, value: TemplateValue)] {
        (0..<used).map { (base[$0].key, base[$0].value) }
    }
    /// The entry at a position in insertion order, nil past the end.
    package func entry(at index: Int) -> (key: TemplateValue, value: TemplateValue)? {
        index < used ? (base[index].key, base[index].value) : nil
    }

    package func copy() -> DictValue {
        let copy = DictValue()
        copy.reserve(used)
        copy.base.initialize(from: base, count: used)
        copy.used = used
        copy.deepest = deepest
        copy.rebuild()
        return copy
    }
}

/// Equality of two hashable keys, as Python's `==` has it for them.
func keysEqual(_ a: TemplateValue, _ b: TemplateValue) -> Bool {
    switch (a, b) {
    case (.text(let x), .text(let y)): return x.equals(y)
    case (.none, .none): return true
    case (.tuple(let x), .tuple(let y)):
        if x === y { return true }
        return x.items.count == y.items.count && x.weight == y.weight
            && zip(x.items, y.items).allSatisfy { keysEqual($0, $1) }
    case (.object(let x), .object(let y)):
        if x === y { return true }
        if let p = x as? BigIntegerValue, let q = y as? BigIntegerValue { return p.value == q.value }
        return x.equalsKey(y)
    case (.undefined, .undefined): return true
    default:
        guard let x = a.plainNumber, let y = b.plainNumber else { return false }
        switch (x, y) {
        case (.int(let p), .int(let q)): return p == q
        case (.double(let p), .double(let q)): return p == q
        case (.int(let p), .double(let q)), (.double(let q), .int(let p)): return Double(p) == q && Int(exactly: q) == p
        }
    }
}

/// An integer or float without the wrapper.
enum PlainNumber {
    case int(Int)
    case double(Double)
}

extension TemplateValue {
    /// The number in an int, bool or float.
    var plainNumber: PlainNumber? {
        switch self {
        case .int(let value): .int(value)
        case .bool(let value): .int(value ? 1 : 0)
        case .double(let value): .double(value)
        default: nil
        }
    }

    /// The hash under which dictionaries file it; nil for what Python calls unhashable.
    package var hashValueForKey: Int? {
        switch self {
        case .none: return 0x6E6F
        case .bool(let value): return hashInteger(value ? 1 : 0)
        case .int(let value): return hashInteger(value)
        case .double(let value):
            if let integer = Int(exactly: value) { return hashInteger(integer) }
            return hashInteger(Int(bitPattern: UInt(value.bitPattern)))
        case .text(let text): return text.contentHash
        case .tuple(let tuple):
            guard tuple.weight <= TupleValue.weightLimit else { return nil }
            var state: UInt64 = 0x7475
            for item in tuple.items {
                guard let hash = item.hashValueForKey else { return nil }
                state = mixHash(state, UInt64(bitPattern: Int64(hash)))
            }
            return finishHash(state)
        case .object(let object): return object.hashForKey
        case .undefined: return 0x756E
        case .list, .dict, .missing, .unresolved: return nil
        }
    }
}
