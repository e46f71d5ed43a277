/// At most one timer per slot number, ordered by time: set, move and remove in O(log n), next in O(1).
struct TimerHeap {
    private struct Entry {
        var time: ContinuousClock.Instant
        var slot: UInt32
    }
    private var heap: [Entry] = []
    /// Position in `heap` by slot, -1 when the slot has no timer.
    private var positions: [Int32] = []

    /// Sets, moves or (nil) removes the timer of a slot.
    mutating func set(_ slot: UInt32, at time: ContinuousClock.Instant?) {
        while positions.count <= Int(slot) { positions.append(-1) }
        let position = Int(positions[Int(slot)])
        guard let time else {
            if position >= 0 { remove(at: position) }
            return
        }
        if position >= 0 {
            heap[position].time = time
            siftDown(siftUp(position))
        } else {
            heap.append(Entry(time: time, slot: slot))
            positions[Int(slot)] = Int32(heap.count - 1)
            _ = siftUp(heap.count - 1)
        }
    }

    /// Removes and returns a slot whose time has come.
    mutating func popDue(_ now: ContinuousClock.Instant) -> UInt32? {
        guard let first = heap.first, first.time <= now else { return nil }
        remove(at: 0)
        return first.slot
    }

    /// For epoll: -1 without a timer, else rounded up so that a timer is never early by a busy loop.
    func millisecondsToNext(from now: ContinuousClock.Instant = .now) -> Int32 {
        guard let first = heap.first else { return -1 }
        let left = first.time - now
        guard left > .zero else { return 0 }
        let (seconds, attoseconds) = left.components
        let milliseconds = seconds * 1000 + (attoseconds + 999_999_999_999_999) / 1_000_000_000_000_000
        return Int32(min(milliseconds, 3_600_000))
    }

    var count: Int { heap.count }

    private mutating func remove(at position: Int) {
        positions[Int(heap[position].slot)] = -1
        let last = heap.removeLast()
        guard position < heap.count else { return }
        place(last, at: position)
        siftDown(siftUp(position))
    }

    private mutating func place(_ entry: Entry, at position: Int) {
        heap[position] = entry
        positions[Int(entry.slot)] = Int32(position)
    }

    private mutating func siftUp(_ start: Int) -> Int {
        var position = start
        let entry = heap[position]
        while position > 0 {
            let parent = (position - 1) / 2
            guard entry.time < heap[parent].time else { break }
            place(heap[parent], at: position)
            position = parent
        }
        place(entry, at: position)
        return position
    }

    private mutating func siftDown(_ start: Int) {
        var position = start
        let entry = heap[position]
        while true {
            var child = position * 2 + 1
            guard child < heap.count else { break }
            if child + 1 < heap.count, heap[child + 1].time < heap[child].time { child += 1 }
            guard heap[child].time < entry.time else { break }
            place(heap[child], at: position)
            position = child
        }
        place(entry, at: position)
    }
}
