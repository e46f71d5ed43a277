/// The bytes a render has written so far; one growing buffer, cut where a part is captured.
final class OutputBuffer {
    private(set) var base: UnsafeMutablePointer<UInt8>
    private(set) var count = 0
    private var capacity: Int

    init(capacity: Int = 16384) {
        self.capacity = capacity
        base = .allocate(capacity: capacity)
    }
    deinit { base.deallocate() }

    @inline(__always)
    func append(_ bytes: UnsafeBufferPointer<UInt8>) {
        guard let start = bytes.baseAddress else { return }
        append(start, bytes.count)
    }

    @inline(__always)
    func append(_ start: UnsafePointer<UInt8>, _ length: Int) {
        if count + length > capacity { grow(length) }
        (base + count).update(from: start, count: length)
        count += length
    }

    func append(_ bytes: [UInt8]) { bytes.withUnsafeBufferPointer { append($0) } }

    private func grow(_ needed: Int) {
        capacity = max(capacity * 2, count + needed)
        let larger = UnsafeMutablePointer<UInt8>.allocate(capacity: capacity)
        larger.update(from: base, count: count)
        base.deallocate()
        base = larger
    }

    func append(decimal value: Int) {
        if count + 20 > capacity { grow(20) }
        withUnsafeTemporaryAllocation(of: UInt8.self, capacity: 20) { digits in
            let start = writeDecimal(value, endingAt: 20, of: digits)
            for index in start..<20 { base[count + index - start] = digits[index] }
            count += 20 - start
        }
    }

    /// What was written since `start`, taken out again.
    func cut(from start: Int, isMarkup: Bool) -> TextValue {
        let text = TextValue.make(UnsafeBufferPointer(start: base + start, count: count - start), isMarkup: isMarkup)
        count = start
        return text
    }

    func truncate(to start: Int) { count = start }

    func bytes(from start: Int = 0) -> [UInt8] {
        Array(UnsafeBufferPointer(start: base + start, count: count - start))
    }

    func removeAll() { count = 0 }
}
