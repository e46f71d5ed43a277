/// Makes text from devices and files safe to show: control characters and terminal escapes become visible marks.
///
/// Device output is hostile: an escape sequence could rewrite what an approver sees. Newlines and tabs stay when
/// `keepingLines` is true; every other C0, DEL and C1 control, and the bidirectional overrides, become `\u{…}` text.
public func safeForDisplay(_ text: String, keepingLines: Bool = true) -> String {
    var text = text
    // Most text is safe as it stands, and some of it is megabytes.
    if text.withUTF8({ isPlain($0, keepingLines: keepingLines) }) { return text }
    var result = String.UnicodeScalarView()
    for scalar in text.unicodeScalars {
        switch scalar.value {
        case 0x0A, 0x09:
            if keepingLines {
                result.append(scalar)
            } else {
                result.append(contentsOf: (scalar.value == 0x0A ? "\\n" : "\\t").unicodeScalars)
            }
        case 0x00..<0x20, 0x7F..<0xA0, 0x200E, 0x200F, 0x202A...0x202E, 0x2066...0x2069:
            result.append(contentsOf: "\\u{\(String(scalar.value, radix: 16))}".unicodeScalars)
        default:
            result.append(scalar)
        }
    }
    return String(result)
}

/// Whether all bytes are printable ASCII, or line breaks and tabs that may stay.
private func isPlain(_ bytes: UnsafeBufferPointer<UInt8>, keepingLines: Bool) -> Bool {
    // Without a branch a byte, so that many bytes are looked at in one step.
    var strange: UInt8 = 0
    for byte in bytes {
        let isPrintable = byte &- 0x20 < 0x5F
        let mayStay = (byte == 0x0A || byte == 0x09) && keepingLines
        strange |= isPrintable || mayStay ? 0 : 1
    }
    return strange == 0
}
