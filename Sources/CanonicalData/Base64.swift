/// Base 64 (RFC 4648 §4), strict: padded, no line breaks, no stray bits, so that one text stands for one value.
package enum Base64 {
    private static let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)

    package static func encode(_ bytes: some Sequence<UInt8>) -> String {
        let input = Array(bytes)
        var out: [UInt8] = []
        out.reserveCapacity((input.count + 2) / 3 * 4)
        for start in stride(from: 0, to: input.count, by: 3) {
            let group = input[start..<min(start + 3, input.count)]
            var value: UInt32 = 0
            for byte in group { value = value << 8 | UInt32(byte) }
            value <<= UInt32((3 - group.count) * 8)
            for index in 0..<4 {
                out.append(
                    index <= group.count
                        ? alphabet[Int(value >> UInt32(18 - 6 * index) & 63)] : UInt8(ascii: "="))
            }
        }
        return String(decoding: out, as: UTF8.self)
    }

    /// Nil unless `text` is exactly what `encode` gives for some bytes.
    package static func decode(_ text: some StringProtocol) -> [UInt8]? {
        let input = Array(text.utf8)
        guard input.count % 4 == 0 else { return nil }
        var out: [UInt8] = []
        for start in stride(from: 0, to: input.count, by: 4) {
            var value: UInt32 = 0
            var padding = 0
            for byte in input[start..<start + 4] {
                if byte == UInt8(ascii: "=") {
                    padding += 1
                    value <<= 6
                } else {
                    guard padding == 0, let digit = digit(byte) else { return nil }
                    value = value << 6 | digit
                }
            }
            guard padding <= 2, padding == 0 || start + 4 == input.count else { return nil }
            let group = [UInt8(value >> 16 & 255), UInt8(value >> 8 & 255), UInt8(value & 255)]
            guard group.suffix(padding).allSatisfy({ $0 == 0 }) else { return nil }
            out += group.dropLast(padding)
        }
        return out
    }

    private static func digit(_ byte: UInt8) -> UInt32? {
        switch byte {
        case UInt8(ascii: "A")...UInt8(ascii: "Z"): UInt32(byte - UInt8(ascii: "A"))
        case UInt8(ascii: "a")...UInt8(ascii: "z"): UInt32(byte - UInt8(ascii: "a")) + 26
        case UInt8(ascii: "0")...UInt8(ascii: "9"): UInt32(byte - UInt8(ascii: "0")) + 52
        case UInt8(ascii: "+"): 62
        case UInt8(ascii: "/"): 63
        default: nil
        }
    }
}
