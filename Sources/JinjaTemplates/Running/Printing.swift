extension RenderState {
    /// `str(value)`.
    package func text(_ value: TemplateValue) throws(EvaluationError) -> TextValue {
        if case .text(let text) = value { return text }
        var bytes: [UInt8] = []
        try print(value, into: &bytes)
        return TextValue.make(bytes)
    }

    /// `str(value)` as a Swift string.
    public func string(_ value: TemplateValue) throws(EvaluationError) -> String { try text(value).string }

    /// `repr(value)`.
    package func represent(_ value: TemplateValue) throws(EvaluationError) -> String {
        var bytes: [UInt8] = []
        try represent(value, into: &bytes)
        return String(decoding: bytes, as: UTF8.self)
    }

    /// `repr(value)`, or how it begins when it is longer than `limit` bytes.
    func beginning(of value: TemplateValue, limit: Int) -> String {
        var bytes: [UInt8] = []
        let (savedText, savedFuel) = (limits.textBytes, fuel)
        // Of this much, whatever is left: also what ran out of fuel is shown.
        (limits.textBytes, fuel) = (limit, 100_000)
        defer { (limits.textBytes, fuel) = (savedText, savedFuel) }
        do throws(EvaluationError) {
            try represent(value, into: &bytes)
        } catch {
            // What was written until the limit was reached is what is wanted.
            guard error.kind == .limitExceeded, !bytes.isEmpty else { return "" }
        }
        let text = String(decoding: bytes, as: UTF8.self)
        return bytes.count > limit ? String(text.unicodeScalars.prefix(limit)) + "..." : text
    }

    /// Appends `str(value)`.
    package func print(_ value: TemplateValue, into bytes: inout [UInt8]) throws(EvaluationError) {
        switch value {
        case .text(let text): text.withBytes { bytes.append(contentsOf: $0) }
        case .int(let value): appendDecimal(value, to: &bytes)
        case .object(let object): bytes.append(contentsOf: try object.print(self).utf8)
        case .undefined(let info):
            if isStrict(info) { throw undefinedError(info) }
            if undefinedKind == .debug, !info.isAlwaysLenient { bytes.append(contentsOf: debugText(info).utf8) }
        default: try represent(value, into: &bytes)
        }
    }

    private func debugText(_ info: UndefinedValue) -> String {
        if let hint = info.hint { return "{{ undefined value printed: \(hint) }}" }
        if case .missing = info.owner {
            if case .text(let name) = info.name { return "{{ \(name.string) }}" }
            return "{{  }}"
        }
        return "{{ no such element: \(ownerDescription(info.owner))[\((try? represent(info.name)) ?? "?")] }}"
    }

    /// Appends `repr(value)`.
    package func represent(_ value: TemplateValue, into bytes: inout [UInt8]) throws(EvaluationError) {
        switch value {
        case .none: bytes.append(contentsOf: "None".utf8)
        case .bool(let value): bytes.append(contentsOf: (value ? "True" : "False").utf8)
        case .int(let value): appendDecimal(value, to: &bytes)
        case .double(let value): bytes.append(contentsOf: pythonFloat(value).utf8)
        case .text(let text): representText(text, into: &bytes)
        case .list(let list):
            try enclosed(ObjectIdentifier(list), "[...]", into: &bytes) { (bytes) throws(EvaluationError) in
                bytes.append(0x5B)
                try representItems(list.items, into: &bytes)
                bytes.append(0x5D)
            }
        case .tuple(let tuple):
            // Groups of `groupby` are tuples with names, which Ansible leaves as they are.
            let isList = printsTuplesAsLists && !tuple.isGroup
            try enclosed(ObjectIdentifier(tuple), isList ? "[...]" : "(...)", into: &bytes) {
                (bytes) throws(EvaluationError) in
                bytes.append(isList ? 0x5B : 0x28)
                try representItems(tuple.items, into: &bytes)
                if tuple.items.count == 1, !isList { bytes.append(0x2C) }
                bytes.append(isList ? 0x5D : 0x29)
            }
        case .dict(let dict):
            try enclosed(ObjectIdentifier(dict), "{...}", into: &bytes) { (bytes) throws(EvaluationError) in
                bytes.append(0x7B)
                var isFirst = true
                for pair in dict.pairs {
                    if !isFirst { bytes.append(contentsOf: ", ".utf8) }
                    isFirst = false
                    try represent(pair.key, into: &bytes)
                    bytes.append(contentsOf: ": ".utf8)
                    try represent(pair.value, into: &bytes)
                }
                bytes.append(0x7D)
            }
        case .object(let object):
            try enclosed(ObjectIdentifier(object), "...", into: &bytes) { (bytes) throws(EvaluationError) in
                bytes.append(contentsOf: try object.represent(self).utf8)
            }
        case .undefined: bytes.append(contentsOf: "Undefined".utf8)
        case .missing, .unresolved: bytes.append(contentsOf: "missing".utf8)
        }
        if bytes.count > limits.textBytes { try checkText(bytes: bytes.count) }
    }

    private func representItems(
        _ items: ContiguousArray<TemplateValue>, into bytes: inout [UInt8]
    ) throws(EvaluationError) {
        var isFirst = true
        try charge(items.count)
        for item in items {
            if !isFirst { bytes.append(contentsOf: ", ".utf8) }
            isFirst = false
            try represent(item, into: &bytes)
        }
    }

    /// Prints a container once however it contains itself.
    private func enclosed(
        _ identity: ObjectIdentifier, _ mark: String, into bytes: inout [UInt8],
        _ body: (inout [UInt8]) throws(EvaluationError) -> Void
    ) throws(EvaluationError) {
        if printing.contains(identity) {
            bytes.append(contentsOf: mark.utf8)
            return
        }
        printing.append(identity)
        defer { printing.removeLast() }
        try descending { () throws(EvaluationError) in try body(&bytes) }
    }

    /// Writes `str(value)` to the output, escaped where that is on.
    @inline(__always)
    func emit(_ value: borrowing TemplateValue) throws(EvaluationError) {
        switch value {
        case .text(let text):
            if isEscaping && !text.isMarkup {
                output.append(escapedBytes(text))
            } else {
                text.withBytes { output.append($0) }
            }
        case .int(let value): output.append(decimal: value)
        default: try emitSlow(copy value)
        }
        if output.count > limits.outputBytes { throw tooMuchOutput() }
    }

    private func emitSlow(_ value: TemplateValue) throws(EvaluationError) {
        var (value, bytes) = (value, [UInt8]())
        if settings.printedForm == .ansible {
            switch value {
            case .none: return
            case .object(let object) where object is IteratorValue || object is DictViewValue:
                value = .list(Array(try items(value)))
            default: break
            }
            printsTuplesAsLists = true
        }
        defer { printsTuplesAsLists = false }
        try print(value, into: &bytes)
        if isEscaping, !(value.isUndefined && undefinedKind == .chainable) {
            output.append(escapedBytes(TextValue.make(bytes)))
        } else {
            output.append(bytes)
        }
    }

    func tooMuchOutput() -> EvaluationError {
        EvaluationError(
            .limitExceeded,
            "the output exceeds \(limits.outputBytes) bytes; raise `outputBytes` if it is meant to be this long")
    }

    /// `markupsafe.escape`, as bytes.
    func escapedBytes(_ text: TextValue) -> [UInt8] {
        text.withBytes { source in
            var bytes: [UInt8] = []
            bytes.reserveCapacity(source.count + source.count / 8)
            for byte in source {
                switch byte {
                case 0x26: bytes.append(contentsOf: "&amp;".utf8)
                case 0x3C: bytes.append(contentsOf: "&lt;".utf8)
                case 0x3E: bytes.append(contentsOf: "&gt;".utf8)
                case 0x27: bytes.append(contentsOf: "&#39;".utf8)
                case 0x22: bytes.append(contentsOf: "&#34;".utf8)
                default: bytes.append(byte)
                }
            }
            return bytes
        }
    }

    /// `escape(value)`: markup stays, everything else is printed and escaped.
    package func escape(_ value: TemplateValue) throws(EvaluationError) -> TextValue {
        if case .text(let text) = value, text.isMarkup { return text }
        return TextValue.make(escapedBytes(try text(value)), isMarkup: true)
    }
}

