/// The methods of Python's `str`.
enum TextMethods {
    static let names: Set<String> = [
        "upper", "lower", "title", "capitalize", "swapcase", "casefold", "strip", "lstrip", "rstrip", "split", "rsplit",
        "splitlines", "partition", "rpartition", "replace", "startswith", "endswith", "find", "rfind", "index",
        "rindex",
        "count", "isdigit", "isalpha", "isalnum", "isupper", "islower", "isspace", "isnumeric", "isdecimal", "istitle",
        "isidentifier", "isprintable", "isascii", "center", "ljust", "rjust", "zfill", "expandtabs", "join",
        "removeprefix", "removesuffix", "encode", "format", "format_map", "translate", "__len__", "__add__",
        "__contains__", "__str__", "__html__", "unescape", "striptags",
    ]

    static func isName(_ name: TextValue) -> Bool { names.contains(name.string) }

    static func call(
        _ text: TextValue, _ name: String, _ arguments: Arguments, _ state: RenderState
    ) throws(EvaluationError) -> TemplateValue? {
        try state.chargeWork(on: text)
        switch name {
        case "upper": return .text(TextCase.upper(text))
        case "lower": return .text(TextCase.lower(text))
        case "title": return .text(TextCase.titled(text))
        case "capitalize": return .text(TextCase.capitalized(text))
        case "swapcase": return .text(TextCase.swapped(text))
        case "casefold": return .text(TextCase.folded(text))
        case "strip", "lstrip", "rstrip":
            let bound = try arguments.bind(name, ["chars"])
            return .text(try stripped(text, bound[0], left: name != "rstrip", right: name != "lstrip"))
        case "split", "rsplit": return try split(text, arguments, fromRight: name == "rsplit", state)
        case "splitlines":
            let keep = try integer(noneRefused: try arguments.bind(name, ["keepends"])[0])
            try checkPieces(text, state)
            return .list(lines(text, keepEnds: keep ?? 0 != 0).map { .text($0) })
        case "partition", "rpartition": return try partition(text, arguments, fromRight: name == "rpartition", state)
        case "replace":
            let bound = try arguments.bind(name, ["old", "new", "count"], required: 2)
            guard case .text(let old)? = bound[0], case .text(let new)? = bound[1] else {
                throw wrongType(name, bound[0] ?? .none, bound[1] ?? .none)
            }
            return .text(try replaced(text, old, new, count: try integer(bound[2]) ?? -1, state))
        case "startswith", "endswith": return .bool(try hasAffix(text, arguments, atEnd: name == "endswith"))
        case "find", "rfind", "index", "rindex", "count": return try search(text, name, arguments)
        case "center", "ljust", "rjust": return .text(try justified(text, name, arguments, state))
        case "zfill":
            guard let width = try integer(try arguments.bind(name, ["width"], required: 1)[0]) else {
                throw EvaluationError(.typeError, "an integer is required")
            }
            try state.checkText(bytes: width)
            return .text(zeroFilled(text, max(0, width)))
        case "expandtabs":
            return .text(try expanded(text, try integer(try arguments.bind(name, ["tabsize"])[0]) ?? 8, state))
        case "join":
            guard arguments.count == 1 else { throw EvaluationError(.typeError, "join() takes exactly one argument") }
            return .text(try joined(arguments[0], by: text, state))
        case "removeprefix", "removesuffix": return .text(try removed(text, name, arguments))
        case "encode":
            let bound = try arguments.bind(name, ["encoding", "errors"])
            let encoding = bound[0, fallback: .string("utf-8")].string ?? ""
            guard ["utf-8", "utf8", "ascii"].contains(encoding.lowercased()) else {
                throw EvaluationError(.hostError, "unknown encoding: \(encoding)", typeName: "LookupError")
            }
            guard text.isASCII || encoding.lowercased() != "ascii" else {
                throw EvaluationError(
                    .hostError, "'ascii' codec can't encode characters: ordinal not in range(128)",
                    typeName: "UnicodeEncodeError")
            }
            return .object(BytesValue(text.bytes))
        case "format": return .text(try state.braceFormat(text, arguments))
        case "format_map":
            guard arguments.count == 1, case .dict(let dict) = arguments[0] else { return nil }
            let values = dict.pairs.map(\.value)
            let names = dict.pairs.compactMap(\.key.string)
            return try state.call(
                { (inner, state) throws(EvaluationError) in .text(try state.braceFormat(text, inner)) }, values,
                names: names)
        case "translate": return .text(try translated(text, arguments, state))
        case "__len__": return .int(text.scalarCount)
        case "__add__":
            guard arguments.count == 1, case .text(let other) = arguments[0] else {
                throw EvaluationError(.typeError, "can only concatenate str")
            }
            return .text(try state.concatenate(text, other))
        case "__contains__" where arguments.count == 1: return .bool(try state.contains(.text(text), arguments[0]))
        case "__str__", "__html__": return .text(text)
        case "striptags" where text.isMarkup: return .text(StandardFilters.stripTags(text))
        case "unescape" where text.isMarkup: return .text(StandardFilters.unescaped(text))
        default: return predicate(text, name).map { .bool($0) }
        }
    }

