/// How messages are told apart on a session.
package enum FramingMode: String, Sendable, Equatable {
    /// `]]>]]>` after each message: hellos, and everything on base:1.0 sessions (RFC 6242 §4.3).
    case endOfMessage = "end-of-message"
    /// Chunks with sizes: everything after the hellos when both sides have base:1.1 (RFC 6242 §4.2).
    case chunked
}

/// Takes bytes in any split and gives whole messages (RFC 6242 §4).
///
/// Holds at most one message and what was fed after it. After an error the session is over: every later call throws
/// the same error.
///
///     header ──LF──▶ lineFeed ──#──▶ mark ──1…9──▶ size ──LF──▶ data ──all──▶ header
///                                      └──#──▶ end ──LF──▶ (message) header
package struct FramingDecoder: Sendable {
    private enum State: Equatable {
        case header, lineFeed, mark, size(Int), data(Int), end
        case failed(NETCONFError)
    }
    package private(set) var mode: FramingMode
    /// One message, framing not counted. May be changed between messages.
    package var maximumMessageBytes: Int
    private var state = State.header
    /// Fed and not used yet, from `head` on.
    private var buffer: [UInt8] = []
    private var head = 0
    /// Where the search for the end-of-message mark goes on.
    private var searched = 0
    /// Chunks of the message so far.
    private var message: [UInt8] = []
    /// Bytes used since the start, for error texts.
    private var offset = 0

    package init(
        mode: FramingMode = .endOfMessage, maximumMessageBytes: Int = NETCONFLimits.standard.maximumMessageBytes
    ) {
        self.mode = mode
        self.maximumMessageBytes = maximumMessageBytes
    }

    /// Takes bytes as they came; `next` hands out what they complete.
    package mutating func feed(_ bytes: some Collection<UInt8>) {
        if head > 64 << 10, head * 2 > buffer.count {
            buffer.removeFirst(head)
            searched = max(0, searched - head)
            head = 0
        }
        buffer.append(contentsOf: bytes)
    }

    /// Bytes after the last whole message: none between messages.
    package var hasPartialMessage: Bool {
        // A line feed alone may be one that some servers put between messages (F-6).
        if !message.isEmpty || (state != .header && state != .lineFeed) { return true }
        return buffer[head...].contains { $0 != 0x0A && $0 != 0x0D && $0 != 0x20 && $0 != 0x09 }
    }

    /// From the next message on, sizes are announced. Only after a whole message.
    package mutating func switchToChunked() {
        mode = .chunked
        searched = head
    }

    /// The next whole message, or nil when more bytes are needed.
    package mutating func next() throws(NETCONFError) -> [UInt8]? {
        if case .failed(let error) = state { throw error }
        do throws(NETCONFError) {
            switch mode {
            case .endOfMessage: return try nextMarked()
            case .chunked: return try nextChunked()
            }
        } catch {
            state = .failed(error)
            buffer = []
            message = []
            throw error
        }
    }

    // MARK: end of message

    static let mark = Array("]]>]]>".utf8)

    /// Where the first mark at or after a place begins.
    static func firstMark(in bytes: UnsafeBufferPointer<UInt8>, from start: Int) -> Int? {
        let last = bytes.count - 6
        var index = start
        while index <= last {
            if bytes[index + 5] != UInt8(ascii: ">") {
                // A byte that is not part of the mark at all lets the search skip over it.
                index += bytes[index + 5] == UInt8(ascii: "]") ? 1 : 6
            } else if bytes[index] == UInt8(ascii: "]"), bytes[index + 1] == UInt8(ascii: "]"),
                bytes[index + 2] == UInt8(ascii: ">"), bytes[index + 3] == UInt8(ascii: "]"),
                bytes[index + 4] == UInt8(ascii: "]")
            {
                return index
            } else {
                index += 1
            }
        }
        return nil
    }

    private mutating func nextMarked() throws(NETCONFError) -> [UInt8]? {
        // The mark may be split over two reads (F-8): the search resumes five bytes before the old end.
        let found = buffer.withUnsafeBufferPointer { Self.firstMark(in: $0, from: max(searched, head)) }
        guard let found else {
            searched = max(head, buffer.count - Self.mark.count + 1)
            guard buffer.count - head < maximumMessageBytes + Self.mark.count else { throw tooBig(buffer.count - head) }
            return nil
        }
        guard found - head <= maximumMessageBytes else { throw tooBig(found - head) }
        let result = Array(buffer[head..<found])
        consume(found + Self.mark.count - head)
        searched = head
        return result
    }

    // MARK: chunks

    private mutating func nextChunked() throws(NETCONFError) -> [UInt8]? {
        while head < buffer.count {
            if case .data(let remaining) = state {
                let count = min(remaining, buffer.count - head)
                message.append(contentsOf: buffer[head..<head + count])
                consume(count)
                state = count == remaining ? .header : .data(remaining - count)
                continue
            }
            let byte = buffer[head]
            consume(1)
            switch state {
            case .header:
                guard byte == 0x0A else { throw unexpected(byte, "a line feed before a chunk header") }
                state = .lineFeed
            case .lineFeed:
                // Deviation: some servers put extra line feeds between messages (F-6).
                if byte == 0x0A, message.isEmpty { continue }
                guard byte == UInt8(ascii: "#") else { throw unexpected(byte, "\"#\" of a chunk header") }
                state = .mark
            case .mark:
                switch byte {
                case UInt8(ascii: "1")...UInt8(ascii: "9"): state = .size(Int(byte - UInt8(ascii: "0")))
                case UInt8(ascii: "#"):
                    guard !message.isEmpty else {
                        throw NETCONFError(
                            .framing, what: "a message of no chunks (RFC 6242 §4.2)", location: "byte \(offset)",
                            remedy: "the session cannot continue")
                    }
                    state = .end
                default: throw unexpected(byte, "a chunk size, which starts with 1 to 9")
                }
            case .size(let size):
                switch byte {
                case UInt8(ascii: "0")...UInt8(ascii: "9"):
                    let larger = size * 10 + Int(byte - UInt8(ascii: "0"))
                    guard larger <= 4_294_967_295 else {
                        throw NETCONFError(
                            .framing, what: "a chunk of more than 4294967295 bytes announced (RFC 6242 §4.2)",
                            location: "byte \(offset)", remedy: "the session cannot continue")
                    }
                    state = .size(larger)
                case 0x0A:
                    guard message.count + size <= maximumMessageBytes else { throw tooBig(message.count + size) }
                    state = .data(size)
                default: throw unexpected(byte, "a digit or the line feed after a chunk size")
                }
            case .end:
                guard byte == 0x0A else { throw unexpected(byte, "the line feed that ends a message") }
                state = .header
                let result = message
                message = []
                return result
            case .data, .failed:
                break  // handled above
            }
        }
        return nil
    }

    private mutating func consume(_ count: Int) {
        head += count
        offset += count
        if head == buffer.count {
            buffer.removeAll(keepingCapacity: buffer.count <= 1 << 20)
            head = 0
            searched = 0
        }
    }

    private func unexpected(_ byte: UInt8, _ expected: String) -> NETCONFError {
        let shown =
            byte > 0x20 && byte < 0x7F ? "\"\(Character(Unicode.Scalar(byte)))\"" : "0x" + String(byte, radix: 16)
        return NETCONFError(
            .framing, what: "\(shown) where \(expected) was expected (RFC 6242 §4.2)", location: "byte \(offset)",
            remedy: "the session cannot continue; the peer's framing does not match its hello")
    }

    private func tooBig(_ bytes: Int) -> NETCONFError {
        NETCONFError(
            .tooBig, what: "a message of at least \(bytes) bytes, limit \(maximumMessageBytes)",
            location: "byte \(offset)",
            remedy: "ask for less with a filter, or raise the limit")
    }
}
