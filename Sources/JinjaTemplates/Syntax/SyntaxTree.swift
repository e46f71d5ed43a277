/// An expression's place in its template's arena.
struct ExpressionID {
    var raw: Int32
    static let absent = ExpressionID(raw: -1)
    var isAbsent: Bool { raw < 0 }
}

/// A run of expression ids in the arena's list.
struct ExpressionRun {
    var start: Int32
    var count: Int32
    static let empty = ExpressionRun(start: 0, count: 0)
}

/// The arguments of a call, filter or test.
struct CallArguments {
    var positional: ExpressionRun = .empty
    /// Values of the keyword arguments; their names are `keywordNames`.
    var keywords: ExpressionRun = .empty
    var keywordNames: [Int32] = []
    var dynamicPositional: ExpressionID = .absent
    var dynamicKeywords: ExpressionID = .absent

    /// Whether there are no arguments at all.
    var isEmpty: Bool {
        positional.count == 0 && keywords.count == 0 && dynamicPositional.isAbsent && dynamicKeywords.isAbsent
    }
    /// Whether there is one positional argument and nothing else.
    var isOnePositional: Bool { positional.count == 1 && isPositional }
    /// Whether all arguments are positional and written one by one.
    var isPositional: Bool { keywords.count == 0 && dynamicPositional.isAbsent && dynamicKeywords.isAbsent }
}

enum UnaryOperator { case not, negate, plus }

/// An expression. Children are ids into the arena, names are numbers of the name table.
enum Expression {
    case name(Int32)
    /// Assigned or declared name.
    case target(Int32)
    /// `ns.attr` as an assignment target.
    case namespaceTarget(Int32, Int32)
    case constant(Int32)
    case tuple(ExpressionRun)
    case list(ExpressionRun)
    /// Keys and values in turn.
    case dict(ExpressionRun)
    case attribute(ExpressionID, Int32)
    case item(ExpressionID, ExpressionID)
    case slice(ExpressionID, start: ExpressionID, stop: ExpressionID, step: ExpressionID)
    /// `a[1:2, 3]`: a slice inside of a tuple subscript, which nothing supports.
    case bareSlice(start: ExpressionID, stop: ExpressionID, step: ExpressionID)
    case call(ExpressionID, Int32)
    /// The input is absent in filter blocks and filtered `set` blocks.
    case filter(ExpressionID, Int32, Int32)
    case test(ExpressionID, Int32, Int32)
    case unary(UnaryOperator, ExpressionID)
    case binary(ArithmeticOperator, ExpressionID, ExpressionID)
    case and(ExpressionID, ExpressionID)
    case or(ExpressionID, ExpressionID)
    case concat(ExpressionRun)
    /// The operands; the operators start at the given index of the arena's list.
    case compare(ExpressionRun, Int32)
    case conditional(test: ExpressionID, then: ExpressionID, otherwise: ExpressionID)
    /// Literal text in an output statement: start and end in the source.
    case data(Int32, Int32)
    /// A translated message, which is text plus values.
    case translated(Int32)
}

/// A parameter list with the defaults of its last parameters.
struct Signature {
    var parameters: [Int32] = []
    var defaults: [ExpressionID] = []
}

/// What `{% trans %}` says.
struct TranslatedMessage {
    var singular: [UInt8]
    var plural: [UInt8]?
    var count: ExpressionID
    /// Placeholder names and their values.
    var variables: [(name: Int32, value: ExpressionID)]
}

/// A statement and where it stands in the source.
struct Statement {
    /// Offset of its tag, and of the end of its last one.
    var offset: Int32
    var end: Int32
    var kind: Kind

    var range: ClosedRange<Int32> { offset...max(offset, end) }

    enum Kind {
        case output(ExpressionRun)
        /// `assigns` tells whether anything inside is assigned.
        case conditional([(test: ExpressionID, body: [Statement])], otherwise: [Statement], assigns: Bool)
        case loop(Loop)
        case assign(ExpressionID, ExpressionID)
        case assignBlock(ExpressionID, filter: ExpressionID, [Statement])
        case macro(Int32, Signature, [Statement])
        case callBlock(Signature, call: ExpressionID, [Statement])
        case filterBlock(ExpressionID, [Statement])
        case with(targets: [ExpressionID], values: [ExpressionID], [Statement])
        case autoescape(ExpressionID, [Statement])
        case block(Block)
        case extends(ExpressionID)
        case include(ExpressionID, ignoreMissing: Bool, withContext: Bool)
        case importTemplate(ExpressionID, target: Int32, withContext: Bool)
        case fromImport(ExpressionID, names: [(name: Int32, alias: Int32)], withContext: Bool)
        case perform(ExpressionID)
        case breakLoop
        case continueLoop
        case debug
    }

    struct Loop {
        var target: ExpressionID
        var iterable: ExpressionID
        var test: ExpressionID
        var isRecursive: Bool
        var body: [Statement]
        var otherwise: [Statement]
    }

    struct Block {
        var name: Int32
        var isScoped: Bool
        var isRequired: Bool
        var body: [Statement]
    }
}

/// An expression, where it stands in the source, and how many are inside of one another in it.
struct SyntaxNode {
    var expression: Expression
    var offset: Int32
    var depth: Int32
}