    private static func predicate(_ text: TextValue, _ name: String) -> Bool? {
        func all(_ test: (Unicode.Scalar) -> Bool) -> Bool { text.byteCount > 0 && text.scalars.allSatisfy(test) }
        switch name {
        case "isdigit": return all(TextCase.isDigit)
        case "isdecimal": return all(TextCase.isDecimal)
        case "isnumeric": return all(TextCase.isNumeric)
        case "isalpha": return all(TextCase.isLetter)
        case "isalnum": return all { TextCase.isLetter($0) || TextCase.isNumeric($0) }
        case "isspace": return all(isPythonSpace)
        case "isupper": return TextCase.isUniform(text, upper: true)
        case "islower": return TextCase.isUniform(text, upper: false)
        case "istitle": return TextCase.isTitle(text)
        case "isascii": return text.isASCII
        case "isprintable": return text.scalars.allSatisfy(isPrintable)
        case "isidentifier":
            guard let first = text.scalars.first else { return false }
            return (first == "_" || first.properties.isXIDStart)
                && text.scalars.dropFirst().allSatisfy(\.properties.isXIDContinue)
        default: return nil
        }
    }

    static func wrongType(_ name: String, _ values: TemplateValue...) -> EvaluationError {
        let wrong = values.first { if case .text = $0 { false } else { true } } ?? .none
        return EvaluationError(.typeError, "\(name)() argument must be str, not \(wrong.typeName)")
    }

    static func integer(_ value: TemplateValue?) throws(EvaluationError) -> Int? {
        guard let value else { return nil }
        switch value {
        case .int(let int): return int
        case .bool(let bool): return bool ? 1 : 0
        case .none: return nil
        default:
            if let big = value.bigInteger { return big.isNegative ? .min : .max }
            throw EvaluationError(.typeError, "'\(value.typeName)' object cannot be interpreted as an integer")
        }
    }

    /// The argument as an integer where Python takes no `None`.
    static func integer(noneRefused value: TemplateValue?) throws(EvaluationError) -> Int? {
        if case .some(.none) = value {
            throw EvaluationError(.typeError, "'NoneType' object cannot be interpreted as an integer")
        }
        return try integer(value)
    }

    static func stripped(
        _ text: TextValue, _ characters: TemplateValue?, left: Bool = true, right: Bool = true
    ) throws(EvaluationError) -> TextValue {
        let isStripped: (Unicode.Scalar) -> Bool
        switch characters {
        case nil, .some(.none): isStripped = isPythonSpace
        case .text(let set)?:
            let scalars = Set(set.scalars)
            isStripped = { scalars.contains($0) }
        case _?: throw EvaluationError(.typeError, "strip arg must be None or str")
        }
        var scalars = text.scalars[...]
        if left { while let first = scalars.first, isStripped(first) { scalars.removeFirst() } }
        if right { while let last = scalars.last, isStripped(last) { scalars.removeLast() } }
        if scalars.count == text.scalarCount { return text }
        return TextValue.make(scalars: scalars, isMarkup: text.isMarkup)
    }

    private static func split(
        _ text: TextValue, _ arguments: Arguments, fromRight: Bool, _ state: RenderState
    ) throws(EvaluationError) -> TemplateValue {
        let bound = try arguments.bind(fromRight ? "rsplit" : "split", ["sep", "maxsplit"])
        let limit = try integer(noneRefused: bound[1]) ?? -1
        let parts: [TextValue]
        switch bound[0] {
        case nil, .some(.none):
            try checkPieces(text, state)
            parts = splitSpace(text, limit: limit, fromRight: fromRight)
        case .text(let separator)?:
            guard separator.byteCount > 0 else { throw EvaluationError(.valueError, "empty separator") }
            if text.byteCount > 4096 { try state.checkItems(count(of: separator, in: text) + 1) }
            parts = splitText(text, separator, limit: limit, fromRight: fromRight)
        case let other?: throw EvaluationError(.typeError, "must be str or None, not \(other.typeName)")
        }
        return .list(parts.map { .text($0) })
    }

