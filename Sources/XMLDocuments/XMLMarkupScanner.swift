/// Looks over the bytes before libxml2 does: finds where each start tag begins, and refuses what must not reach the
/// parser (document types, over-long tags, text that is not UTF-8 at first sight).
///
///     text ──<──▶ opened ──name──▶ startTag ⇄ quoted
///      ▲            ├──/──▶ endTag
///      │            ├──?──▶ instruction
///      │            └──!──▶ bang ──▶ comment | cdata        (anything else after <! is a document type: refused)
///      └──────────────── at the end of each
struct XMLMarkupScanner {
    private enum State {
        case text
        case opened, startTag, quoted(UInt8), endTag
        case instruction(sawMark: Bool)
        case bang, bangDash
        case comment(dashes: Int)
        case cdata(brackets: Int)
    }
    private var state = State.text
    private var line = 1
    private var column = 0
    private var tagStart = XMLPosition(line: 1, column: 1)
    private var tagBytes = 0
    private var sawMarkup = false
    private let maximumTagBytes: Int

    /// Positions of start tags that the parser has not asked for yet, oldest at `taken`.
    private var pending: [XMLPosition] = []
    private var taken = 0

    init(limits: XMLLimits) { maximumTagBytes = limits.maximumTagBytes }

    var position: XMLPosition { XMLPosition(line: line, column: max(column, 1)) }

    /// Where the next start tag begins that the parser reports.
    mutating func takePosition() -> XMLPosition? {
        guard taken < pending.count else { return nil }
        defer {
            taken += 1
            if taken == pending.count {
                pending.removeAll(keepingCapacity: true)
                taken = 0
            }
        }
        return pending[taken]
    }

    mutating func scan(_ bytes: UnsafeBufferPointer<UInt8>) throws(XMLError) {
        var index = 0
        while index < bytes.count {
            switch state {
            case .text where sawMarkup:
                index = try skipText(bytes, from: index)
                if index == bytes.count { return }
                if let end = wholeTag(bytes, at: index) {
                    index = end
                    continue
                }
            case .startTag, .endTag:
                index = try skipTag(bytes, from: index)
                if index == bytes.count { return }
            default: break
            }
            let byte = bytes[index]
            index += 1
            if byte == 0x0A {
                line += 1
                column = 0
            } else if byte & 0xC0 != 0x80 {
                column += 1
            }
            switch state {
            case .text:
                if byte == UInt8(ascii: "<") {
                    tagStart = XMLPosition(line: line, column: column)
                    tagBytes = 1
                    state = .opened
                    sawMarkup = true
                } else if !sawMarkup {
                    try checkProlog(byte)
                } else if byte == 0 {
                    throw nul()
                }
            case .opened:
                tagBytes += 1
                switch byte {
                case UInt8(ascii: "/"): state = .endTag
                case UInt8(ascii: "?"): state = .instruction(sawMark: false)
                case UInt8(ascii: "!"): state = .bang
                case 0: throw nul()
                default:
                    pending.append(tagStart)
                    state = byte == UInt8(ascii: ">") ? .text : .startTag
                }
            case .startTag:
                try countTagByte()
                switch byte {
                case UInt8(ascii: ">"): state = .text
                case UInt8(ascii: "\""), UInt8(ascii: "'"): state = .quoted(byte)
                case 0: throw nul()
                default: break
                }
            case .quoted(let mark):
                try countTagByte()
                if byte == mark { state = .startTag }
            case .endTag:
                try countTagByte()
                if byte == UInt8(ascii: ">") { state = .text }
            case .instruction(let sawMark):
                if sawMark, byte == UInt8(ascii: ">") {
                    state = .text
                } else {
                    state = .instruction(sawMark: byte == UInt8(ascii: "?"))
                }
            case .bang:
                switch byte {
                case UInt8(ascii: "-"): state = .bangDash
                case UInt8(ascii: "["): state = .cdata(brackets: 0)
                default:
                    throw XMLError(
                        .documentType, what: "a document type declaration is not allowed", position: tagStart,
                        remedy: "NETCONF forbids it (RFC 6241 §3); remove <!DOCTYPE …>")
                }
            case .bangDash:
                state = byte == UInt8(ascii: "-") ? .comment(dashes: 0) : .text
            case .comment(let dashes):
                switch byte {
                case UInt8(ascii: "-"): state = .comment(dashes: min(dashes + 1, 2))
                case UInt8(ascii: ">") where dashes == 2: state = .text
                default: state = .comment(dashes: 0)
                }
            case .cdata(let brackets):
                switch byte {
                case UInt8(ascii: "]"): state = .cdata(brackets: min(brackets + 1, 2))
                case UInt8(ascii: ">") where brackets == 2: state = .text
                default: state = .cdata(brackets: 0)
                }
            }
        }
    }

