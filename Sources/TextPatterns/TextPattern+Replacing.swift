extension TextPattern {
    /// The text with each match replaced by what `replacement` makes of it. `limit` 0 means all matches.
    package func replacing(
        in bytes: [UInt8], limit: Int = 0, with replacement: (TextMatch) throws(TextPatternError) -> [UInt8]
    ) throws(TextPatternError) -> (bytes: [UInt8], count: Int) {
        var (result, end, count) = ([UInt8](), 0, 0)
        for match in try allMatches(in: bytes) {
            if limit > 0, count == limit { break }
            // \K can make matches step back; what was written stays.
            guard match.range.lowerBound >= end else { continue }
            result += bytes[end..<match.range.lowerBound]
            result += try replacement(match)
            end = match.range.upperBound
            count += 1
        }
        result += bytes[end...]
        return (result, count)
    }

    /// The string with each match replaced by `template`, in which `\1`…`\99`, `\g<1>` and `\g<name>` stand for groups,
    /// `\\` for a backslash and `\n`, `\t`, `\r` for those characters (as in Python's `re.sub`). `limit` 0 means all.
    package func replacing(in string: String, with template: String, limit: Int = 0)
        throws(TextPatternError) -> String
    {
        let parts = try ReplacementTemplate(template, for: self)
        let bytes = Array(string.utf8)
        let result = try replacing(in: bytes, limit: limit) { match throws(TextPatternError) in
            parts.expand(match, in: bytes)
        }
        return String(decoding: result.bytes, as: UTF8.self)
    }

    /// What `template` becomes for one match of this pattern (as Python's `Match.expand`).
    package func expand(_ template: String, for match: TextMatch, in bytes: [UInt8]) throws(TextPatternError) -> String
    {
        String(decoding: try ReplacementTemplate(template, for: self).expand(match, in: bytes), as: UTF8.self)
    }
}

/// A replacement text taken apart.
private struct ReplacementTemplate {
    private enum Part { case text([UInt8]), group(Int), name(String) }
    private var parts: [Part] = []

    init(_ template: String, for pattern: TextPattern) throws(TextPatternError) {
        let scalars = Array(template.unicodeScalars)
        var (index, plain) = (0, String.UnicodeScalarView())
        while index < scalars.count {
            let scalar = scalars[index]
            index += 1
            guard scalar == "\\" else {
                plain.append(scalar)
                continue
            }
            let start = index - 1
            guard index < scalars.count else {
                throw Self.wrong("a backslash at the end", pattern, start)
            }
            let escaped = scalars[index]
            index += 1
            switch escaped {
            case "\\": plain.append("\\")
            case "n": plain.append("\n")
            case "t": plain.append("\t")
            case "r": plain.append("\r")
            case "1"..."9", "g":
                if !plain.isEmpty { parts.append(.text(Array(String(plain).utf8))) }
                plain.removeAll()
                if escaped == "g" {
                    parts.append(try Self.named(scalars, &index, pattern, start))
                } else {
                    parts.append(try Self.numbered(scalars, &index, pattern, start))
                }
            case "0": plain.append("\0")
            case "a"..."z", "A"..."Z":
                throw Self.wrong("\\\(escaped) means nothing in a replacement", pattern, start)
            default:
                plain.append("\\")
                plain.append(escaped)
            }
        }
        if !plain.isEmpty { parts.append(.text(Array(String(plain).utf8))) }
    }

    func expand(_ match: TextMatch, in bytes: [UInt8]) -> [UInt8] {
        var result: [UInt8] = []
        for part in parts {
            switch part {
            case .text(let text): result += text
            case .group(let number): if let range = match.range(number) { result += bytes[range] }
            case .name(let name): if let range = match.range(name) { result += bytes[range] }
            }
        }
        return result
    }

    private static func numbered(
        _ scalars: [Unicode.Scalar], _ index: inout Int, _ pattern: TextPattern, _ start: Int
    ) throws(TextPatternError) -> Part {
        var number = Int(scalars[index - 1].value - 0x30)
        if index < scalars.count, "0"..."9" ~= scalars[index] {
            number = number * 10 + Int(scalars[index].value - 0x30)
            index += 1
        }
        return try group(number, pattern, start)
    }

    private static func named(
        _ scalars: [Unicode.Scalar], _ index: inout Int, _ pattern: TextPattern, _ start: Int
    ) throws(TextPatternError) -> Part {
        guard index < scalars.count, scalars[index] == "<",
            let end = scalars[index...].firstIndex(of: ">"), end > index + 1
        else { throw wrong("\\g without <name> or <number>", pattern, start) }
        var name = String.UnicodeScalarView()
        name.append(contentsOf: scalars[(index + 1)..<end])
        index = end + 1
        if let number = Int(String(name)) { return try group(number, pattern, start) }
        guard pattern.groupNames.contains(where: { $0.name == String(name) }) else {
            throw wrong("the pattern has no group named \(String(name))", pattern, start)
        }
        return .name(String(name))
    }

    private static func group(_ number: Int, _ pattern: TextPattern, _ start: Int) throws(TextPatternError) -> Part {
        guard number >= 0, number <= pattern.groupCount else {
            throw wrong("the pattern has no group \(number), only \(pattern.groupCount)", pattern, start)
        }
        return .group(number)
    }

    private static func wrong(_ what: String, _ pattern: TextPattern, _ offset: Int) -> TextPatternError {
        TextPatternError(
            .replacement, what: "in the replacement: \(what)", pattern: pattern.source, offset: offset,
            remedy: "refer to groups as \\1 or \\g<name>, and write \\\\ for a backslash")
    }
}
