/// Makes text from devices and files safe to show: control characters and terminal escapes become visible marks.
///
/// Device output is hostile: an escape sequence could rewrite what an approver sees. Newlines and tabs stay when
/// `keepingLines` is true; every other C0, DEL and C1 control, and the bidirectional overrides, become `\u{…}` text.
public func safeForDisplay(_ text: String, keepingLines: Bool = true) -> String {
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
