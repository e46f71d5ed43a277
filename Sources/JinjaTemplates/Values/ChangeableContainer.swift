/// What a template can change while it runs, and so can make contain itself: lists, dicts and frames.
///
/// Reference counts alone would never free a list inside of itself, and would free a long chain of lists by as long a
/// chain of calls. So a render notes what it changed in such a way (`RenderState.hold`) and empties it at its end.
public class ChangeableContainer {
    /// Whether a render empties it at its end.
    final var isHeld = false

    init() {}

    /// Lets go of everything inside.
    func removeContents() {}
}

extension TemplateValue {
    /// How many containers are inside of one another here, counted when they were made; 0 for what cannot hold values.
    ///
    /// A container that is changed later may hold more; the render holds that one until its end.
    @inline(__always)
    package var nesting: Int {
        switch self {
        case .none, .bool, .int, .double, .text, .missing, .unresolved: 0
        case .list(let list): list.nesting
        case .tuple(let tuple): tuple.nesting
        case .dict(let dict): dict.nesting
        case .object(let object): object.nesting
        case .undefined(let info): info.nesting
        }
    }
}

extension Sequence where Element == TemplateValue {
    /// The nesting of a container of these.
    package var nestingAround: Int { reduce(1) { Swift.max($0, $1.nesting + 1) } }
}

extension RenderState {
    /// Notes that `value` was put into `container`, which the render empties at its end if the two could form a cycle.
    package func hold(_ container: ChangeableContainer, for value: TemplateValue) {
        if value.nesting > 0 { hold(container) }
    }

    /// Notes that the render has to empty the container at its end.
    package func hold(_ container: ChangeableContainer) {
        guard !container.isHeld else { return }
        container.isHeld = true
        held.append(container)
        guard held.count > heldLimit else { return }
        // What nothing else refers to any more goes now.
        var kept: [ChangeableContainer] = []
        for index in held.indices where !isKnownUniquelyReferenced(&held[index]) { kept.append(held[index]) }
        held = kept
        heldLimit = Swift.max(1024, kept.count * 2)
    }

    /// Takes apart whatever the render made that might contain itself.
    func releaseHeld() {
        let all = held
        held = []
        for container in all { container.removeContents() }
    }

    /// Refuses a value of more containers inside of one another than any other operation could walk through.
    @inline(__always)
    func checkNesting(_ value: TemplateValue) throws(EvaluationError) {
        if value.nesting > limits.recursion { throw tooDeep() }
    }

    private func tooDeep() -> EvaluationError {
        EvaluationError(.recursionError, "values are nested deeper than \(limits.recursion) levels")
    }
}
