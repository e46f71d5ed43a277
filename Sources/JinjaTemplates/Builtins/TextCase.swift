/// Case rules of Python's `str`, scalar by scalar.
enum TextCase {
    static func upper(_ text: TextValue) -> TextValue {
        if text.isASCII { return mapASCII(text) { $0 >= 0x61 && $0 <= 0x7A ? $0 - 32 : $0 } }
        return map(text) { $0.properties.uppercaseMapping }
    }

    static func lower(_ text: TextValue) -> TextValue {
        if text.isASCII { return mapASCII(text) { $0 >= 0x41 && $0 <= 0x5A ? $0 + 32 : $0 } }
        let scalars = text.scalars
        var bytes: [UInt8] = []
        for index in scalars.indices { bytes.append(contentsOf: lower(scalars, index).utf8) }
        return TextValue.make(bytes, isMarkup: text.isMarkup)
    }

    /// The lower case of one scalar where it stands: a sigma at the end of a word has a form of its own.
    private static func lower(_ scalars: [Unicode.Scalar], _ index: Int) -> String {
        guard scalars[index] == "\u{3A3}" else {
            return isUncased(scalars[index])
                ? String(Character(scalars[index])) : scalars[index].properties.lowercaseMapping
        }
        return isFinalSigma(scalars, index) ? "\u{3C2}" : "\u{3C3}"
    }

    /// Whether it is one of the commonest characters without case.
    private static func isUncased(_ scalar: Unicode.Scalar) -> Bool { scalar.value < 0x41 }

    private static func isFinalSigma(_ scalars: [Unicode.Scalar], _ index: Int) -> Bool {
        var before = index - 1
        while before >= 0, scalars[before].properties.isCaseIgnorable { before -= 1 }
        guard before >= 0, scalars[before].properties.isCased else { return false }
        var after = index + 1
        while after < scalars.count, scalars[after].properties.isCaseIgnorable { after += 1 }
        return after >= scalars.count || !scalars[after].properties.isCased
    }

    static func swapped(_ text: TextValue) -> TextValue {
        if text.isASCII {
            return mapASCII(text) { $0 >= 0x61 && $0 <= 0x7A ? $0 - 32 : $0 >= 0x41 && $0 <= 0x5A ? $0 + 32 : $0 }
        }
        let scalars = text.scalars
        var bytes: [UInt8] = []
        for (index, scalar) in scalars.enumerated() {
            if scalar.properties.isUppercase {
                bytes.append(contentsOf: lower(scalars, index).utf8)
            } else if scalar.properties.isLowercase {
                bytes.append(contentsOf: scalar.properties.uppercaseMapping.utf8)
            } else {
                bytes.appendScalar(scalar)
            }
        }
        return TextValue.make(bytes, isMarkup: text.isMarkup)
    }

    static func folded(_ text: TextValue) -> TextValue {
        if text.isASCII { return lower(text) }
        return map(text) { scalar in
            if scalar.value == 0x131 { return "\u{131}" }
            if scalar.value == 0x130 { return "i\u{307}" }
            return scalar.properties.uppercaseMapping.unicodeScalars.map { $0.properties.lowercaseMapping }.joined()
        }
    }

    /// First character in title case, the rest in lower case.
    static func capitalized(_ text: TextValue) -> TextValue {
        if text.isASCII {
            var isFirst = true
            return mapASCII(text) { byte in
                defer { isFirst = false }
                if isFirst { return byte >= 0x61 && byte <= 0x7A ? byte - 32 : byte }
                return byte >= 0x41 && byte <= 0x5A ? byte + 32 : byte
            }
        }
        let scalars = text.scalars
        guard let first = scalars.first else { return text }
        var bytes = Array(first.properties.titlecaseMapping.utf8)
        for index in scalars.indices.dropFirst() { bytes.append(contentsOf: lower(scalars, index).utf8) }
        return TextValue.make(bytes, isMarkup: text.isMarkup)
    }

    /// Python's `str.title`.
    static func titled(_ text: TextValue) -> TextValue {
        if text.isASCII {
            var isInWord = false
            return mapASCII(text) { byte in
                let isLetter = byte | 0x20 >= 0x61 && byte | 0x20 <= 0x7A
                defer { isInWord = isLetter }
                return !isLetter ? byte : isInWord ? byte | 0x20 : byte & 0xDF
            }
        }
        let scalars = text.scalars
        var previousIsCased = false
        var bytes: [UInt8] = []
        for index in scalars.indices {
            let properties = scalars[index].properties
            bytes += (previousIsCased ? lower(scalars, index) : properties.titlecaseMapping).utf8
            previousIsCased = properties.isCased
        }
        return TextValue.make(bytes, isMarkup: text.isMarkup)
    }

    private static func map(_ text: TextValue, _ body: (Unicode.Scalar) -> String) -> TextValue {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(text.byteCount)
        for scalar in text.scalars { bytes.append(contentsOf: body(scalar).utf8) }
        return TextValue.make(bytes, isMarkup: text.isMarkup)
    }

    private static func mapASCII(_ text: TextValue, _ body: (UInt8) -> UInt8) -> TextValue {
        text.withBytes { source in
            TextValue.make(byteCount: source.count, isMarkup: text.isMarkup) { target in
                for index in 0..<source.count { target[index] = body(source[index]) }
            }
        }
    }

    /// Whether there is a cased character and all of them are upper (or lower) case.
    static func isUniform(_ text: TextValue, upper: Bool) -> Bool {
        var found = false
        for scalar in text.scalars {
            let properties = scalar.properties
            let isTitle = properties.generalCategory == .titlecaseLetter
            if upper ? properties.isLowercase || isTitle : properties.isUppercase || isTitle { return false }
            if upper ? properties.isUppercase : properties.isLowercase { found = true }
        }
        return found
    }

    static func isTitle(_ text: TextValue) -> Bool {
        var (previousIsCased, found) = (false, false)
        for scalar in text.scalars {
            let properties = scalar.properties
            if properties.isUppercase || properties.generalCategory == .titlecaseLetter {
                if previousIsCased { return false }
                (previousIsCased, found) = (true, true)
            } else if properties.isLowercase {
                guard previousIsCased else { return false }
                found = true
            } else {
                previousIsCased = false
            }
        }
        return found
    }

    static func isLetter(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.properties.generalCategory {
        case .uppercaseLetter, .lowercaseLetter, .titlecaseLetter, .modifierLetter, .otherLetter: true
        default: false
        }
    }
    static func isDecimal(_ scalar: Unicode.Scalar) -> Bool { scalar.properties.numericType == .decimal }
    static func isDigit(_ scalar: Unicode.Scalar) -> Bool {
        scalar.properties.numericType == .decimal || scalar.properties.numericType == .digit
    }
    static func isNumeric(_ scalar: Unicode.Scalar) -> Bool { scalar.properties.numericType != nil }
}
