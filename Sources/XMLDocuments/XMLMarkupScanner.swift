import Glibc

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
            if case .text = state, sawMarkup {
                index += try skipText(UnsafeBufferPointer(rebasing: bytes[index...]))
                if index == bytes.count { return }
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

    /// Most of a document is text: goes on to the next tag, or to the end, and says how far that was.
    private mutating func skipText(_ bytes: UnsafeBufferPointer<UInt8>) throws(XMLError) -> Int {
        guard let start = bytes.baseAddress, bytes.count > 0 else { return 0 }
        let end = memchr(start, Int32(UInt8(ascii: "<")), bytes.count).map { UnsafeRawPointer(start).distance(to: $0) }
        let count = end ?? bytes.count
        guard memchr(start, 0, count) == nil else { throw nul() }
        var lineStart = 0
        var lines = 0
        for index in 0..<count where bytes[index] == 0x0A {
            lines += 1
            lineStart = index + 1
        }
        if lines > 0 {
            line += lines
            column = 0
        }
        for index in lineStart..<count where bytes[index] & 0xC0 != 0x80 { column += 1 }
        return count
    }

    private mutating func countTagByte() throws(XMLError) {
        tagBytes += 1
        guard tagBytes <= maximumTagBytes else {
            throw XMLError(
                .limit, what: "a tag is longer than \(maximumTagBytes) bytes", position: tagStart,
                remedy: "no device needs such a tag; look at what was sent")
        }
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
