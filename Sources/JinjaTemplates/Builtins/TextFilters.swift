extension StandardFilters {
    private static func flag(_ value: TemplateValue?, _ state: RenderState, _ fallback: Bool) throws(EvaluationError)
        -> Bool
    {
        guard let value else { return fallback }
        return try state.truth(value)
    }

    static let texts: [String: TemplateFunction] = [
        "upper": plain("upper") { (value, state) throws(EvaluationError) in .text(TextCase.upper(try state.text(value)))
        },
        "lower": plain("lower") { (value, state) throws(EvaluationError) in .text(TextCase.lower(try state.text(value)))
        },
        "capitalize": plain("capitalize") { (value, state) throws(EvaluationError) in
            .text(TextCase.capitalized(try state.text(value)))
        },
        "title": plain("title") { (value, state) throws(EvaluationError) in .text(titled(try state.text(value))) },
        "trim": { (arguments, state) throws(EvaluationError) in
            let bound = try arguments.bind("do_trim", ["value", "chars"], required: 1)
            return .text(try TextMethods.stripped(try state.text(arguments[0]), bound[1]))
        },
        "center": { (arguments, state) throws(EvaluationError) in
            let bound = try arguments.bind("do_center", ["value", "width"], required: 1)
            return .text(
                try TextMethods.padded(
                    try state.text(arguments[0]), try TextMethods.integer(noneRefused: bound[1]) ?? 80, " ", "center",
                    state))
        },
        "replace": { (arguments, state) throws(EvaluationError) in
            let bound = try arguments.bind("do_replace", ["s", "old", "new", "count"], required: 3)
            return .text(try replaced(arguments[0], bound[1] ?? .none, bound[2] ?? .none, bound[3], state))
        },
        "format": { (arguments, state) throws(EvaluationError) in
            guard arguments.count == 1 || !arguments.hasKeywords else {
                throw EvaluationError(
                    .filterArgumentError, "can't handle positional and keyword arguments at the same time")
            }
            let format = try state.text(arguments[0])
            if arguments.hasKeywords {
                let dict = DictValue()
                for (index, name) in arguments.keywordNames.enumerated() {
                    dict.set(name, arguments.keywordValue(at: index))
                }
                return .text(try state.percentFormat(format, .dict(dict)))
            }
            return .text(try state.percentFormat(format, .tuple(Array(arguments.positional.dropFirst()))))
        },
        "indent": { (arguments, state) throws(EvaluationError) in
            let bound = try arguments.bind("do_indent", ["s", "width", "first", "blank"], required: 1)
            let first = try flag(bound[2], state, false)
            let blank = try flag(bound[3], state, false)
            return .text(try indented(arguments[0], bound[1, fallback: .int(4)], first: first, blank: blank, state))
        },
        "truncate": { (arguments, state) throws(EvaluationError) in
            let bound = try arguments.bind("do_truncate", ["s", "length", "killwords", "end", "leeway"], required: 1)
            return try truncated(arguments[0], bound, state)
        },
        "wordcount": plain("wordcount") { (value, state) throws(EvaluationError) in
            var (count, inWord) = (0, false)
            for scalar in try state.text(value).scalars {
                let isWord = scalar == "_" || TextCase.isLetter(scalar) || TextCase.isNumeric(scalar)
                if isWord, !inWord { count += 1 }
                inWord = isWord
            }
            return .int(count)
        },
        "wordwrap": { (arguments, state) throws(EvaluationError) in
            let bound = try arguments.bind(
                "do_wordwrap", ["s", "width", "break_long_words", "wrapstring", "break_on_hyphens"], required: 1)
            guard case .text(let text) = arguments[0] else {
                if case .undefined(let info) = arguments[0] { throw state.undefinedError(info) }
                throw EvaluationError(
                    .attributeError, "'\(arguments[0].typeName)' object has no attribute 'splitlines'")
            }
            var width = 79
            switch bound[1] {
            case nil: break
            case .double(let double)?:
                guard double > 0 else {
                    throw EvaluationError(.valueError, "invalid width \(pythonFloat(double)) (must be > 0)")
                }
                width = max(1, Int(exactly: min(double, 1e9).rounded(.down)) ?? 1)
            case let given?:
                // Only a line is measured.
                guard text.byteCount > 0 else { return .emptyText }
                guard let number = given.isNone ? nil : try? TextMethods.integer(given) else {
                    throw EvaluationError(
                        .typeError, "'<=' not supported between instances of '\(given.typeName)' and 'int'")
                }
                width = number
            }
            guard width > 0 else { throw EvaluationError(.valueError, "invalid width \(width) (must be > 0)") }
            var wrapper = TextWrapper(width: width)
            wrapper.breaksLongWords = try flag(bound[2], state, true)
            wrapper.breaksOnHyphens = try flag(bound[4], state, true)
            let between: TemplateValue =
                if let given = bound[3], !given.isNone { given } else { .string(state.settings.syntax.newlineSequence) }
            let separator = try state.text(between)
            try TextMethods.checkPieces(text, state)
            try state.checkItems(text.scalarCount / width)
            // The separator joins plain text: it alone decides whether the result is markup.
            let isMarkup = separator.isMarkup
            let lines = TextMethods.lines(text).map { line in
                wrapper.wrap(line.scalars).map { piece in
                    isMarkup ? String(decoding: state.escapedBytes(TextValue.make(piece)), as: UTF8.self) : piece
                }.joined(separator: separator.string)
            }
            return .text(TextValue.make(lines.joined(separator: separator.string), isMarkup: isMarkup))
        },
        "striptags": plain("striptags") { (value, state) throws(EvaluationError) in
            .text(stripTags(try state.text(value)))
        },
        "urlencode": plain("urlencode") { (value, state) throws(EvaluationError) in .text(try urlEncoded(value, state))
        },
        "xmlattr": { (arguments, state) throws(EvaluationError) in
            let bound = try arguments.bind("do_xmlattr", ["d", "autospace"], required: 1)
            return .text(try xmlAttributes(arguments[0], autospace: bound[1], state))
        },
        "urlize": { (arguments, state) throws(EvaluationError) in
            let bound = try arguments.bind(
                "do_urlize", ["value", "trim_url_limit", "nofollow", "target", "rel", "extra_schemes"], required: 1)
            let text = try state.text(arguments[0])
            if let given = bound[4], given.string == nil, try state.truth(given) {
                throw EvaluationError(.attributeError, "'\(given.typeName)' object has no attribute 'split'")
            }
            var relations = Set((bound[4]?.string ?? "").split(separator: " ").map(String.init))
            relations.insert("noopener")
            if try flag(bound[2], state, false) { relations.insert("nofollow") }
            // A limit that is none is noticed by the first link.
            var limit: Int?
            var limitError: EvaluationError?
            switch bound[1] {
            case .double(let double)?:
                limit = Int(exactly: double.rounded(.down))
                limitError = sliceError()
            case let given?:
                do throws(EvaluationError) {
                    limit = try TextMethods.integer(given)
                } catch {
                    limitError = error
                }
            case nil: break
            }
            var linker = TextLinker(
                limit: limit, relation: relations.sorted().joined(separator: " "),
                target: bound[3]?.string,
                schemes: try (bound[5].map { (v) throws(EvaluationError) in try state.items(v) } ?? []).compactMap(
                    \.string))
            let escaped = try state.escape(.text(text)).string
            let linked = linker.link(escaped)
            if let limitError {
                guard linker.trimmed == 0 else { throw limitError }
            }
            return .text(TextValue.make(linked, isMarkup: state.autoescape))
        },
    ]

    static func replaced(
        _ value: TemplateValue, _ old: TemplateValue, _ new: TemplateValue, _ count: TemplateValue?,
        _ state: RenderState
    ) throws(EvaluationError) -> TextValue {
        let count = try TextMethods.integer(count) ?? -1
        var text = try state.text(value)
        var old = try state.text(old)
        var new = try state.text(new)
        if !state.autoescape {
            // Without escaping there is plain text only.
            (text, old, new) = (text.marked(false), old.marked(false), new.marked(false))
        } else {
            if old.isMarkup || (new.isMarkup && !text.isMarkup) { text = try state.escape(.text(text)) }
            if text.isMarkup, !old.isMarkup { old = TextValue.make(state.escapedBytes(old)) }
        }
        return try TextMethods.replaced(text, old.marked(false), new, count: count, state)
    }

    /// Jinja2's own title case: words begin after white space, hyphens and opening brackets.
    private static func titled(_ text: TextValue) -> TextValue {
        var bytes: [UInt8] = []
        var word: [Unicode.Scalar] = []
        func flush() {
            guard let first = word.first else { return }
            bytes += TextCase.upper(TextValue.make(scalars: [first])).bytes
            bytes += TextCase.lower(TextValue.make(scalars: word.dropFirst())).bytes
            word = []
        }
        for scalar in text.scalars {
            if isPythonSpace(scalar) || ["-", "(", "{", "[", "<"].contains(scalar) {
                flush()
                bytes.appendScalar(scalar)
            } else {
                word.append(scalar)
            }
        }
        flush()
        return TextValue.make(bytes)
    }

    private static func indented(
        _ value: TemplateValue, _ width: TemplateValue, first: Bool, blank: Bool, _ state: RenderState
    ) throws(EvaluationError) -> TextValue {
        let indent: [UInt8]
        switch width {
        case .text(let text): indent = text.bytes
        case .undefined(let info): throw state.undefinedError(info)
        case .none, .double:
            throw EvaluationError(.typeError, "can't multiply sequence by non-int of type '\(width.typeName)'")
        default:
            let count = max(0, try TextMethods.integer(width) ?? 0)
            try state.checkText(bytes: count)
            indent = [UInt8](repeating: 0x20, count: count)
        }
        guard case .text(let text) = value else {
            if case .undefined(let info) = value { throw state.undefinedError(info) }
            if case .list = value {
                throw EvaluationError(.attributeError, "'list' object has no attribute 'splitlines'")
            }
            throw EvaluationError.unsupported("+=", value, .emptyText)
        }
        try TextMethods.checkPieces(text, state)
        // One more newline, so that a final one counts as a line.
        let lines = TextMethods.lines(TextValue.make(text.bytes + [0x0A]))
        var bytes: [UInt8] = first ? indent : []
        for (index, line) in lines.enumerated() {
            if index > 0 {
                bytes.append(0x0A)
                if blank || line.byteCount > 0 { bytes += indent }
            }
            line.withBytes { bytes.append(contentsOf: $0) }
            if bytes.count > state.limits.textBytes { break }
        }
        try state.checkText(bytes: bytes.count)
        return TextValue.make(bytes, isMarkup: text.isMarkup)
    }

    private static func sliceError() -> EvaluationError {
        EvaluationError(.typeError, "slice indices must be integers or None or have an __index__ method")
    }

    private static func truncated(
        _ value: TemplateValue, _ bound: BoundArguments, _ state: RenderState
    ) throws(EvaluationError) -> TemplateValue {
        guard case .text(let end) = bound[3, fallback: .string("...")] else {
            throw EvaluationError(
                .typeError, "object of type '\(bound[3, fallback: .none].typeName)' has no len()")
        }
        let given = bound[1, fallback: .int(255)]
        if try state.compare(.less, given, .int(end.scalarCount)) {
            throw EvaluationError(
                .hostError, "expected length >= \(end.scalarCount), got \(try state.string(given))",
                typeName: "AssertionError")
        }
        let leeway = try TextMethods.integer(bound[4]) ?? 5
        var length = 0
        if case .double(let double) = given {
            // Good for the comparison, and for nothing after it.
            guard let count = try state.length(value) else {
                throw EvaluationError(.typeError, "object of type '\(value.typeName)' has no len()")
            }
            guard Double(count) > double + Double(leeway) else { return value }
            throw sliceError()
        } else {
            length = try TextMethods.integer(given) ?? 255
        }
        guard leeway >= 0 else {
            throw EvaluationError(.hostError, "expected leeway >= 0, got \(leeway)", typeName: "AssertionError")
        }
        guard let count = try state.length(value) else {
            throw EvaluationError(.typeError, "object of type '\(value.typeName)' has no len()")
        }
        if count <= length &+ leeway { return value }
        let isWhole = try flag(bound[2], state, false)
        guard case .text(let text) = value else {
            switch value {
            case .list where !isWhole, .tuple where !isWhole:
                throw EvaluationError(.attributeError, "'\(value.typeName)' object has no attribute 'rsplit'")
            default: throw EvaluationError(.typeError, "can only truncate text, not \(value.typeName)")
            }
        }
        var scalars = Array(text.scalars.prefix(length - end.scalarCount))
        if !isWhole, let space = scalars.lastIndex(of: " ") {
            scalars = Array(scalars[..<space])
        }
        return .text(try state.concatenate(TextValue.make(scalars: scalars, isMarkup: text.isMarkup), end))
    }

    /// Text without tags and comments, white space collapsed, entities resolved.
    static func stripTags(_ text: TextValue) -> TextValue {
        let bytes = withoutTags(withoutComments(text.bytes))
        let words = TextMethods.splitSpace(TextValue.make(bytes), limit: -1, fromRight: false).map(\.string)
        return unescaped(TextValue.make(words.joined(separator: " ")))
    }

    /// Takes out `<!-- … -->`, over and over where taking one out brings the next about, in one pass.
    private static func withoutComments(_ bytes: [UInt8]) -> [UInt8] {
        let (opening, closing) = (Array("<!--".utf8), Array("-->".utf8))
        var result: [UInt8] = []
        result.reserveCapacity(bytes.count)
        var index = 0
        while index < bytes.count {
            result.append(bytes[index])
            index += 1
            guard bytes[index - 1] == 0x2D, result.suffix(4).elementsEqual(opening) else { continue }
            // The end may share the opening's dashes: `<!-->` is a whole comment.
            let ahead = [0x2D, 0x2D] + bytes[index..<min(index + 2, bytes.count)]
            if ahead.dropFirst(0).starts(with: closing) {
                index += 1
            } else if ahead.dropFirst(1).starts(with: closing) {
                index += 2
            } else {
                let end = bytes.withUnsafeBufferPointer { b in
                    closing.withUnsafeBufferPointer { findBytes($0, in: b, from: index) }
                }
                guard let end else {
                    result += bytes[index...]
                    return result
                }
                index = end + 3
            }
            result.removeLast(4)
        }
        return result
    }

    private static func withoutTags(_ bytes: [UInt8]) -> [UInt8] {
        var result: [UInt8] = []
        result.reserveCapacity(bytes.count)
        var index = 0
        while index < bytes.count {
            if bytes[index] == 0x3C {
                guard let end = bytes[index...].firstIndex(of: 0x3E) else {
                    result += bytes[index...]
                    return result
                }
                index = end + 1
            } else {
                result.append(bytes[index])
                index += 1
            }
        }
        return result
    }

    /// The characters that the common entities stand for.
    static func unescaped(_ text: TextValue) -> TextValue {
        let known = [
            "amp": "&", "lt": "<", "gt": ">", "quot": "\"", "apos": "'", "nbsp": "\u{A0}", "copy": "©", "raquo": "»",
            "laquo": "«", "hellip": "…", "mdash": "—", "ndash": "–",
        ]
        let source = Array(text.string.unicodeScalars)
        var result = String.UnicodeScalarView()
        var index = 0
        while index < source.count {
            if source[index] == "&", let end = source[index...].prefix(12).firstIndex(of: ";") {
                let name = String(String.UnicodeScalarView(source[(index + 1)..<end]))
                var replacement = known[name]
                if name.hasPrefix("#x") || name.hasPrefix("#X") {
                    replacement = UInt32(name.dropFirst(2), radix: 16).flatMap(Unicode.Scalar.init).map {
                        String(Character($0))
                    }
                } else if name.hasPrefix("#") {
                    replacement = UInt32(name.dropFirst()).flatMap(Unicode.Scalar.init).map { String(Character($0)) }
                }
                if let replacement {
                    result.append(contentsOf: replacement.unicodeScalars)
                    index = end + 1
                    continue
                }
            }
            result.append(source[index])
            index += 1
        }
        return TextValue.make(String(result))
    }

    private static func quoted(_ value: TemplateValue, forQuery: Bool, _ state: RenderState) throws(EvaluationError)
        -> [UInt8]
    {
        var bytes: [UInt8] = []
        let digits = Array("0123456789ABCDEF".utf8)
        for byte in try state.text(value).bytes {
            switch byte {
            case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x5F, 0x2E, 0x2D, 0x7E: bytes.append(byte)
            case 0x2F where !forQuery: bytes.append(byte)
            case 0x20 where forQuery: bytes.append(0x2B)
            default: bytes += [0x25, digits[Int(byte >> 4)], digits[Int(byte & 15)]]
            }
        }
        return bytes
    }

    private static func urlEncoded(_ value: TemplateValue, _ state: RenderState) throws(EvaluationError) -> TextValue {
        if case .text = value { return TextValue.make(try quoted(value, forQuery: false, state)) }
        guard let iterator = try state.iteratorIfIterable(value) else {
            return TextValue.make(try quoted(value, forQuery: false, state))
        }
        var pairs: ContiguousArray<TemplateValue> = []
        if case .dict(let dict) = value {
            pairs = ContiguousArray(dict.pairs.map { .tuple([$0.key, $0.value]) })
        } else {
            while let item = try iterator.next(state) { pairs.append(item) }
        }
        var bytes: [UInt8] = []
        for (index, pair) in pairs.enumerated() {
            let parts = try state.items(pair)
            guard parts.count == 2 else {
                throw EvaluationError(.valueError, "not enough values to unpack (expected 2, got \(parts.count))")
            }
            if index > 0 { bytes.append(0x26) }
            bytes += try quoted(parts[0], forQuery: true, state)
            bytes.append(0x3D)
            bytes += try quoted(parts[1], forQuery: true, state)
        }
        return TextValue.make(bytes)
    }

    private static func xmlAttributes(_ value: TemplateValue, autospace: TemplateValue?, _ state: RenderState)
        throws(EvaluationError) -> TextValue
    {
        guard case .dict(let dict) = value else {
            if case .undefined(let info) = value { throw state.undefinedError(info) }
            throw EvaluationError(.attributeError, "'\(value.typeName)' object has no attribute 'items'")
        }
        var parts: [String] = []
        for pair in dict.pairs {
            if pair.value.isNone || pair.value.isUndefined { continue }
            guard case .text(let key) = pair.key else {
                throw EvaluationError(.typeError, "expected string or bytes-like object, got '\(pair.key.typeName)'")
            }
            if key.string.unicodeScalars.contains(where: { isPythonSpace($0) || $0 == "/" || $0 == ">" || $0 == "=" }) {
                throw EvaluationError(.valueError, "Invalid character in attribute name: \(pythonQuoted(key.string))")
            }
            parts.append("\(try state.escape(pair.key).string)=\"\(try state.escape(pair.value).string)\"")
        }
        let text = (try flag(autospace, state, true) && !parts.isEmpty ? " " : "") + parts.joined(separator: " ")
        return TextValue.make(text, isMarkup: state.autoescape)
    }
}

extension String {
    /// The first occurrence of a text; without Foundation.
    fileprivate func range(of text: String) -> Range<String.Index>? { self[...].range(of: text) }
}

extension Substring {
    fileprivate func range(of text: String) -> Range<String.Index>? {
        var start = startIndex
        while start < endIndex {
            if self[start...].hasPrefix(text) { return start..<index(start, offsetBy: text.count) }
            start = index(after: start)
        }
        return nil
    }
}
