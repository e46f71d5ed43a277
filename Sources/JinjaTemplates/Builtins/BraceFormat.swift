extension RenderState {
    /// `format.format(...)`.
    func braceFormat(_ format: TextValue, _ arguments: Arguments) throws(EvaluationError) -> TextValue {
        var automatic = 0
        let scalars = format.scalars
        let text = try braceText(scalars[...], arguments, &automatic, format.isMarkup, depth: 2)
        try checkText(bytes: text.utf8.count)
        return TextValue.make(text, isMarkup: format.isMarkup)
    }

    /// `automatic` counts `{}` fields; −1 once fields are numbered by hand.
    private func braceText(
        _ scalars: ArraySlice<Unicode.Scalar>, _ arguments: Arguments, _ automatic: inout Int, _ isMarkup: Bool,
        depth: Int
    ) throws(EvaluationError) -> String {
        guard depth > 0 else { throw EvaluationError(.valueError, "Max string recursion exceeded") }
        var result = String.UnicodeScalarView()
        var size = 0
        var index = scalars.startIndex
        while index < scalars.endIndex {
            let scalar = scalars[index]
            index += 1
            if scalar == "}" {
                guard index < scalars.endIndex, scalars[index] == "}" else {
                    throw EvaluationError(.valueError, "Single '}' encountered in format string")
                }
                index += 1
                result.append(scalar)
            } else if scalar == "{" {
                if index < scalars.endIndex, scalars[index] == "{" {
                    index += 1
                    result.append(scalar)
                    continue
                }
                guard index < scalars.endIndex else {
                    throw EvaluationError(.valueError, "Single '{' encountered in format string")
                }
                let field = try fieldEnd(scalars, &index)
                let text = try replacement(field, arguments, &automatic, isMarkup, depth)
                size += text.utf8.count
                try checkText(bytes: size)
                result.append(contentsOf: text.unicodeScalars)
            } else {
                result.append(scalar)
            }
        }
        return String(result)
    }

    private func fieldEnd(
        _ scalars: ArraySlice<Unicode.Scalar>, _ index: inout Int
    ) throws(EvaluationError) -> ArraySlice<Unicode.Scalar> {
        let start = index
        var depth = 1
        var inBrackets = false
        while index < scalars.endIndex {
            switch scalars[index] {
            case "[": inBrackets = true
            case "]": inBrackets = false
            case "{" where !inBrackets: depth += 1
            case "}" where !inBrackets:
                depth -= 1
                if depth == 0 {
                    index += 1
                    return scalars[start..<index - 1]
                }
            default: break
            }
            index += 1
        }
        throw EvaluationError(.valueError, "expected '}' before end of string")
    }

    private func replacement(
        _ field: ArraySlice<Unicode.Scalar>, _ arguments: Arguments, _ automatic: inout Int, _ isMarkup: Bool,
        _ depth: Int
    ) throws(EvaluationError) -> String {
        var nameEnd = field.startIndex
        var inBrackets = false
        while nameEnd < field.endIndex {
            let scalar = field[nameEnd]
            if scalar == "[" { inBrackets = true }
            if scalar == "]" { inBrackets = false }
            if !inBrackets, scalar == ":" || scalar == "!" { break }
            if scalar == "{" { throw EvaluationError(.valueError, "unexpected '{' in field name") }
            nameEnd += 1
        }
        var index = nameEnd
        var conversion: Unicode.Scalar?
        if index < field.endIndex, field[index] == "!" {
            index += 1
            guard index < field.endIndex else {
                throw EvaluationError(.valueError, "unmatched '{' in format spec")
            }
            conversion = field[index]
            index += 1
            if index < field.endIndex, field[index] != ":" {
                throw EvaluationError(.valueError, "expected ':' after conversion specifier")
            }
        }
        var value = try fieldValue(field[field.startIndex..<nameEnd], arguments, &automatic)
        switch conversion {
        case nil: break
        case "r": value = .string(try represent(value))
        case "s": value = .text(try text(value))
        case "a": value = .string(asciiOnly(try represent(value)))
        case let other?:
            throw EvaluationError(.valueError, "Unknown conversion specifier '\(other)'")
        }
        var specification = ""
        if index < field.endIndex {
            let rest = field[(index + 1)...]
            specification =
                rest.contains("{") || rest.contains("}")
                ? try braceText(rest, arguments, &automatic, false, depth: depth - 1)
                : String(String.UnicodeScalarView(rest))
        }
        let result = try formatted(value, specification)
        if isMarkup {
            if case .text(let text) = value, text.isMarkup { return result }
            return String(decoding: escapedBytes(TextValue.make(result)), as: UTF8.self)
        }
        return result
    }

    private func fieldValue(
        _ name: ArraySlice<Unicode.Scalar>, _ arguments: Arguments, _ automatic: inout Int
    ) throws(EvaluationError) -> TemplateValue {
        var index = name.startIndex
        while index < name.endIndex, name[index] != ".", name[index] != "[" { index += 1 }
        let first = String(String.UnicodeScalarView(name[name.startIndex..<index]))
        var value: TemplateValue
        if settings.sandbox != .none {
            value = try sandboxedStart(first, isWhole: index == name.endIndex, arguments, &automatic)
        } else if first.isEmpty || Int(first) != nil {
            let position: Int
            if let number = Int(first) {
                guard automatic <= 0 else {
                    throw EvaluationError(
                        .valueError, "cannot switch from automatic field numbering to manual field specification")
                }
                automatic = -1
                position = number
            } else {
                guard automatic >= 0 else {
                    throw EvaluationError(
                        .valueError, "cannot switch from manual field specification to automatic field numbering")
                }
                position = automatic
                automatic += 1
            }
            guard position >= 0, position < arguments.count else {
                throw EvaluationError(
                    .indexError, "Replacement index \(position) out of range for positional args tuple")
            }
            value = arguments[position]
        } else {
            guard let found = arguments.keyword(first) else { throw EvaluationError(.keyError, pythonQuoted(first)) }
            value = found
        }
        while index < name.endIndex {
            if name[index] == "." {
                let start = index + 1
                index = start
                while index < name.endIndex, name[index] != ".", name[index] != "[" { index += 1 }
                let member = String(String.UnicodeScalarView(name[start..<index]))
                guard !member.isEmpty else { throw EvaluationError(.valueError, "Empty attribute in format string") }
                value = try formatAttribute(value, member)
            } else {
                guard let close = name[index...].firstIndex(of: "]") else {
                    throw EvaluationError(.valueError, "Missing ']' in format string")
                }
                let key = String(String.UnicodeScalarView(name[(index + 1)..<close]))
                value = try formatItem(value, key)
                index = close + 1
                if index < name.endIndex, name[index] != ".", name[index] != "[" {
                    throw EvaluationError(.valueError, "Only '.' or '[' may follow ']' in format field specifier")
                }
            }
        }
        return value
    }

    /// The sandbox has a formatter of Python's own, which watches over the numbering of whole fields only.
    private func sandboxedStart(
        _ first: String, isWhole: Bool, _ arguments: Arguments, _ automatic: inout Int
    ) throws(EvaluationError) -> TemplateValue {
        var position = Int(first)
        if first.isEmpty, isWhole {
            guard automatic >= 0 else {
                throw EvaluationError(
                    .valueError, "cannot switch from manual field specification to automatic field numbering")
            }
            position = automatic
            automatic += 1
        } else if position != nil, isWhole {
            guard automatic <= 0 else {
                throw EvaluationError(
                    .valueError, "cannot switch from manual field specification to automatic field numbering")
            }
            automatic = -1
        }
        guard let position else {
            guard let found = arguments.keyword(first) else { throw EvaluationError(.keyError, pythonQuoted(first)) }
            return found
        }
        guard position >= 0, position < arguments.count else {
            throw EvaluationError(.indexError, "Replacement index \(position) out of range for positional args tuple")
        }
        return arguments[position]
    }

    private func formatAttribute(_ value: TemplateValue, _ name: String) throws(EvaluationError) -> TemplateValue {
        if settings.sandbox != .none || value.isUndefined {
            let text = TextValue.make(name)
            return try attribute(value, text, text.contentHash)
        }
        if case .dict = value {
            throw EvaluationError(.attributeError, "'dict' object has no attribute '\(name)'")
        }
        let text = TextValue.make(name)
        let found = try attribute(value, text, text.contentHash)
        if case .undefined = found {
            throw EvaluationError(.attributeError, "'\(value.typeName)' object has no attribute '\(name)'")
        }
        return found
    }

    private func formatItem(_ value: TemplateValue, _ key: String) throws(EvaluationError) -> TemplateValue {
        if settings.sandbox != .none || value.isUndefined {
            return try item(value, Int(key).map { .int($0) } ?? .string(key))
        }
        switch value {
        case .none, .bool, .int, .double:
            throw EvaluationError(.typeError, "'\(value.typeName)' object is not subscriptable")
        case .object(let object) where object is IteratorValue:
            throw EvaluationError(.typeError, "'\(value.typeName)' object is not subscriptable")
        default:
            guard value.bigInteger == nil else {
                throw EvaluationError(.typeError, "'int' object is not subscriptable")
            }
        }
        let index: TemplateValue = Int(key).map { .int($0) } ?? .string(key)
        let found = try item(value, index)
        if case .undefined = found {
            if case .dict = value { throw EvaluationError(.keyError, try represent(index)) }
            if case .text = index {
                throw EvaluationError(.typeError, "indices must be integers or slices, not str")
            }
            throw EvaluationError(.indexError, "\(value.typeName) index out of range")
        }
        return found
    }
}
