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

/// A statement and the offset of its tag.
struct Statement {
    var offset: Int32
    var kind: Kind

    enum Kind {
        case output([ExpressionID])
        case conditional([(test: ExpressionID, body: [Statement])], otherwise: [Statement])
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

/// A parsed template: statements, and the arena their expressions live in. Filled by the parser, then only read.
final class SyntaxTree {
    var source: [UInt8] = []
    var names = NameTable.words
    var body: [Statement] = []
    var expressions: [Expression] = []
    /// Source offset of each expression.
    var offsets: [Int32] = []
    /// How many expressions are inside of one another in each.
    var depths: [Int32] = []
    var lists: [ExpressionID] = []
    var comparisons: [ComparisonOperator] = []
    var constants: [TemplateValue] = []
    var calls: [CallArguments] = []
    var messages: [TranslatedMessage] = []
    /// The language's own words that are read as variables, and what else need not be looked for where it is not.
    var readWords: Set<Word> = []
    var hasBlocks = false
    var hasExtends = false
    var hasLoopTarget = false

    subscript(_ id: ExpressionID) -> Expression { expressions[Int(id.raw)] }
    func offset(_ id: ExpressionID) -> Int32 { offsets[Int(id.raw)] }
    func members(_ run: ExpressionRun) -> ArraySlice<ExpressionID> {
        lists[Int(run.start)..<Int(run.start + run.count)]
    }

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
    func children(_ id: ExpressionID) -> [ExpressionID] {
        var found: [ExpressionID] = []
        forEachChild(of: self[id]) { found.append($0) }
        return found
    }
}
