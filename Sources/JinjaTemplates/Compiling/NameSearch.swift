/// Whether a body reads a name anywhere outside of blocks, before it is assigned there: as Jinja2 looks, part by part in
/// the order of its own nodes, in which a target comes before its value.
struct NameSearch {
    let tree: SyntaxTree
    let name: Int32
    private enum State { case searching, read, assigned }
    private var state = State.searching

    init(_ name: Int32, in tree: SyntaxTree) { (self.name, self.tree) = (name, tree) }

    mutating func reads(_ body: [Statement]) -> Bool {
        look(in: body)
        return state == .read
    }

    private mutating func look(in body: [Statement]) {
        for statement in body where state == .searching { look(in: statement) }
    }

    private mutating func look(in statement: Statement) {
        switch statement.kind {
        case .block: return
        case .loop(let loop):
            look(in: loop.target)
            look(in: loop.iterable)
            look(in: loop.body)
            look(in: loop.otherwise)
            look(in: loop.test)
        case .assign(let target, let value):
            look(in: target)
            look(in: value)
        case .assignBlock(let target, let filter, let body):
            look(in: target)
            look(in: filter)
            look(in: body)
        case .macro(_, let signature, let body):
            look(in: signature)
            look(in: body)
        case .callBlock(let signature, let call, let body):
            look(in: call)
            look(in: signature)
            look(in: body)
        case .with(let targets, let values, let body):
            for target in targets { look(in: target) }
            for value in values { look(in: value) }
            look(in: body)
        case .filterBlock(let filter, let body):
            look(in: body)
            look(in: filter)
        case .conditional(let branches, let otherwise, _):
            if let first = branches.first {
                look(in: first.test)
                look(in: first.body)
            }
            for branch in branches.dropFirst() {
                look(in: branch.test)
                look(in: branch.body)
            }
            look(in: otherwise)
        case .output(let items): for item in tree.members(items) { look(in: item) }
        case .autoescape, .extends, .include, .importTemplate, .fromImport, .perform, .breakLoop,
            .continueLoop, .debug:
            for expression in statement.ownExpressions(in: tree) { look(in: expression) }
            statement.forEachBody { look(in: $0) }
        }
    }

    private mutating func look(in signature: Signature) {
        if state == .searching, signature.parameters.contains(name) { state = .assigned }
        for value in signature.defaults { look(in: value) }
    }

    private mutating func look(in id: ExpressionID) {
        guard state == .searching, !id.isAbsent else { return }
        switch tree[id] {
        case .name(let other): if other == name { state = .read }
        case .target(let other): if other == name { state = .assigned }
        case let expression: tree.arena.forEachChild(of: expression) { look(in: $0) }
        }
    }
}
