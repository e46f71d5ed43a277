/// The numbers that entries of a new configuration get on the device, for those who compute the way back.
final class EntryNumbers {
    /// By node: what to take for an entry of the old side that shows no number.
    var known: [Int: Int] = [:]
    /// By node of the new side.
    var assigned: [Int: Int] = [:]
}

/// An entry of a list whose places have numbers, shown or implied.
struct NumberedEntry {
    var node: Int
    /// Shown, or what a device would have given it: ten more than the one before.
    var number: Int
    var isShown: Bool
    /// The entry without its number.
    var text: UInt64
    /// It stops something: taken away last, so that its number is not free before.
    var isDenial = false

    /// What turns one list into the other without touching what stays: removals, and additions with numbers that fit
    /// between the entries that stay. Where no number is free, the entries behind give way.
    static func deltas(_ before: [NumberedEntry], _ after: [NumberedEntry], _ book: EntryNumbers) -> [TreeDelta] {
        let pairs = CommonSubsequence.pairs(before.map(\.text), after.map(\.text))
        var partner = [Int](repeating: -1, count: after.count)
        for pair in pairs { partner[pair.new] = pair.old }
        var additions: [TreeDelta] = []
        // At the end a device that shows no numbers counts on by itself, unless entries go there meanwhile.
        let isPlain = before.last.map { !$0.isShown } ?? true && (pairs.last?.old ?? -1) == before.count - 1
        var isStaying = [Bool](repeating: false, count: before.count)
        for pair in pairs { isStaying[pair.old] = true }
        var going = KeyTable(capacity: before.count - pairs.count)
        for (offset, entry) in before.enumerated() where !isStaying[offset] && entry.isDenial {
            going.set(Self.key(entry.number), 0)
        }
        func isGoing(_ number: Int) -> Bool { going.contains(Self.key(number)) }
        var low = 0
        var index = 0
        while index < after.count {
            if partner[index] >= 0 {
                low = before[partner[index]].number
                index += 1
                continue
            }
            var end = index
            while end < after.count, partner[end] < 0 { end += 1 }
            if end == after.count {
                additions += tail(after[index...], above: low, isPlain: isPlain, isGoing)
                break
            }
            var high = before[partner[end]].number
            func free() -> [Int] {
                // Numbers of entries that go late are not free before they are gone.
                guard high - low < 4000 else { return [] }
                return (low + 1..<max(high, low + 1)).filter { !isGoing($0) }
            }
            var places = free()
            while high - low < 4000, places.count < end - index {
                // No room: the next entry that stays is set again further down.
                partner[end] = -1
                while end < after.count, partner[end] < 0 { end += 1 }
                guard end < after.count else { break }
                high = before[partner[end]].number
                places = free()
            }
            if end == after.count {
                additions += tail(after[index...], above: low, isPlain: false, isGoing)
                break
            }
            let count = end - index
            let own = ownNumbers(after[index..<end], low, high, isGoing)
            for offset in 0..<count {
                let number =
                    own?[offset]
                    ?? (places.isEmpty
                        ? low + (high - low) * (offset + 1) / (count + 1)
                        : places[(offset + 1) * (places.count + 1) / (count + 1) - 1])
                additions.append(TreeDelta(kind: .added, new: after[index + offset].node, number: number))
            }
            low = additions.last?.number ?? low
            index = end
        }
        var isKept = [Bool](repeating: false, count: before.count)
        for place in partner where place >= 0 { isKept[place] = true }
        let removals = before.indices.filter { !isKept[$0] }.map {
            TreeDelta(kind: .removed, old: before[$0].node, number: before[$0].isShown ? before[$0].number : -1)
        }
        var last = before.indices.filter { isKept[$0] }.map { before[$0].number }.max() ?? 0
        var given: [Int: Int] = [:]
        for delta in additions {
            last = delta.number >= 0 ? max(last, delta.number) : (last / 10 + 1) * 10
            given[delta.new] = delta.number >= 0 ? delta.number : last
        }
        for (index, entry) in after.enumerated() {
            book.assigned[entry.node] = partner[index] >= 0 ? before[partner[index]].number : given[entry.node]
        }
        return removals + additions
    }

    /// The numbers that entries show, or would have if all were typed without, where they fit between two that stay.
    private static func ownNumbers(
        _ entries: ArraySlice<NumberedEntry>, _ low: Int, _ high: Int, _ isGoing: (Int) -> Bool
    ) -> [Int]? {
        var last = low
        for entry in entries {
            guard entry.number > last, entry.number < high, !isGoing(entry.number) else { return nil }
            last = entry.number
        }
        return entries.map(\.number)
    }

    private static func key(_ number: Int) -> UInt64 { UInt64(bitPattern: Int64(number)) }

    private static func tail(
        _ entries: ArraySlice<NumberedEntry>, above low: Int, isPlain: Bool, _ isGoing: (Int) -> Bool
    )
        -> [TreeDelta]
    {
        var number = low
        return entries.map { entry in
            // An own number that fits is kept.
            number = entry.isShown && entry.number > number ? entry.number : (number / 10 + 1) * 10
            while !isPlain, isGoing(number) { number = (number / 10 + 1) * 10 }
            return TreeDelta(kind: .added, new: entry.node, number: isPlain && !entry.isShown ? -1 : number)
        }
    }
}

/// What two sequences have in common, in order.
enum CommonSubsequence {
    /// Pairs of equal elements, ascending in both: the k-th showing of an element is paired with the k-th one. n log n.
    static func pairs(_ a: [UInt64], _ b: [UInt64]) -> [(old: Int, new: Int)] {
        var head = 0
        while head < min(a.count, b.count), a[head] == b[head] { head += 1 }
        var tail = 0
        while tail < min(a.count, b.count) - head, a[a.count - 1 - tail] == b[b.count - 1 - tail] { tail += 1 }
        // The next showing of each element, and where the one behind it is.
        var next = KeyTable(capacity: max(0, a.count - tail - head))
        var following = [Int](repeating: -1, count: a.count)
        for index in stride(from: a.count - tail - 1, through: head, by: -1) {
            following[index] = next[a[index]] ?? -1
            next.set(a[index], index)
        }
        var candidates: [(old: Int, new: Int)] = []
        for index in head..<(b.count - tail) {
            guard let old = next[b[index]], old >= 0 else { continue }
            candidates.append((old, index))
            next.set(b[index], following[old])
        }
        var isChosen = [Bool](repeating: false, count: a.count)
        for old in increasing(candidates.map(\.old)) { isChosen[old] = true }
        return (0..<head).map { ($0, $0) } + candidates.filter { isChosen[$0.old] }
            + (0..<tail).reversed().map { (a.count - 1 - $0, b.count - 1 - $0) }
    }

    /// The longest increasing subsequence of different numbers.
    static func increasing(_ values: [Int]) -> [Int] {
        var ends: [Int] = []  // Indices of the last element of the best run of each length.
        var previous = [Int](repeating: -1, count: values.count)
        for (index, value) in values.enumerated() {
            var (low, high) = (0, ends.count)
            while low < high {
                let middle = (low + high) / 2
                if values[ends[middle]] < value { low = middle + 1 } else { high = middle }
            }
            if low > 0 { previous[index] = ends[low - 1] }
            if low == ends.count { ends.append(index) } else { ends[low] = index }
        }
        var result: [Int] = []
        var at = ends.last ?? -1
        while at >= 0 {
            result.append(values[at])
            at = previous[at]
        }
        return result.reversed()
    }
}