/// Appends an integer's decimal digits.
func appendDecimal(_ value: Int, to bytes: inout [UInt8]) {
    withUnsafeTemporaryAllocation(of: UInt8.self, capacity: 20) { digits in
        let start = writeDecimal(value, endingAt: 20, of: digits)
        bytes.append(contentsOf: digits[start...])
    }
}

/// Writes decimal digits that end at `end`; where they begin.
@inline(__always)
func writeDecimal(_ value: Int, endingAt end: Int, of digits: UnsafeMutableBufferPointer<UInt8>) -> Int {
    var (rest, at) = (value.magnitude, end)
    repeat {
        at -= 1
        digits[at] = UInt8(truncatingIfNeeded: 0x30 + rest % 10)
        rest /= 10
    } while rest > 0
    if value < 0 {
        at -= 1
        digits[at] = 0x2D
    }
    return at
}

/// `repr` of a float: shortest digits that read back, always with a point or an exponent.
package func pythonFloat(_ value: Double) -> String {
    if value.magnitude > 9_007_199_254_740_992, value.magnitude < 1e16 {
        return String(Int(value)) + ".0"
    }
    return value.description
}

/// Appends `repr` of a text: single quotes unless only those occur in it, escapes for what does not print.
package func representText(_ text: TextValue, into bytes: inout [UInt8]) {
    text.withBytes { source in
        let hasSingle = source.contains(0x27)
        let quote: UInt8 = hasSingle && !source.contains(0x22) ? 0x22 : 0x27
        if text.isMarkup { bytes.append(contentsOf: "Markup(".utf8) }
        bytes.append(quote)
        var index = 0
        while index < source.count {
            let byte = source[index]
            if byte < 0x80 {
                switch byte {
                case quote, 0x5C:
                    bytes.append(0x5C)
                    bytes.append(byte)
                case 0x0A: bytes.append(contentsOf: "\\n".utf8)
                case 0x0D: bytes.append(contentsOf: "\\r".utf8)
                case 0x09: bytes.append(contentsOf: "\\t".utf8)
                case 0..<0x20, 0x7F: appendHexEscape("\\x", UInt32(byte), 2, into: &bytes)
                default: bytes.append(byte)
                }
                index += 1
                continue
            }
            let width = scalarWidth(byte)
            let scalar = decodeScalar(source, at: index)
            if isPrintable(scalar) {
                bytes.append(contentsOf: source[index..<index + width])
            } else if scalar.value < 0x100 {
                appendHexEscape("\\x", scalar.value, 2, into: &bytes)
            } else if scalar.value < 0x10000 {
                appendHexEscape("\\u", scalar.value, 4, into: &bytes)
            } else {
                appendHexEscape("\\U", scalar.value, 8, into: &bytes)
            }
            index += width
        }
        bytes.append(quote)
        if text.isMarkup { bytes.append(0x29) }
    }
}