    /// Most of a document is text: goes on to the next tag, or to the end, and says where that is.
    private mutating func skipText(_ bytes: UnsafeBufferPointer<UInt8>, from start: Int) throws(XMLError) -> Int {
        var index = start
        var scalars = column
        while index < bytes.count {
            let byte = bytes[index]
            if byte > 0x3C {
                if byte & 0xC0 != 0x80 { scalars &+= 1 }
            } else if byte == UInt8(ascii: "<") {
                break
            } else if byte == 0x0A {
                line += 1
                scalars = 0
            } else if byte == 0 {
                column = scalars
                throw nul()
            } else {
                scalars &+= 1
            }
            index &+= 1
        }
        column = scalars
        return index
    }

    /// A tag that ends where it should, in one go: where it ends. Nil for all that has to be looked at step by step: comments
    /// and the like, line feeds and NUL in a tag, one that is cut or too long.
    private mutating func wholeTag(_ bytes: UnsafeBufferPointer<UInt8>, at start: Int) -> Int? {
        guard start + 1 < bytes.count else { return nil }
        let first = bytes[start + 1]
        if first == UInt8(ascii: "!") || first == UInt8(ascii: "?") || first == UInt8(ascii: ">") { return nil }
        let limit = min(bytes.count, start + maximumTagBytes)
        var index = start + 1
        var scalars = column + 1
        var quote: UInt8 = 0
        while index < limit {
            let byte = bytes[index]
            index &+= 1
            if byte & 0xC0 != 0x80 { scalars &+= 1 }
            if byte > 0x3E { continue }
            if byte == 0x0A || byte == 0 { return nil }
            if quote != 0 {
                if byte == quote { quote = 0 }
            } else if byte == UInt8(ascii: ">") {
                if first != UInt8(ascii: "/") { pending.append(XMLPosition(line: line, column: column + 1)) }
                column = scalars
                return index
            } else if byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "'"), first != UInt8(ascii: "/") {
                quote = byte
            }
        }
        return nil
    }

    /// Names and blanks of a tag: goes on to the next byte that means something in it, and says where that is.
    private mutating func skipTag(_ bytes: UnsafeBufferPointer<UInt8>, from start: Int) throws(XMLError) -> Int {
        var index = start
        var scalars = 0
        // Neither quotes nor `>`, nor NUL and line feeds.
        while index < bytes.count, bytes[index] > 0x3E || bytes[index] == 0x20 || (0x2D...0x3D).contains(bytes[index]) {
            if bytes[index] & 0xC0 != 0x80 { scalars &+= 1 }
            index &+= 1
        }
        column += scalars
        tagBytes += index - start
        if tagBytes > maximumTagBytes { throw tooLong() }
        return index
    }

    private mutating func countTagByte() throws(XMLError) {
        tagBytes += 1
        if tagBytes > maximumTagBytes { throw tooLong() }
    }

    private func tooLong() -> XMLError {
        XMLError(
            .limit, what: "a tag is longer than \(maximumTagBytes) bytes", position: tagStart,
            remedy: "no device needs such a tag; look at what was sent")
    }

    /// Before the first tag only white space and a UTF-8 byte order mark may come. This also keeps out every encoding
    /// libxml2 would switch to by itself (UTF-16, UCS-4, EBCDIC).
    private func checkProlog(_ byte: UInt8) throws(XMLError) {
        switch byte {
        case 0x09, 0x0A, 0x0D, 0x20, 0xEF, 0xBB, 0xBF: return
        case 0x00, 0xFE, 0xFF, 0x4C:
            throw XMLError(.encoding, what: "the text is not UTF-8", position: position, remedy: "send UTF-8")
        default:
            throw XMLError(
                .malformed, what: "text before the first tag", position: position,
                remedy: "an XML document starts with <")
        }
    }

    private func nul() -> XMLError {
        XMLError(
            .malformed, what: "a NUL byte inside the text", position: position, remedy: "remove control characters")
    }
}
