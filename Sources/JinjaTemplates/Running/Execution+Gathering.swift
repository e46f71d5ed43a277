/// The uses of undefined values that a render meets when it goes on behind them.
final class UndefinedGatherer {
    /// More than anybody reads at once.
    static let limit = 100
    /// Says of an undefined value that it comes from one that was noted already.
    private static let hint = "the value depends on an undefined one"

    private struct Key: Hashable {
        var template: ObjectIdentifier
        var offset: Int
        var message: String
    }
    private var known: Set<Key> = []
    private(set) var errors: [EvaluationError] = []
    let unknownInfo = UndefinedValue(hint: UndefinedGatherer.hint)
    /// Stands for whatever an undefined value would have led to.
    var unknown: TemplateValue { .undefined(unknownInfo) }

    func isConsequence(_ error: EvaluationError) -> Bool { error.message == Self.hint }

    /// Notes an error that knows its place; the same one of a later turn of a loop is not noted again.
    func note(_ error: EvaluationError) {
        guard let place = error.trail.first else { return }
        let key = Key(template: ObjectIdentifier(place.template), offset: place.offset, message: error.message)
        if known.insert(key).inserted { errors.append(error) }
    }
}

extension Execution {
    /// Makes the render go on behind the instruction that failed, when what it needed was undefined and such uses are
    /// gathered; false when it has to end.
    ///
    /// A condition that nobody can decide skips its whole statement: neither of its branches is known to be taken.
    mutating func goOn(after error: EvaluationError) -> Bool {
        guard let gatherer = state.gatherer, !error.needsPrivateCopy, gatherer.errors.count < UndefinedGatherer.limit
        else { return false }
        let instruction = code.steps[ip - 1]
        guard error.kind == .undefinedError || hasUnknownOperand(instruction) else { return false }
        let target = Int(instruction.a)
        switch instruction.operation {
        case .loadAttribute, .attribute, .item, .slice, .arithmetic, .compare, .concat, .not, .negate, .plus:
            push(gatherer.unknown)
        case .compareChain:
            push(gatherer.unknown)
        case .call, .callMethod, .filter, .test, .directFilter:
            clear(to: sp - operandCount(instruction))
            push(gatherer.unknown)
        case .emit, .emitFiltered, .emitSole, .jumpIfTrueKeep: _ = pop()
        case .jumpIfTrue: break
        case .jumpIfFalseKeep:
            _ = pop()
            push(gatherer.unknown)
        case .jumpIfFalse, .nextItem: break
        case .unpack: for _ in 0..<target { push(gatherer.unknown) }
        case .pushLoop:
            let loop = TemplateValue.object(LoopValue(list: ListValue([]), depth0: depth0, keepsItems: true))
            if target >= 0 { frame.slots[target] = loop }
            push(loop)
        default: return false
        }
        if error.kind == .undefinedError, !gatherer.isConsequence(error) {
            explain(error)
            state.recorder?.appendCalls(to: error)
            gatherer.note(error)
        }
        switch instruction.operation {
        case .compareChain, .jumpIfFalseKeep, .nextItem: ip = target
        case .jumpIfFalse: ip = instruction.b == 1 ? endOfStatement(after: target) : target
        default: break
        }
        return true
    }

    /// How many operands a call, filter or test leaves on the stack while it runs.
    private func operandCount(_ instruction: Instruction) -> Int {
        instruction.operation == .directFilter
            ? Int(instruction.b) + 1 : template.calls[Int(instruction.b)].valueCount + 1
    }

    /// Whether a call, filter or test failed that was given what nobody knows.
    private func hasUnknownOperand(_ instruction: Instruction) -> Bool {
        switch instruction.operation {
        case .call, .callMethod, .filter, .test, .directFilter: break
        default: return false
        }
        return (1...operandCount(instruction)).contains { place in
            if case .undefined(let info) = sp[-place] { return info === state.gatherer?.unknownInfo }
            return false
        }
    }

    /// Where an `if` ends one branch of which would have been left for `next`.
    private func endOfStatement(after next: Int) -> Int {
        let step = code.steps[next - 1]
        return step.operation == .jump && step.b == 2 ? Int(step.a) : next
    }
}
