/// Places by 64-bit key, in open addressing: keys are hashes already, so they are not hashed again. Made for many small
/// sections one after the other: emptying it costs nothing.
struct KeyTable {
    private struct Slot {
        var key: UInt64 = 0
        var value: Int32 = 0
        /// Of which filling it is; others are empty.
        var filling: UInt32 = 0
    }
    private var slots: [Slot]
    private var filling: UInt32 = 1
    private(set) var count = 0

    /// - Parameter capacity: How many keys there may be before it grows.
    init(capacity: Int = 0) {
        slots = capacity == 0 ? [] : [Slot](repeating: Slot(), count: Self.size(capacity))
    }

    private static func size(_ capacity: Int) -> Int {
        var size = 16
        while size < 2 * capacity { size *= 2 }
        return size
    }

    /// Takes everything out, and makes room for as many keys as are expected.
    mutating func removeAll(expecting capacity: Int = 0) {
        count = 0
        if 2 * capacity > slots.count {
            slots = [Slot](repeating: Slot(), count: Self.size(capacity))
            filling = 1
        } else if filling == .max {
            slots = [Slot](repeating: Slot(), count: slots.count)
            filling = 1
        } else {
            filling += 1
        }
    }

    /// The slot that holds the key, or the one to put it into.
    @inline(__always)
    private func place(of key: UInt64) -> Int {
        let mask = slots.count - 1
        // Keys of counted things differ in few bits; the multiplication spreads them over the upper ones.
        var at = Int(truncatingIfNeeded: (key &* 0x9E37_79B9_7F4A_7C15) >> 20) & mask
        while slots[at].filling == filling, slots[at].key != key { at = (at + 1) & mask }
        return at
    }

    /// The value of a key; nil when it is not there.
    @inline(__always)
    subscript(key: UInt64) -> Int? {
        if count == 0 { return nil }
        let at = place(of: key)
        return slots[at].filling == filling ? Int(slots[at].value) : nil
    }

    @inline(__always)
    func contains(_ key: UInt64) -> Bool { count > 0 && slots[place(of: key)].filling == filling }

    /// Puts a value under a key that has none; gives the one that it has otherwise.
    @inline(__always)
    mutating func insert(_ key: UInt64, _ value: Int) -> Int? {
        if 2 * count >= slots.count { grow() }
        let at = place(of: key)
        if slots[at].filling == filling { return Int(slots[at].value) }
        slots[at] = Slot(key: key, value: Int32(truncatingIfNeeded: value), filling: filling)
        count += 1
        return nil
    }

    /// Puts a value under a key, whether it has one or not.
    @inline(__always)
    mutating func set(_ key: UInt64, _ value: Int) {
        if 2 * count >= slots.count { grow() }
        let at = place(of: key)
        if slots[at].filling != filling { count += 1 }
        slots[at] = Slot(key: key, value: Int32(truncatingIfNeeded: value), filling: filling)
    }

    private mutating func grow() {
        let old = slots
        slots = [Slot](repeating: Slot(), count: max(2 * old.count, 16))
        for slot in old where slot.filling == filling { slots[place(of: slot.key)] = slot }
    }
}