func appendHexEscape(_ prefix: String, _ value: UInt32, _ width: Int, into bytes: inout [UInt8]) {
    bytes.append(contentsOf: prefix.utf8)
    let digits = String(value, radix: 16)
    for _ in digits.utf8.count..<max(width, digits.utf8.count) { bytes.append(0x30) }
    bytes.append(contentsOf: digits.utf8)
}

/// The scalar whose UTF-8 starts at `index`.
package func decodeScalar(_ bytes: UnsafeBufferPointer<UInt8>, at index: Int) -> Unicode.Scalar {
    let lead = bytes[index]
    guard index + scalarWidth(lead) <= bytes.count else { return "\u{FFFD}" }
    let value: UInt32
    switch scalarWidth(lead) {
    case 1: value = UInt32(lead)
    case 2: value = UInt32(lead & 0x1F) << 6 | UInt32(bytes[index + 1] & 0x3F)
    case 3:
        value = UInt32(lead & 0x0F) << 12 | UInt32(bytes[index + 1] & 0x3F) << 6 | UInt32(bytes[index + 2] & 0x3F)
    default:
        value =
            UInt32(lead & 0x07) << 18 | UInt32(bytes[index + 1] & 0x3F) << 12
            | UInt32(bytes[index + 2] & 0x3F) << 6 | UInt32(bytes[index + 3] & 0x3F)
    }
    return Unicode.Scalar(value) ?? "\u{FFFD}"
}

/// Python's `str.isprintable` for one scalar.
package func isPrintable(_ scalar: Unicode.Scalar) -> Bool {
    if scalar.value < 0x80 { return scalar.value >= 0x20 && scalar.value != 0x7F }
    switch scalar.properties.generalCategory {
    case .control, .format, .surrogate, .privateUse, .unassigned, .lineSeparator, .paragraphSeparator,
        .spaceSeparator:
        return false
    default: return true
    }
}
