/// The lines of a text with their indentation; blanks and carriage returns at the end are left out.
struct IndentedReader {
    struct Line {
        var start: Int
        var end: Int
        var indent: Int
        var number: Int
    }
    private let bytes: UnsafeRawBufferPointer
    private var at = 0
    private var number = 0

    init(_ bytes: UnsafeRawBufferPointer) { self.bytes = bytes }

    mutating func next() -> Line? {
        guard at < bytes.count else { return nil }
        let end = lineEnd(from: at)
        var start = at
        var indent = 0
        while start < end {
            if bytes[start] == 0x20 {
                indent += 1
            } else if bytes[start] == 0x09 {
                indent += 8 - indent % 8
            } else if bytes[start] != 0x0D {
                break
            }
            start += 1
        }
        var last = end
        while last > start, bytes[last - 1] == 0x20 || bytes[last - 1] == 0x0D || bytes[last - 1] == 0x09 { last -= 1 }
        defer {
            at = end + 1
            number += 1
        }
        return Line(start: start, end: last, indent: indent, number: number)
    }

    /// The next line feed at or after a place, or the end of the text.
    @inline(__always)
    private func lineEnd(from start: Int) -> Int {
        var at = start
        while at + 8 <= bytes.count {
            let ends = ByteLanes.equal(bytes.loadUnaligned(fromByteOffset: at, as: UInt64.self), 0x0A)
            if ends != 0 { return at + ends.trailingZeroBitCount / 8 }
            at += 8
        }
        while at < bytes.count, bytes[at] != 0x0A { at += 1 }
        return at
    }

    /// Moves past the delimiter that ends a block; gives the end of its text, or -1 when there is none.
    mutating func skip(past delimiter: [UInt8], from: Int, lineEnd: Int) -> Int {
        var index = from
        while index + delimiter.count <= bytes.count {
            if bytes[index] == delimiter[0],
                delimiter.indices.allSatisfy({ bytes[index + $0] == delimiter[$0] })
            {
                let end = index + delimiter.count
                moveToLine(after: end)
                return end
            }
            index += 1
        }
        return -1
    }

    /// Moves past a line that consists of a word; gives the end of that line, or -1.
    mutating func skip(throughLine word: String) -> Int {
        var probe = self
        while let line = probe.next() {
            if String(decoding: UnsafeRawBufferPointer(rebasing: bytes[line.start..<line.end]), as: UTF8.self) == word {
                self = probe
                return line.end
            }
        }
        return -1
    }

    private mutating func moveToLine(after end: Int) {
        while at < end {
            guard next() != nil else { return }
        }
    }
}
