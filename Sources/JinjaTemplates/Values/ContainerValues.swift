/// A mutable, shared list.
public final class ListValue {
    package var items: ContiguousArray<TemplateValue>
    /// Set on data that other renders may share; the machine then works on a copy instead of changing it.
    package var isFrozen: Bool

    package init(_ items: some Sequence<TemplateValue>, isFrozen: Bool = false) {
        self.items = ContiguousArray(items)
        self.isFrozen = isFrozen
    }
    package init(_ items: ContiguousArray<TemplateValue>) {
        self.items = items
        isFrozen = false
    }
}

/// An immutable sequence.
public final class TupleValue {
    package let items: ContiguousArray<TemplateValue>
    package init(_ items: some Sequence<TemplateValue>) { self.items = ContiguousArray(items) }
}

/// A mutable, shared dictionary in insertion order. Equal numbers (`1`, `1.0`, `true`) are one key.
public final class DictValue {
    struct Entry {
        var hash: Int
        /// `.missing` when the entry was removed.
        var key: TemplateValue
        var value: TemplateValue
    }

    private(set) var entries: ContiguousArray<Entry> = []
    /// Positions in `entries` plus one, by hash with linear probing; empty while there are few entries.
    private var table: [Int32] = []
    package private(set) var count = 0
    package var isFrozen = false

    private static let linearLimit = 8

    package init() {}

    /// Finds a text key.
    @inline(__always)
    func position(of key: TextValue, hash: Int) -> Int? {
        if table.isEmpty {
            for index in entries.indices where entries[index].hash == hash {
                if case .text(let other) = entries[index].key, other.equals(key) { return index }
            }
            return nil
        }
        return probe(hash) { if case .text(let other) = $0 { other.equals(key) } else { false } }
    }

    func position(of key: TemplateValue, hash: Int) -> Int? {
        if case .text(let text) = key { return position(of: text, hash: hash) }
        if table.isEmpty {
            for index in entries.indices
            where entries[index].hash == hash && keysEqual(entries[index].key, key) { return index }
            return nil
        }
        return probe(hash) { keysEqual($0, key) }
    }

    @inline(__always)
    private func probe(_ hash: Int, _ matches: (TemplateValue) -> Bool) -> Int? {
        let mask = table.count - 1
        var slot = hash & mask
        while table[slot] != 0 {
            let index = Int(table[slot]) - 1
            if entries[index].hash == hash, matches(entries[index].key) { return index }
            slot = (slot + 1) & mask
        }
        return nil
    }

    @inline(__always)
    package func get(_ key: TextValue, hash: Int) -> TemplateValue? {
        guard let index = position(of: key, hash: hash) else { return nil }
        return entries[index].value
    }

    package func get(_ key: TextValue) -> TemplateValue? { get(key, hash: key.contentHash) }
    /// The value under a text key.
    package func get(_ key: String) -> TemplateValue? { get(TextValue.make(key)) }

    package func get(_ key: TemplateValue, hash: Int) -> TemplateValue? {
        guard let index = position(of: key, hash: hash) else { return nil }
        return entries[index].value
    }

    package func set(_ key: TextValue, _ value: TemplateValue) { set(.text(key), hash: key.contentHash, value) }
    package func set(_ key: String, _ value: TemplateValue) { set(TextValue.make(key), value) }

    package func set(_ key: TemplateValue, hash: Int, _ value: TemplateValue) {
        if let index = position(of: key, hash: hash) {
            entries[index].value = value
            return
        }
        entries.append(Entry(hash: hash, key: key, value: value))
        count += 1
        if entries.count > Self.linearLimit {
            if table.count < entries.count * 2 { rebuild() } else { file(entries.count - 1) }
        }
    }

    @discardableResult
    package func remove(_ key: TemplateValue, hash: Int) -> TemplateValue? {
        guard let index = position(of: key, hash: hash) else { return nil }
        let value = entries[index].value
        entries.remove(at: index)
        count -= 1
        table = []
        if entries.count > Self.linearLimit { rebuild() }
        return value
    }

    package func removeLast() -> (key: TemplateValue, value: TemplateValue)? {
        guard let last = entries.last else { return nil }
        remove(last.key, hash: last.hash)
        return (last.key, last.value)
    }

    package func removeAll() {
        entries = []
        table = []
        count = 0
    }

    private func rebuild() {
        var size = 32
        while size < entries.count * 3 { size *= 2 }
        table = [Int32](repeating: 0, count: size)
        for index in entries.indices { file(index) }
    }

    private func file(_ index: Int) {
        let mask = table.count - 1
        var slot = entries[index].hash & mask
        while table[slot] != 0 { slot = (slot + 1) & mask }
        table[slot] = Int32(truncatingIfNeeded: index + 1)
    }

    package func forEachEntry<E: Error>(_ body: (TemplateValue, Int, TemplateValue) throws(E) -> Void) throws(E) {
        for entry in entries { try body(entry.key, entry.hash, entry.value) }
    }

    package var keys: [TemplateValue] { entries.map(\.key) }
    package var values: [TemplateValue] { entries.map(\.value) }
    package var pairs: [(key: TemplateValue, value: TemplateValue)] { entries.map { ($0.key, $0.value) } }
    /// The entry at a position in insertion order, nil past the end.
    package func entry(at index: Int) -> (key: TemplateValue, value: TemplateValue)? {
        index < entries.count ? (entries[index].key, entries[index].value) : nil
    }

    package func copy() -> DictValue {
        let copy = DictValue()
        copy.entries = entries
        copy.table = table
        copy.count = count
        return copy
    }
}

/// Equality of two hashable keys, as Python's `==` has it for them.
func keysEqual(_ a: TemplateValue, _ b: TemplateValue) -> Bool {
    switch (a, b) {
    case (.text(let x), .text(let y)): return x.equals(y)
    case (.none, .none): return true
    case (.tuple(let x), .tuple(let y)):
        return x.items.count == y.items.count && zip(x.items, y.items).allSatisfy { keysEqual($0, $1) }
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
