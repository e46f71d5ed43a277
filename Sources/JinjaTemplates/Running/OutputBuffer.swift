/// The bytes a render has written so far; one growing buffer, cut where a part is captured.
final class OutputBuffer {
    private(set) var base: UnsafeMutablePointer<UInt8>
    private(set) var count = 0
    private var capacity: Int

    init(capacity: Int = 4096) {
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
        var rest = value.magnitude
        var end = 20
        withUnsafeTemporaryAllocation(of: UInt8.self, capacity: 20) { digits in
            repeat {
                end -= 1
                digits[end] = UInt8(truncatingIfNeeded: 0x30 + rest % 10)
                rest /= 10
            } while rest > 0
            if value < 0 {
                end -= 1
                digits[end] = 0x2D
            }
            for index in end..<20 {
                base[count] = digits[index]
                count += 1
            }
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