    /// Refuses a text that might fall apart into more words or lines than a list may have.
    static func checkPieces(_ text: TextValue, _ state: RenderState) throws(EvaluationError) {
        guard text.byteCount > state.limits.items else { return }
        let breaks = text.withBytes { bytes in bytes.reduce(0) { $1 <= 0x20 || $1 >= 0xC2 ? $0 + 1 : $0 } }
        try state.checkItems(breaks + 1)
    }

    /// How often a part occurs, without overlaps.
    static func count(of part: TextValue, in text: TextValue) -> Int {
        guard part.byteCount > 0 else { return text.scalarCount + 1 }
        var (count, start) = (0, 0)
        while let at = text.firstOffset(of: part, from: start) {
            count += 1
            start = at + part.byteCount
        }
        return count
    }

    static func splitText(_ text: TextValue, _ separator: TextValue, limit: Int, fromRight: Bool) -> [TextValue] {
        var offsets: [Int] = []
        var start = 0
        if fromRight {
            // The same search through text and separator read backwards, so that it is as fast.
            let (backwards, wanted) = (text.bytes.reversed() as [UInt8], separator.bytes.reversed() as [UInt8])
            backwards.withUnsafeBufferPointer { bytes in
                wanted.withUnsafeBufferPointer { needle in
                    while limit < 0 || offsets.count < limit, let at = findBytes(needle, in: bytes, from: start) {
                        offsets.append(bytes.count - at - needle.count)
                        start = at + needle.count
                    }
                }
            }
            offsets.reverse()
        } else {
            while limit < 0 || offsets.count < limit, let at = text.firstOffset(of: separator, from: start) {
                offsets.append(at)
                start = at + separator.byteCount
            }
        }
        var parts: [TextValue] = []
        start = 0
        for offset in offsets {
            parts.append(text.byteSlice(start, offset, isMarkup: text.isMarkup))
            start = offset + separator.byteCount
        }
        parts.append(text.byteSlice(start, text.byteCount, isMarkup: text.isMarkup))
        return parts
    }

    static func lastOffset(of part: TextValue, in text: TextValue, before end: Int) -> Int? {
        let (bytes, needle) = (text.bytes[..<end].reversed() as [UInt8], part.bytes.reversed() as [UInt8])
        return bytes.withUnsafeBufferPointer { bytes in
            needle.withUnsafeBufferPointer { needle in
                findBytes(needle, in: bytes, from: 0).map { end - $0 - needle.count }
            }
        }
    }

    static func splitSpace(_ text: TextValue, limit: Int, fromRight: Bool) -> [TextValue] {
        var scalars = text.scalars
        if fromRight { scalars.reverse() }
        var parts: [[Unicode.Scalar]] = []
        var index = 0
        while true {
            while index < scalars.count, isPythonSpace(scalars[index]) { index += 1 }
            guard index < scalars.count else { break }
            if limit >= 0, parts.count >= limit {
                parts.append(Array(scalars[index...]))
                break
            }
            let start = index
            while index < scalars.count, !isPythonSpace(scalars[index]) { index += 1 }
            parts.append(Array(scalars[start..<index]))
        }
        if fromRight { parts = parts.reversed().map { $0.reversed() } }
        return parts.map { TextValue.make(scalars: $0, isMarkup: text.isMarkup) }
    }

    /// Lines as `str.splitlines` finds them.
    static func lines(_ text: TextValue, keepEnds: Bool = false) -> [TextValue] {
        let scalars = text.scalars
        var result: [TextValue] = []
        var (start, index) = (0, 0)
        while index < scalars.count {
            switch scalars[index].value {
            case 0x0A, 0x0B, 0x0C, 0x0D, 0x1C, 0x1D, 0x1E, 0x85, 0x2028, 0x2029:
                let end = index
                if scalars[index] == "\r", index + 1 < scalars.count, scalars[index + 1] == "\n" { index += 1 }
                index += 1
                result.append(
                    TextValue.make(scalars: scalars[start..<(keepEnds ? index : end)], isMarkup: text.isMarkup))
                start = index
            default: index += 1
            }
        }
        if start < scalars.count { result.append(TextValue.make(scalars: scalars[start...], isMarkup: text.isMarkup)) }
        return result
    }

