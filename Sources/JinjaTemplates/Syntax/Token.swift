/// One token. What `value` holds depends on the kind: an interned name, or an index into the literals.
struct Token {
    enum Kind: UInt8 {
        case data, variableBegin, variableEnd, blockBegin, blockEnd, name, string, integer, float
        case add, sub, div, floordiv, mul, mod, pow, tilde, lbracket, rbracket, lparen, rparen, lbrace, rbrace
        case eq, ne, gt, gteq, lt, lteq, assign, dot, colon, pipe, comma, semicolon, eof

        /// As Jinja2 names it in messages.
        var description: String {
            switch self {
            case .data: "template data / text"
            case .variableBegin: "begin of print statement"
            case .variableEnd: "end of print statement"
            case .blockBegin: "begin of statement block"
            case .blockEnd: "end of statement block"
            case .name: "name"
            case .string: "string"
            case .integer: "integer"
            case .float: "float"
            case .add: "+"
            case .sub: "-"
            case .div: "/"
            case .floordiv: "//"
            case .mul: "*"
            case .mod: "%"
            case .pow: "**"
            case .tilde: "~"
            case .lbracket: "["
            case .rbracket: "]"
            case .lparen: "("
            case .rparen: ")"
            case .lbrace: "{"
            case .rbrace: "}"
            case .eq: "=="
            case .ne: "!="
            case .gt: ">"
            case .gteq: ">="
            case .lt: "<"
            case .lteq: "<="
            case .assign: "="
            case .dot: "."
            case .colon: ":"
            case .pipe: "|"
            case .comma: ","
            case .semicolon: ";"
            case .eof: "end of template"
            }
        }
    }

    var kind: Kind
    /// Byte offset in the source.
    var offset: Int32
    /// End of its bytes in the source.
    var end: Int32
    /// Name number, or the end of data after stripping.
    var value: Int32
}

/// Names of one template, numbered; the first ones are the language's own words.
struct NameTable {
    struct Entry {
        var text: TextValue
        var hash: Int
        /// What it means as a member of the built-in types.
        var traits: NameTraits
    }
    private(set) var entries: ContiguousArray<Entry> = []
    private var table: ContiguousArray<Int32>

    private init() { table = ContiguousArray(repeating: -1, count: 256) }

    // SAFETY: never changed after it is made; every template starts from a copy.
    /// The table of the language's own words.
    nonisolated(unsafe) static let words: NameTable = {
        var table = NameTable()
        for word in Word.allCases { _ = table.intern(TextValue.make(word.text)) }
        return table
    }()

    subscript(_ name: Int32) -> TextValue { entries[Int(name)].text }

    /// A copy with room for the names that a source is expected to add.
    func reserving(_ count: Int) -> NameTable {
        var copy = self
        copy.entries.reserveCapacity(entries.count + count)
        return copy
    }

    mutating func intern(_ bytes: UnsafeBufferPointer<UInt8>) -> Int32 {
        let hash = hashBytes(bytes)
        let slot = find(bytes, hash)
        if table[slot] >= 0 { return table[slot] }
        return add(TextValue.make(bytes), hash, slot)
    }

    mutating func intern(_ text: TextValue) -> Int32 { text.withBytes { intern($0) } }
    mutating func intern(_ string: String) -> Int32 { intern(TextValue.make(string)) }

    private func find(_ bytes: UnsafeBufferPointer<UInt8>, _ hash: Int) -> Int {
        let mask = table.count - 1
        var slot = hash & mask
        while table[slot] >= 0 {
            let known = Int(table[slot])
            if entries[known].hash == hash,
                entries[known].text.withBytes({ $0.count == bytes.count && bytesEqual($0, bytes) })
            {
                return slot
            }
            slot = (slot + 1) & mask
        }
        return slot
    }

    private mutating func add(_ text: TextValue, _ hash: Int, _ slot: Int) -> Int32 {
        let number = Int32(entries.count)
        entries.append(Entry(text: text, hash: hash, traits: NameTraits(text, hash: hash)))
        table[slot] = number
        if entries.count * 2 > table.count { grow() }
        return number
    }

    private mutating func grow() {
        table = ContiguousArray(repeating: -1, count: table.count * 2)
        let mask = table.count - 1
        for number in entries.indices {
            var slot = entries[number].hash & mask
            while table[slot] >= 0 { slot = (slot + 1) & mask }
            table[slot] = Int32(number)
        }
    }
}

/// The words the parser knows, in the order of their numbers in every `NameTable`.
enum Word: Int32, CaseIterable {
    case `for`, `in`, `if`, elif, `else`, endif, endfor, not, and, or, `is`, set, endset, macro, endmacro, call
    case endcall, filter, endfilter, block, endblock, extends, include, `import`, from, `as`, with, endwith
    case without, context, ignore, missing, autoescape, endautoescape, print, `do`, `break`, `continue`
    case recursive, scoped, required, lowerTrue, lowerFalse, lowerNone, upperTrue, upperFalse, upperNone
    case loop, `self`, `super`, caller, varargs, kwargs, debug, trans, endtrans, pluralize, trimmed, notrimmed

    var text: String {
        switch self {
        case .lowerTrue: "true"
        case .lowerFalse: "false"
        case .lowerNone: "none"
        case .upperTrue: "True"
        case .upperFalse: "False"
        case .upperNone: "None"
        default: String(describing: self)
        }
    }
}
