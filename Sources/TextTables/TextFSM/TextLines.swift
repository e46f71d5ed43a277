/// The lines of a text as Python's `str.splitlines` finds them, without their ends.
struct TextLines {
    struct Line {
        var range: Range<Int>
        /// ASCII without U+001C…U+001F.
        var isPlain: Bool
    }

    private let bytes: UnsafeBufferPointer<UInt8>
    private var position = 0

    /// - Parameter bytes: Valid UTF-8.
    init(_ bytes: UnsafeBufferPointer<UInt8>) { self.bytes = bytes }

    mutating func next() -> Line? {
        let (start, count) = (position, bytes.count)
        guard start < count else { return nil }
        var (index, isPlain) = (start, true)
        while index < count {
            let byte = bytes[index]
            if byte >= 0x20, byte < 0x80 {
                index += 1
                continue
            }
            let length = Self.endLength(bytes, index)
            if length > 0 {
                position = index + length
                return Line(range: start..<index, isPlain: isPlain)
            }
            if byte >= 0x80 || byte == 0x1F { isPlain = false }
            index += 1
        }
        position = count
        return Line(range: start..<count, isPlain: isPlain)
    }

    /// Bytes of the line end at `index`; 0 when there is none.
    private static func endLength(_ bytes: UnsafeBufferPointer<UInt8>, _ index: Int) -> Int {
        switch bytes[index] {
        case 0x0D: return index + 1 < bytes.count && bytes[index + 1] == 0x0A ? 2 : 1
        case 0x0A...0x0C, 0x1C...0x1E: return 1
        // U+0085
        case 0xC2: return index + 1 < bytes.count && bytes[index + 1] == 0x85 ? 2 : 0
        // U+2028 and U+2029
        case 0xE2:
            let isSeparator =
                index + 2 < bytes.count && bytes[index + 1] == 0x80
                && (bytes[index + 2] == 0xA8 || bytes[index + 2] == 0xA9)
            return isSeparator ? 3 : 0
        default: return 0
        }
    }

    /// Whether a line is ASCII without U+001C…U+001F.
    static func isPlain(_ line: UnsafeBufferPointer<UInt8>) -> Bool {
        line.allSatisfy { $0 < 0x80 && !(0x1C...0x1F ~= $0) }
    }
}