    private static func partition(
        _ text: TextValue, _ arguments: Arguments, fromRight: Bool, _ state: RenderState
    ) throws(EvaluationError) -> TemplateValue {
        guard arguments.count == 1 else { throw EvaluationError(.typeError, "partition() takes exactly one argument") }
        guard case .text(let separator) = arguments[0] else { throw wrongType("partition", arguments[0]) }
        guard separator.byteCount > 0 else { throw EvaluationError(.valueError, "empty separator") }
        let parts = splitText(text, separator, limit: 1, fromRight: fromRight)
        if parts.count == 2 {
            return .tuple([.text(parts[0]), .text(separator.marked(text.isMarkup)), .text(parts[1])])
        }
        let rest = [TemplateValue](repeating: .text(TextValue.empty.marked(text.isMarkup)), count: 2)
        return .tuple(fromRight ? rest + [.text(text)] : [.text(text)] + rest)
    }

    static func replaced(
        _ text: TextValue, _ old: TextValue, _ new: TextValue, count: Int, _ state: RenderState
    ) throws(EvaluationError) -> TextValue {
        let limit = count < 0 ? Int.max : count
        let (oldBytes, newBytes) = (old, text.isMarkup && !new.isMarkup ? TextValue.make(state.escapedBytes(new)) : new)
        if old.byteCount == 0 {
            let (inserted, overflow) = newBytes.byteCount.multipliedReportingOverflow(
                by: min(limit, text.scalarCount + 1))
            try state.checkText(bytes: overflow ? .max : inserted.addingReportingOverflow(text.byteCount).partialValue)
            var bytes: [UInt8] = []
            var done = 0
            for scalar in text.scalars {
                if done < limit {
                    bytes += newBytes.bytes
                    done += 1
                }
                bytes.appendScalar(scalar)
            }
            if done < limit { bytes += newBytes.bytes }
            return TextValue.make(bytes, isMarkup: text.isMarkup)
        }
        var matches = 0
        var start = 0
        while matches < limit, let at = text.firstOffset(of: oldBytes, from: start) {
            matches += 1
            start = at + old.byteCount
        }
        guard matches > 0 else { return text }
        let (inserted, overflow) = newBytes.byteCount.multipliedReportingOverflow(by: matches)
        let size = text.byteCount - matches * old.byteCount
        try state.checkText(bytes: overflow ? .max : inserted.addingReportingOverflow(size).partialValue)
        return text.withBytes { source in
            oldBytes.withBytes { wanted in
                newBytes.withBytes { replacement in
                    TextValue.make(byteCount: size + inserted, isMarkup: text.isMarkup) { target in
                        var (from, to) = (0, 0)
                        func copy(_ bytes: UnsafeBufferPointer<UInt8>) {
                            guard let start = bytes.baseAddress else { return }
                            (target + to).update(from: start, count: bytes.count)
                            to += bytes.count
                        }
                        for _ in 0..<matches {
                            guard let at = findBytes(wanted, in: source, from: from) else { return }
                            copy(UnsafeBufferPointer(rebasing: source[from..<at]))
                            copy(replacement)
                            from = at + wanted.count
                        }
                        copy(UnsafeBufferPointer(rebasing: source[from...]))
                    }
                }
            }
        }
    }

    /// Byte range of the scalars between the optional indices in arguments `first` and `first + 1`.
    private static func range(
        _ text: TextValue, _ arguments: Arguments, _ first: Int
    ) throws(EvaluationError) -> (low: Int, high: Int)? {
        let count = text.scalarCount
        func clamp(_ value: Int) -> Int { max(0, min(count, value < 0 ? value + count : value)) }
        var (low, high) = (0, count)
        if arguments.count > first, let value = try integer(arguments[first]) {
            if value > count { return nil }
            low = clamp(value)
        }
        if arguments.count > first + 1, let value = try integer(arguments[first + 1]) { high = clamp(value) }
        guard low <= high else { return nil }
        return (text.byteOffset(ofScalar: low), text.byteOffset(ofScalar: high))
    }

