/// JSON as routers print it: keys in a given order, two blanks a level, none after the colon.
indirect enum RouterJSON: Sendable {
    case object([(String, RouterJSON)])
    case array([RouterJSON])
    case string(String)
    case number(Int)
    case bool(Bool)

    func lines(indent: Int = 0) -> [String] {
        var text = ""
        write(to: &text, indent: indent)
        return text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
    }

    private func write(to text: inout String, indent: Int) {
        let pad = String(repeating: "  ", count: indent)
        switch self {
        case .object(let members):
            text += "{"
            for (index, member) in members.enumerated() {
                text += (index > 0 ? ",\n" : "\n") + pad + "  \(Self.quoted(member.0)):"
                member.1.write(to: &text, indent: indent + 1)
            }
            text += "\n" + pad + "}"
        case .array(let items):
            text += "["
            for (index, item) in items.enumerated() {
                text += (index > 0 ? ",\n" : "\n") + pad + "  "
                item.write(to: &text, indent: indent + 1)
            }
            text += "\n" + pad + "]"
        case .string(let value): text += Self.quoted(value)
        case .number(let value): text += "\(value)"
        case .bool(let value): text += value ? "true" : "false"
        }
    }

    static func quoted(_ text: String) -> String {
        var result = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": result += "\\\""
            case "\\": result += "\\\\"
            case "\n": result += "\\n"
            case "\r": result += "\\r"
            case "\t": result += "\\t"
            case _ where scalar.value < 32:
                let hex = String(scalar.value, radix: 16)
                result += "\\u" + String(repeating: "0", count: 4 - hex.count) + hex
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result + "\""
    }
}

extension String {
    /// Padded with blanks on the right.
    func padded(to width: Int) -> String { self + String(repeating: " ", count: max(width - count, 0)) }
    /// Padded with blanks on the left.
    func aligned(to width: Int) -> String { String(repeating: " ", count: max(width - count, 0)) + self }
}
