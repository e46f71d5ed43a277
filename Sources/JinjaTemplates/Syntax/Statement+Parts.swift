extension Statement {
    /// The expressions of the statement itself, not those of its bodies.
    func ownExpressions(in tree: SyntaxTree) -> [ExpressionID] {
        switch kind {
        case .output(let items): Array(tree.members(items))
        case .conditional(let branches, _, _): branches.map(\.test)
        case .loop(let loop): [loop.iterable] + (loop.test.isAbsent ? [] : [loop.test])
        case .assign(_, let value): [value]
        case .assignBlock(_, let filter, _): filter.isAbsent ? [] : [filter]
        case .macro(_, let signature, _): signature.defaults
        case .callBlock(let signature, let call, _): [call] + signature.defaults
        case .filterBlock(let filter, _): [filter]
        case .with(_, let values, _): values
        case .autoescape(let value, _): [value]
        case .block, .breakLoop, .continueLoop, .debug: []
        case .extends(let id), .include(let id, _, _), .importTemplate(let id, _, _), .fromImport(let id, _, _),
            .perform(let id):
            [id]
        }
    }

    /// Calls `body` with each body inside of it.
    func forEachBody(_ body: ([Statement]) -> Void) {
        switch kind {
        case .conditional(let branches, let otherwise, _):
            for branch in branches { body(branch.body) }
            body(otherwise)
        case .loop(let loop):
            body(loop.body)
            body(loop.otherwise)
        case .assignBlock(_, _, let inner), .macro(_, _, let inner), .callBlock(_, _, let inner),
            .filterBlock(_, let inner),
            .with(_, _, let inner), .autoescape(_, let inner):
            body(inner)
        case .block(let block): body(block.body)
        case .output, .assign, .extends, .include, .importTemplate, .fromImport, .perform, .breakLoop, .continueLoop,
            .debug:
            break
        }
    }

    /// Whether a test holds for any statement in the bodies inside of it.
    func containsInside(_ test: (Statement) -> Bool) -> Bool {
        var isFound = false
        forEachBody { body in isFound = isFound || body.contains(where: test) }
        return isFound
    }
}