    private static func hasAffix(_ text: TextValue, _ arguments: Arguments, atEnd: Bool) throws(EvaluationError) -> Bool
    {
        let name = atEnd ? "endswith" : "startswith"
        guard arguments.count >= 1 else {
            throw EvaluationError(.typeError, "\(name)() takes at least 1 argument (0 given)")
        }
        let candidates: [TemplateValue]
        switch arguments[0] {
        case .text: candidates = [arguments[0]]
        case .tuple(let tuple): candidates = Array(tuple.items)
        default:
            throw EvaluationError(
                .typeError, "\(name) first arg must be str or a tuple of str, not \(arguments[0].typeName)")
        }
        guard let (low, high) = try range(text, arguments, 1) else { return false }
        let part = text.bytes[low..<high]
        for candidate in candidates {
            guard case .text(let affix) = candidate else { throw wrongType(name, candidate) }
            let bytes = affix.bytes
            if atEnd ? part.suffix(bytes.count).elementsEqual(bytes) : part.starts(with: bytes) { return true }
        }
        return false
    }

    private static func search(
        _ text: TextValue, _ name: String, _ arguments: Arguments
    ) throws(EvaluationError) -> TemplateValue {
        guard arguments.count >= 1 else {
            throw EvaluationError(.typeError, "\(name)() takes at least 1 argument (0 given)")
        }
        guard case .text(let part) = arguments[0] else {
            throw EvaluationError(.typeError, "must be str, not \(arguments[0].typeName)")
        }
        let bounds = try range(text, arguments, 1)
        if name == "count" {
            guard let (low, high) = bounds else { return .int(0) }
            let slice = text.byteSlice(low, high)
            return .int(self.count(of: part, in: slice))
        }
        var found: Int?
        if let (low, high) = bounds {
            let slice = text.byteSlice(low, high)
            let at =
                name.hasPrefix("r")
                ? lastOffset(of: part, in: slice, before: slice.byteCount) : slice.firstOffset(of: part)
            found = at.map { text.byteSlice(0, low + $0).scalarCount }
        }
        if let found { return .int(found) }
        if name.hasSuffix("index") { throw EvaluationError(.valueError, "substring not found") }
        return .int(-1)
    }

    private static func justified(
        _ text: TextValue, _ name: String, _ arguments: Arguments, _ state: RenderState
    ) throws(EvaluationError) -> TextValue {
        let bound = try arguments.bind(name, ["width", "fillchar"], required: 1)
        guard let width = try integer(bound[0]) else {
            throw EvaluationError(.typeError, "'NoneType' object cannot be interpreted as an integer")
        }
        var fill: Unicode.Scalar = " "
        if let given = bound[1] {
            guard case .text(let text) = given, let only = text.scalars.first, text.scalarCount == 1 else {
                throw EvaluationError(.typeError, "The fill character must be exactly one character long")
            }
            fill = only
        }
        return try padded(text, width, fill, name, state)
    }

    static func padded(
        _ text: TextValue, _ width: Int, _ fill: Unicode.Scalar, _ how: String, _ state: RenderState
    ) throws(EvaluationError) -> TextValue {
        guard width > text.scalarCount else { return text }
        let missing = width - text.scalarCount
        try state.checkText(bytes: width > Int.max / 4 ? .max : width * 4)
        let left: Int
        switch how {
        case "rjust": left = missing
        case "center": left = missing / 2 + (missing & width & 1)
        default: left = 0
        }
        let scalars =
            [Unicode.Scalar](repeating: fill, count: left) + text.scalars
            + [Unicode.Scalar](repeating: fill, count: missing - left)
        return TextValue.make(scalars: scalars, isMarkup: text.isMarkup)
    }

    static func zeroFilled(_ text: TextValue, _ width: Int) -> TextValue {
        let missing = width - text.scalarCount
        guard missing > 0 else { return text }
        let zeros = [UInt8](repeating: 0x30, count: missing)
        let bytes = text.bytes
        if let first = bytes.first, first == 0x2B || first == 0x2D {
            return TextValue.make([first] + zeros + bytes.dropFirst())
        }
        return TextValue.make(zeros + bytes)
    }

    private static func expanded(_ text: TextValue, _ size: Int, _ state: RenderState) throws(EvaluationError)
        -> TextValue
    {
        var result: [Unicode.Scalar] = []
        var column = 0
        for scalar in text.scalars {
            if scalar == "\t" {
                guard size > 0 else { continue }
                let count = size - column % size
                try state.checkText(bytes: count > Int.max / 2 ? .max : result.count + count)
                result += [Unicode.Scalar](repeating: " ", count: count)
                column += count
            } else {
                result.append(scalar)
                column = scalar == "\n" || scalar == "\r" ? 0 : column + 1
            }
        }
        return TextValue.make(scalars: result, isMarkup: text.isMarkup)
    }

