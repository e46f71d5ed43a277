/// Delimiters and switches in the form in which the lexer tries them; made once for many templates.
final class LexicalRules: Sendable {
    enum OpeningKind: Sendable { case block, variable, comment, lineStatement, lineComment }
    struct Opening: Sendable {
        var kind: OpeningKind
        var bytes: [UInt8]
    }

    let syntax: TemplateSyntax
    let blockStart: [UInt8]
    let blockEnd: [UInt8]
    let variableEnd: [UInt8]
    let commentEnd: [UInt8]
    /// Delimiters in the order in which they are tried at one place.
    let openings: [Opening]
    /// Those that begin a line or a comment at its end, which are tried first.
    let lineOpenings: [Opening]
    let lineComment: [UInt8]
    /// What a byte may be.
    struct ByteClass {
        let bit: UInt8
        /// It continues a name, as far as it is ASCII.
        static let name = ByteClass(bit: 1)
        /// It is white space, as far as it is ASCII.
        static let space = ByteClass(bit: 2)
        /// A delimiter begins with it.
        static let opening = ByteClass(bit: 4)
        /// The end of a tag may begin with it, a sign before it included.
        static let end = ByteClass(bit: 8)
    }
    /// The classes of each byte.
    private let classes: InlineArray<256, UInt8>

    @inline(__always)
    func isA(_ kind: ByteClass, _ byte: UInt8) -> Bool { classes[Int(byte)] & kind.bit != 0 }

    /// Where a run of bytes of a class ends that begins at `start`.
    @inline(__always)
    func endOfRun(of kind: ByteClass, in bytes: [UInt8], from start: Int) -> Int {
        bytes.withUnsafeBufferPointer { bytes in
            var index = start
            while index < bytes.count, classes[Int(bytes[index])] & kind.bit != 0 { index += 1 }
            return index
        }
    }

    /// The first byte of a class at or after `start`.
    @inline(__always)
    func firstIndex(of kind: ByteClass, in bytes: [UInt8], from start: Int) -> Int {
        bytes.withUnsafeBufferPointer { bytes in
            var index = start
            while index < bytes.count, classes[Int(bytes[index])] & kind.bit == 0 { index += 1 }
            return index
        }
    }

    init(_ syntax: TemplateSyntax) {
        self.syntax = syntax
        blockStart = Array(syntax.blockStart.utf8)
        blockEnd = Array(syntax.blockEnd.utf8)
        variableEnd = Array(syntax.variableEnd.utf8)
        commentEnd = Array(syntax.commentEnd.utf8)
        // Longest first; among equals variable, line statement, line comment, comment, block.
        var all = [Opening(kind: .variable, bytes: Array(syntax.variableStart.utf8))]
        if let prefix = syntax.lineStatementPrefix {
            all.append(Opening(kind: .lineStatement, bytes: Array(prefix.utf8)))
        }
        if let prefix = syntax.lineCommentPrefix { all.append(Opening(kind: .lineComment, bytes: Array(prefix.utf8))) }
        all.append(Opening(kind: .comment, bytes: Array(syntax.commentStart.utf8)))
        all.append(Opening(kind: .block, bytes: blockStart))
        let sorted = all.enumerated().sorted {
            $0.element.bytes.count != $1.element.bytes.count
                ? $0.element.bytes.count > $1.element.bytes.count : $0.offset < $1.offset
        }.map(\.element)
        openings = sorted.filter { $0.kind != .lineStatement && $0.kind != .lineComment }
        lineOpenings = sorted.filter { $0.kind == .lineStatement || $0.kind == .lineComment }
        lineComment = sorted.first { $0.kind == .lineComment }?.bytes ?? []
        var classes = InlineArray<256, UInt8>(repeating: 0)
        for byte in UInt8(0)..<0x80 {
            if isDigit(byte) || (byte | 0x20 >= 0x61 && byte | 0x20 <= 0x7A) || byte == 0x5F { classes[Int(byte)] |= 1 }
            if isASCIISpace(byte) { classes[Int(byte)] |= 2 }
        }
        for opening in openings { if let first = opening.bytes.first { classes[Int(first)] |= 4 } }
        for end in [blockEnd, variableEnd, [0x2D], [0x2B]] { if let first = end.first { classes[Int(first)] |= 8 } }
        self.classes = classes
    }
}
