/// How JSON is laid out.
package struct JSONStyle {
    package var indent: Int?
    /// What is written for each step of `indent`.
    package var indentText: [UInt8] = [0x20]
    package var sortsKeys = true
    package var escapesHTML = false
    package var ensuresASCII = true
    package var itemSeparator = ", "
    package init() {}
}

extension RenderState {
    /// Appends a value as Python's `json.dumps` writes it.
    package func json(_ value: TemplateValue, _ style: JSONStyle, into bytes: inout [UInt8], level: Int = 0)
        throws(EvaluationError)
    {
        switch value {
        case .none: bytes += Array("null".utf8)
        case .bool(let bool): bytes += Array((bool ? "true" : "false").utf8)
        case .int(let int): bytes += Array(String(int).utf8)
        case .double(let double):
            let text =
                double.isNaN ? "NaN" : double.isInfinite ? (double < 0 ? "-Infinity" : "Infinity") : pythonFloat(double)
            bytes += Array(text.utf8)
        case .text(let text): jsonText(text, style, into: &bytes)
        case .list(let list): try jsonItems(list.items, style, level, into: &bytes)
        case .tuple(let tuple): try jsonItems(tuple.items, style, level, into: &bytes)
        case .dict(let dict): try jsonDict(dict, style, level, into: &bytes)
        default:
            if value.bigInteger != nil {
                try represent(value, into: &bytes)
                return
            }
            throw EvaluationError(.typeError, "Object of type \(value.typeName) is not JSON serializable")
        }
        if bytes.count > limits.textBytes { try checkText(bytes: bytes.count) }
    }

    private func newline(_ style: JSONStyle, _ level: Int, into bytes: inout [UInt8]) throws(EvaluationError) {
        guard let indent = style.indent else { return }
        let (steps, overflow) = max(0, indent).multipliedReportingOverflow(by: level)
        let (width, tooWide) = steps.multipliedReportingOverflow(by: style.indentText.count)
        try checkText(bytes: overflow || tooWide || width > limits.textBytes ? .max : bytes.count + width)
        bytes.append(0x0A)
        for _ in 0..<steps { bytes += style.indentText }
    }

    private func jsonItems(
        _ items: ContiguousArray<TemplateValue>, _ style: JSONStyle, _ level: Int, into bytes: inout [UInt8]
    ) throws(EvaluationError) {
        guard !items.isEmpty else {
            bytes += Array("[]".utf8)
            return
        }
        try descending { () throws(EvaluationError) in
            bytes.append(0x5B)
            for (index, item) in items.enumerated() {
                if index > 0 { bytes += Array((style.indent == nil ? style.itemSeparator : ",").utf8) }
                try newline(style, level + 1, into: &bytes)
                try json(item, style, into: &bytes, level: level + 1)
            }
            try newline(style, level, into: &bytes)
            bytes.append(0x5D)
        }
    }

    private func jsonDict(
        _ dict: DictValue, _ style: JSONStyle, _ level: Int, into bytes: inout [UInt8]
    ) throws(EvaluationError) {
        guard dict.count > 0 else {
            bytes += Array("{}".utf8)
            return
        }
        try descending { () throws(EvaluationError) in
            bytes.append(0x7B)
            var pairs = dict.pairs
            if style.sortsKeys {
                let keys = try sorted(ContiguousArray(dict.keys))
                pairs = keys.map { ($0, dict.get($0, hash: $0.hashValueForKey ?? 0) ?? .none) }
            }
            for (index, pair) in pairs.enumerated() {
                if index > 0 { bytes += Array((style.indent == nil ? style.itemSeparator : ",").utf8) }
                try newline(style, level + 1, into: &bytes)
                switch pair.key {
                case .text(let text): jsonText(text, style, into: &bytes)
                case .none: bytes += Array("\"null\"".utf8)
                case .bool(let bool): bytes += Array((bool ? "\"true\"" : "\"false\"").utf8)
                case .int, .double: bytes += Array("\"\(try represent(pair.key))\"".utf8)
                default:
                    throw EvaluationError(
                        .typeError, "keys must be str, int, float, bool or None, not \(pair.key.typeName)")
                }
                bytes += Array(": ".utf8)
                try json(pair.value, style, into: &bytes, level: level + 1)
            }
            try newline(style, level, into: &bytes)
            bytes.append(0x7D)
        }
    }

    private func jsonText(_ text: TextValue, _ style: JSONStyle, into bytes: inout [UInt8]) {
        bytes.append(0x22)
        for scalar in text.string.unicodeScalars {
            switch scalar.value {
            case 0x22: bytes += [0x5C, 0x22]
            case 0x5C: bytes += [0x5C, 0x5C]
            case 0x0A: bytes += Array("\\n".utf8)
            case 0x0D: bytes += Array("\\r".utf8)
            case 0x09: bytes += Array("\\t".utf8)
            case 0x08: bytes += Array("\\b".utf8)
            case 0x0C: bytes += Array("\\f".utf8)
            case 0x00..<0x20: appendHexEscape("\\u", scalar.value, 4, into: &bytes)
            case 0x26, 0x27, 0x3C, 0x3E:
                if style.escapesHTML {
                    appendHexEscape("\\u", scalar.value, 4, into: &bytes)
                } else {
                    bytes.append(UInt8(scalar.value))
                }
            case 0x20..<0x7F: bytes.append(UInt8(scalar.value))
            default:
                if scalar.value == 0x7F || !style.ensuresASCII {
                    bytes.appendScalar(scalar)
                } else if scalar.value < 0x10000 {
                    appendHexEscape("\\u", scalar.value, 4, into: &bytes)
                } else {
                    let rest = scalar.value - 0x10000
                    appendHexEscape("\\u", 0xD800 + rest >> 10, 4, into: &bytes)
                    appendHexEscape("\\u", 0xDC00 + rest & 0x3FF, 4, into: &bytes)
                }
            }
        }
        bytes.append(0x22)
    }
}