    static func joined(_ value: TemplateValue, by separator: TextValue, _ state: RenderState) throws(EvaluationError)
        -> TextValue
    {
        var bytes: [UInt8] = []
        for (index, item) in try state.items(value).enumerated() {
            if index > 0 { bytes += separator.bytes }
            if separator.isMarkup {
                bytes += try state.escape(item).bytes
                if bytes.count > state.limits.textBytes { break }
                continue
            }
            guard case .text(let text) = item else {
                throw EvaluationError(
                    .typeError, "sequence item \(index): expected str instance, \(item.typeName) found")
            }
            text.withBytes { bytes.append(contentsOf: $0) }
            if bytes.count > state.limits.textBytes { break }
        }
        try state.checkText(bytes: bytes.count)
        return TextValue.make(bytes, isMarkup: separator.isMarkup)
    }

    private static func removed(_ text: TextValue, _ name: String, _ arguments: Arguments) throws(EvaluationError)
        -> TextValue
    {
        guard arguments.count == 1, case .text(let affix) = arguments[0] else {
            throw EvaluationError(.typeError, "\(name)() argument must be str")
        }
        let (bytes, part) = (text.bytes, affix.bytes)
        if name == "removeprefix" {
            return bytes.starts(with: part) ? text.byteSlice(part.count, bytes.count, isMarkup: text.isMarkup) : text
        }
        guard !part.isEmpty, bytes.suffix(part.count).elementsEqual(part) else { return text }
        return text.byteSlice(0, bytes.count - part.count, isMarkup: text.isMarkup)
    }

    private static func translated(
        _ text: TextValue, _ arguments: Arguments, _ state: RenderState
    ) throws(EvaluationError) -> TextValue {
        guard arguments.count == 1, case .dict(let table) = arguments[0] else {
            throw EvaluationError(.typeError, "translate() takes a dict here")
        }
        var bytes: [UInt8] = []
        for scalar in text.scalars {
            switch table.get(.int(Int(scalar.value)), hash: hashInteger(Int(scalar.value))) {
            case nil: bytes.appendScalar(scalar)
            case .some(.none): continue
            case .int(let value)?: bytes.appendScalar(Unicode.Scalar(UInt32(clamping: value)) ?? "\u{FFFD}")
            case let other?: try state.print(other, into: &bytes)
            }
            if bytes.count > state.limits.textBytes { try state.checkText(bytes: bytes.count) }
        }
        return TextValue.make(bytes, isMarkup: text.isMarkup)
    }
}

/// `bytes`, as far as templates meet them.
package final class BytesValue: ObjectValue {
    package let bytes: [UInt8]
    package init(_ bytes: [UInt8]) { self.bytes = bytes }
    package override var typeName: String { "bytes" }
    package override func represent(_ state: RenderState) throws(EvaluationError) -> String {
        var text: [UInt8] = [0x62]
        let quote: UInt8 = bytes.contains(0x27) && !bytes.contains(0x22) ? 0x22 : 0x27
        text.append(quote)
        for byte in bytes {
            switch byte {
            case quote, 0x5C: text += [0x5C, byte]
            case 0x0A: text += Array("\\n".utf8)
            case 0x0D: text += Array("\\r".utf8)
            case 0x09: text += Array("\\t".utf8)
            case 0x20..<0x7F: text.append(byte)
            default: appendHexEscape("\\x", UInt32(byte), 2, into: &text)
            }
        }
        text.append(quote)
        return String(decoding: text, as: UTF8.self)
    }
    package override func length(_ state: RenderState) throws(EvaluationError) -> Int? { bytes.count }
    package override func iterator(_ state: RenderState) throws(EvaluationError) -> ValueIterator? {
        ArrayIterator(ContiguousArray(bytes.map { .int(Int($0)) }))
    }
    package override func attribute(_ name: String, _ state: RenderState) throws(EvaluationError) -> TemplateValue? {
        guard name == "decode" else { return nil }
        return .object(FunctionValue("decode") { [bytes] (_, _) throws(EvaluationError) in .bytes(bytes) })
    }
}
