/// Puts a message between the marks of RFC 6242 §4.
package struct FramingEncoder: Equatable, Sendable {
    package var mode: FramingMode
    /// Longest chunk sent; between 1 and 4294967295.
    package var maximumChunkBytes: Int

    package init(mode: FramingMode = .endOfMessage, maximumChunkBytes: Int = 1 << 20) {
        self.mode = mode
        self.maximumChunkBytes = min(max(1, maximumChunkBytes), 4_294_967_295)
    }

    /// Fails on an empty message, and on one that holds the end-of-message mark where that would split it (F-7).
    package func frame(_ message: [UInt8]) throws(NETCONFError) -> [UInt8] {
        guard !message.isEmpty else {
            throw NETCONFError(.badContent, what: "an empty message cannot be framed", remedy: "send an XML document")
        }
        switch mode {
        case .endOfMessage:
            guard !Self.containsMark(message) else {
                throw NETCONFError(
                    .badContent, what: "the message holds \"]]>]]>\", which would end it early (RFC 6242 §4.3)",
                    remedy: "write \"]]&gt;\" in text")
            }
            return message + FramingDecoder.mark
        case .chunked:
            var result: [UInt8] = []
            result.reserveCapacity(message.count + 32)
            var start = 0
            while start < message.count {
                let count = min(maximumChunkBytes, message.count - start)
                result += Array("\n#\(count)\n".utf8)
                result += message[start..<start + count]
                start += count
            }
            result += Array("\n##\n".utf8)
            return result
        }
    }

    private static func containsMark(_ bytes: [UInt8]) -> Bool {
        bytes.withUnsafeBufferPointer { FramingDecoder.firstMark(in: $0, from: 0) != nil }
    }
}
