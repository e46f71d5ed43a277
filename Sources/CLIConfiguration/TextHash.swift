/// 64-bit hashes of words and lines: what the arena compares instead of text.
///
/// The seed is drawn once per process, so that a device cannot prepare lines that collide. No output depends on a
/// hash's value, only on equality; whoever needs proof compares `canonicalText`.
package enum TextHash {
    private static let seed = UInt64.random(in: .min ... .max) | 1

    /// Folds one value into another; order matters.
    @inline(__always)
    package static func mix(_ a: UInt64, _ b: UInt64) -> UInt64 {
        let product = (a ^ 0x9E37_79B9_7F4A_7C15).multipliedFullWidth(by: b ^ 0xD1B5_4A32_D192_ED03)
        return product.high ^ product.low
    }

    @inline(__always)
    package static func of(_ bytes: UnsafeRawBufferPointer) -> UInt64 {
        var hash = seed &+ UInt64(bytes.count) &* 0x9FB2_1C65_1E98_DF25
        var offset = 0
        while offset + 8 <= bytes.count {
            hash = mix(hash, bytes.loadUnaligned(fromByteOffset: offset, as: UInt64.self))
            offset += 8
        }
        var rest: UInt64 = 0
        while offset < bytes.count {
            rest = rest << 8 | UInt64(bytes[offset])
            offset += 1
        }
        return mix(hash, rest)
    }

    package static func of(_ text: some StringProtocol) -> UInt64 {
        var copy = String(text)
        return copy.withUTF8 { of(UnsafeRawBufferPointer($0)) }
    }
}

/// A word of a configuration line: where it stands in its buffer, and its hash.
package struct CLIWord: Sendable {
    package var start: Int32
    package var end: Int32
    package var hash: UInt64
    /// Only digits, up to ten of them: a sequence number.
    package var isNumber: Bool
    /// Looks like an IPv4 or IPv6 address, with or without a prefix length.
    package var isAddress: Bool
}

/// Splits lines into words at blanks; text in double quotes is one word where `quotes` says so.
package enum CLIWords {
    @inline(__always)
    static func isBlank(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x09 }

    /// Appends the words of `range` to `words`.
    package static func split(
        _ bytes: UnsafeRawBufferPointer, _ range: Range<Int>, quotes: Bool, into words: inout [CLIWord]
    ) {
        var at = range.lowerBound
        while at < range.upperBound {
            if isBlank(bytes[at]) {
                at += 1
                continue
            }
            let start = at
            var digits = true
            var marks = 0
            var isHex = true
            if quotes, bytes[at] == 0x22 {
                digits = false
                at += 1
                while at < range.upperBound, bytes[at] != 0x22 { at += bytes[at] == 0x5C ? 2 : 1 }
                at = min(at + 1, range.upperBound)
            }
            while at < range.upperBound, !isBlank(bytes[at]) {
                let byte = bytes[at]
                if byte < 0x30 || byte > 0x39 {
                    digits = false
                    if byte == 0x2E || byte == 0x3A {
                        marks += 1
                    } else if byte != 0x2F, byte | 0x20 < 0x61 || byte | 0x20 > 0x66 {
                        isHex = false
                    }
                }
                at += 1
            }
            words.append(
                CLIWord(
                    start: Int32(start), end: Int32(at),
                    hash: TextHash.of(UnsafeRawBufferPointer(rebasing: bytes[start..<at])),
                    isNumber: digits && at - start <= 10, isAddress: isHex && marks >= 2))
        }
    }

    /// The words of a text as strings.
    package static func strings(_ text: String) -> [String] {
        var result: [String] = []
        var copy = text
        copy.withUTF8 { bytes in
            var at = 0
            while at < bytes.count {
                while at < bytes.count, bytes[at] == 0x20 || bytes[at] == 0x09 { at += 1 }
                let start = at
                while at < bytes.count, bytes[at] != 0x20, bytes[at] != 0x09 { at += 1 }
                if at > start { result.append(String(decoding: bytes[start..<at], as: UTF8.self)) }
            }
        }
        return result
    }
}
