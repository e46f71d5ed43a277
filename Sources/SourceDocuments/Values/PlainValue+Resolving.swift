package import Diagnostics

extension PlainValue {
    /// The value of a node whose type no schema gives: variables, expected values, JSON output of devices.
    ///
    /// Plain YAML scalars are `null`, `true`, `false`, decimal or hexadecimal integers, decimal fractions, or text.
    /// What YAML 1.1 and 1.2 read differently (`no`, `010`, `1_000`, `1e3`) is refused: the writer has to say which.
    package init(_ node: DocumentNode) throws(Findings) {
        var findings = Findings()
        self = Self.resolve(node, &findings)
        try findings.throwIfErrors()
    }

    static func resolve(_ node: DocumentNode, _ findings: inout Findings) -> PlainValue {
        switch node.content {
        case .sequence(let nodes): return .list(nodes.map { resolve($0, &findings) })
        case .mapping(let entries):
            return .map(PlainMap(entries.map { ($0.key, resolve($0.value, &findings)) }))
        case .scalar(let scalar):
            switch scalar.style {
            case .singleQuoted, .doubleQuoted, .literal, .folded: return .string(scalar.text)
            case .jsonLiteral: return jsonLiteral(scalar.text)
            case .plain:
                if node.isNull { return .null }
                if let value = plain(scalar.text) { return value }
                findings.add(ambiguous(node, scalar.text))
                return .null
            }
        }
    }

    private static func jsonLiteral(_ text: String) -> PlainValue {
        switch text {
        case "null": .null
        case "true": .bool(true)
        case "false": .bool(false)
        default: Int128(text).map { .int($0) } ?? .double(Double(text) ?? .nan)
        }
    }

    /// The value of a plain YAML scalar; nil when versions of YAML disagree about it.
    private static func plain(_ text: String) -> PlainValue? {
        switch text {
        case "true", "True", "TRUE": return .bool(true)
        case "false", "False", "FALSE": return .bool(false)
        default: break
        }
        if disputedWords.contains(text.lowercased()) { return nil }
        guard let first = text.utf8.first,
            "0"..."9" ~= Unicode.Scalar(first) || first == 0x2B || first == 0x2D || first == 0x2E
        else { return .string(text) }
        let digits = text.first == "-" || text.first == "+" ? text.dropFirst() : text[...]
        if isDecimal(digits) {
            // 010 is eight, ten or a text.
            guard digits.count == 1 || digits.first != "0" else { return nil }
            return Int128(text).map { .int($0) } ?? .string(text)
        }
        if digits.hasPrefix("0x"), digits.dropFirst(2).allSatisfy(\.isHexDigit), digits.count > 2 {
            return Int128(digits.dropFirst(2), radix: 16).map { .int(text.first == "-" ? -$0 : $0) } ?? .string(text)
        }
        let parts = digits.split(separator: ".", omittingEmptySubsequences: false)
        if parts.count == 2, isDecimal(parts[0]), isDecimal(parts[1]) {
            guard parts[0].count == 1 || parts[0].first != "0" else { return nil }
            return Double(text).map { .double($0) }
        }
        return looksDisputed(digits) ? nil : .string(text)
    }

    private static let disputedWords: Set<String> = ["yes", "no", "on", "off", ".inf", "-.inf", "+.inf", ".nan"]

    private static func isDecimal(_ text: Substring) -> Bool {
        !text.isEmpty && text.utf8.allSatisfy { (0x30...0x39).contains($0) }
    }

    /// `1_000`, `0o17`, `0b11`, `1e3`, `1.5e3`, `.5`, `5.`: numbers to some readers of YAML and texts to others.
    private static func looksDisputed(_ digits: Substring) -> Bool {
        if digits.hasPrefix("0o") || digits.hasPrefix("0b") {
            return digits.count > 2 && digits.dropFirst(2).allSatisfy { $0.isASCII && $0.isNumber }
        }
        guard digits.contains(where: { $0.isASCII && $0.isNumber }),
            digits.allSatisfy({ "0123456789_.eE+-".contains($0) })
        else { return false }
        if digits.contains("_") { return digits.allSatisfy { "0123456789_.".contains($0) } && isOneFraction(digits) }
        return Double(digits) != nil || Double("0\(digits)0") != nil && isOneFraction(digits)
    }

    /// At most one point, so that `192.0.2.1` stays a text.
    private static func isOneFraction(_ digits: Substring) -> Bool {
        digits.count { $0 == "." } <= 1 && !digits.contains("-")
    }

    private static func ambiguous(_ node: DocumentNode, _ text: String) -> Finding {
        let position = node.position
        let boolean: String? =
            switch text.lowercased() {
            case "yes", "on": "true"
            case "no", "off": "false"
            default: nil
            }
        return Finding(
            code: "value.ambiguous",
            what: "`\(text)` without quotes means different things in different versions of YAML", at: position,
            remedy: boolean.map { "write \($0) for the truth value, or \"\(text)\" for the text" }
                ?? "write \"\(text)\" for the text, or a plain decimal number",
            excerpt: node.source.excerpt(at: position))
    }
}
