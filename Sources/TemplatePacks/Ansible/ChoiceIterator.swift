import JinjaTemplates

/// The ways to take `size` of some items, in the order of the items' places; made one at a time, since there may be more
/// than any memory holds.
final class ChoiceIterator: ValueIterator {
    private let items: [TemplateValue]
    private let size: Int
    private let isOrdered: Bool
    /// The places of the next choice; nil at the end.
    private var places: [Int]?
    /// For orders: which places are in use.
    private var isUsed: [Bool]
    private var cellsMade = 0

    init(_ items: [TemplateValue], size: Int, ordered: Bool) {
        (self.items, self.size, isOrdered) = (items, size, ordered)
        isUsed = items.indices.map { $0 < size }
        places = size <= items.count ? Array(0..<size) : nil
    }

    override func next(_ state: RenderState) throws(EvaluationError) -> TemplateValue? {
        guard let current = places else { return nil }
        // What one choice costs is its length: a million long ones are as many values.
        cellsMade += size + 1
        guard cellsMade <= state.itemLimit else {
            throw EvaluationError(.limitExceeded, "choices with more than \(state.itemLimit) values together")
        }
        try state.charge(size + 1)
        places = isOrdered ? nextOrder(current) : nextSubset(current)
        return .tuple(current.map { items[$0] })
    }

    private func nextSubset(_ current: [Int]) -> [Int]? {
        guard let last = current.indices.last(where: { current[$0] < items.count - size + $0 }) else { return nil }
        var next = current
        next[last] += 1
        for place in next.indices.dropFirst(last + 1) { next[place] = next[place - 1] + 1 }
        return next
    }

    private func nextOrder(_ current: [Int]) -> [Int]? {
        var next = current
        for place in current.indices.reversed() {
            isUsed[next[place]] = false
            guard let higher = isUsed.indices.dropFirst(next[place] + 1).first(where: { !isUsed[$0] }) else { continue }
            next[place] = higher
            isUsed[higher] = true
            // The rest starts over with the lowest free places.
            var free = 0
            for later in next.indices.dropFirst(place + 1) {
                while isUsed[free] { free += 1 }
                next[later] = free
                isUsed[free] = true
            }
            return next
        }
        return nil
    }
}
