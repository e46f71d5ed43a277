import Synchronization

/// Hellos read before, by their bytes: a thousand devices of one kind say the same, but for the session-id.
///
/// What is remembered was read completely, and the key is the whole message with the digits of its only `<session-id>` left
/// out, so that a hello read from memory is the one that reading it again would give.
final class NETCONFHelloMemory: Sendable {
    static let shared = NETCONFHelloMemory()

    private struct State {
        var hellos: [[UInt8]: NETCONFHello] = [:]
        var bytes = 0
    }
    private let state = Mutex(State())

    /// Messages together; at more, all are forgotten.
    private static let maximumBytes = 4 << 20
    private static let maximumMessageBytes = 256 << 10

    /// The hello of a message; reads it where it is new.
    func hello(parsing message: [UInt8], limits: NETCONFLimits) throws(NETCONFError) -> NETCONFHello {
        guard limits == .standard, message.count <= Self.maximumMessageBytes, let place = Self.sessionID(in: message)
        else {
            return try NETCONFHello(parsing: message, limits: limits)
        }
        var key = message
        key.removeSubrange(place.digits)
        if var hello = state.withLock({ $0.hellos[key] }) {
            hello.sessionID = place.number
            return hello
        }
        let hello = try NETCONFHello(parsing: message, limits: limits)
        // The digits found are those that were read.
        guard hello.sessionID == place.number else { return hello }
        state.withLock { state in
            if state.bytes + key.count > Self.maximumBytes { state = State() }
            if state.hellos.updateValue(hello, forKey: key) == nil { state.bytes += key.count }
        }
        return hello
    }

    private static let name = Array("session-id".utf8)
    private static let opening = Array("<session-id>".utf8)
    private static let closing = Array("</session-id>".utf8)

    /// Where the digits between `<session-id>` and `</session-id>` stand, and their value; nil where the name stands anywhere
    /// else, or where a comment or the like could hold it.
    static func sessionID(in message: [UInt8]) -> (digits: Range<Int>, number: UInt32)? {
        message.withUnsafeBufferPointer { bytes in
            var found: (digits: Range<Int>, number: UInt32)?
            var at = 0
            while at < bytes.count {
                let byte = bytes[at]
                if byte == UInt8(ascii: "<"), at + 1 < bytes.count, bytes[at + 1] == UInt8(ascii: "!") { return nil }
                guard byte == name[0], starts(bytes, at, with: name) else {
                    at += 1
                    continue
                }
                guard found == nil, at > 0, starts(bytes, at - 1, with: opening) else { return nil }
                let start = at - 1 + opening.count
                var (end, number) = (start, UInt32(0))
                while end < bytes.count, bytes[end] >= 0x30, bytes[end] <= 0x39, end - start < 9 {
                    number = number * 10 + UInt32(bytes[end] - 0x30)
                    end += 1
                }
                guard number > 0, starts(bytes, end, with: closing) else { return nil }
                found = (start..<end, number)
                at = end + closing.count
            }
            return found
        }
    }

    private static func starts(_ bytes: UnsafeBufferPointer<UInt8>, _ at: Int, with part: [UInt8]) -> Bool {
        guard at + part.count <= bytes.count else { return false }
        for offset in part.indices where bytes[at + offset] != part[offset] { return false }
        return true
    }
}