/// Words of the language as a set.
struct WordSet {
    private var bits: UInt64 = 0
    mutating func insert(_ word: Word) { bits |= 1 << UInt64(word.rawValue) }
    func contains(_ word: Word) -> Bool { bits & 1 << UInt64(word.rawValue) != 0 }
}

/// A parsed template: statements, and the arena their expressions live in.
final class SyntaxTree {
    let source: [UInt8]
    let names: NameTable
    let body: [Statement]
    let arena: SyntaxArena
    /// What a line end of literal text becomes.
    let newline: [UInt8]

    init(source: [UInt8], names: NameTable, body: [Statement], arena: consuming SyntaxArena, newline: [UInt8]) {
        (self.source, self.names, self.body, self.newline) = (source, names, body, newline)
        self.arena = arena
    }

    subscript(_ id: ExpressionID) -> Expression { arena[id] }
    func offset(_ id: ExpressionID) -> Int32 { arena.offset(id) }
    func members(_ run: ExpressionRun) -> ArraySlice<ExpressionID> { arena.members(run) }
}

/// The expressions of a template, filled by the parser.
struct SyntaxArena: ~Copyable {
    var nodes: ContiguousArray<SyntaxNode> = []
    var lists: [ExpressionID] = []
    var comparisons: [ComparisonOperator] = []
    var constants: ContiguousArray<TemplateValue> = []
    var calls: [CallArguments] = []
    var messages: [TranslatedMessage] = []
    /// Where the language's own words are read as variables, in the order of their offsets.
    private(set) var wordReads: [(word: Word, offset: Int32)] = []
    /// What need not be looked for where it is not.
    private var readWords = WordSet()
    var hasBlocks = false
    var hasExtends = false
    var hasLoopTarget = false

    subscript(_ id: ExpressionID) -> Expression { nodes[Int(id.raw)].expression }
    func offset(_ id: ExpressionID) -> Int32 { nodes[Int(id.raw)].offset }
    func members(_ run: ExpressionRun) -> ArraySlice<ExpressionID> {
        lists[Int(run.start)..<Int(run.start + run.count)]
    }

    mutating func noteRead(of word: Word, at offset: Int32) {
        readWords.insert(word)
        wordReads.append((word, max(offset, wordReads.last?.offset ?? 0)))
    }

    /// Whether a word is read as a variable between two places of the source.
    func reads(_ word: Word, in range: ClosedRange<Int32>) -> Bool {
        guard readWords.contains(word) else { return false }
        var (low, high) = (0, wordReads.count)
        while low < high {
            let middle = (low + high) / 2
            if wordReads[middle].offset < range.lowerBound { low = middle + 1 } else { high = middle }
        }
        return wordReads[low...].contains { $0.offset <= range.upperBound && $0.word == word }
    }

    /// The depth of the deepest expression directly inside of one, 0 when there is none.
    func depthInside(of expression: Expression) -> Int32 {
        switch expression {
        case .name, .target, .namespaceTarget, .constant, .data: return 0
        case .attribute(let base, _), .unary(_, let base): return depth(base)
        case .item(let a, let b), .binary(_, let a, let b), .and(let a, let b), .or(let a, let b):
            return max(depth(a), depth(b))
        default:
            var deepest: Int32 = 0
            forEachChild(of: expression) { deepest = max(deepest, nodes[Int($0.raw)].depth) }
            return deepest
        }
    }

    private func depth(_ id: ExpressionID) -> Int32 { id.isAbsent ? 0 : nodes[Int(id.raw)].depth }

    /// Calls `body` with each expression directly inside of one, in order.
    func forEachChild(of expression: Expression, _ body: (ExpressionID) -> Void) {
        func visit(_ id: ExpressionID) { if !id.isAbsent { body(id) } }
        func visit(_ run: ExpressionRun) { for at in Int(run.start)..<Int(run.start + run.count) { visit(lists[at]) } }
        switch expression {
        case .name, .target, .namespaceTarget, .constant, .data: break
        case .tuple(let run), .list(let run), .dict(let run), .concat(let run), .compare(let run, _): visit(run)
        case .attribute(let base, _), .unary(_, let base): visit(base)
        case .item(let a, let b), .binary(_, let a, let b), .and(let a, let b), .or(let a, let b):
            visit(a)
            visit(b)
        case .slice(let base, let start, let stop, let step):
            visit(base)
            visit(start)
            visit(stop)
            visit(step)
        case .bareSlice(let start, let stop, let step):
            visit(start)
            visit(stop)
            visit(step)
        case .call(let base, let call), .filter(let base, _, let call), .test(let base, _, let call):
            visit(base)
            let (positional, keywords) = (calls[Int(call)].positional, calls[Int(call)].keywords)
            visit(positional)
            visit(keywords)
            visit(calls[Int(call)].dynamicPositional)
            visit(calls[Int(call)].dynamicKeywords)
        case .conditional(let test, let then, let otherwise):
            visit(test)
            visit(then)
            visit(otherwise)
        case .translated(let index):
            visit(messages[Int(index)].count)
            for variable in messages[Int(index)].variables { visit(variable.value) }
        }
    }

    /// The expressions directly inside of one.
    func children(of expression: Expression) -> [ExpressionID] {
        var found: [ExpressionID] = []
        forEachChild(of: expression) { found.append($0) }
        return found
    }
}
