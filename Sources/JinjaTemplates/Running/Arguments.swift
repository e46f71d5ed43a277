/// The arguments of one call: positional ones, then keyword ones.
///
/// Valid only during the call; keep the values, not the arguments.
public struct Arguments {
    let base: UnsafeMutablePointer<TemplateValue>
    /// How many positional arguments there are. For a filter or test the value filtered or tested is the first.
    public let count: Int
    let names: [String]

    init(base: UnsafeMutablePointer<TemplateValue>, count: Int, names: [String]) {
        (self.base, self.count, self.names) = (base, count, names)
    }

    /// A positional argument; undefined when the call gave fewer. `bind` is the way to insist on arguments.
    public subscript(_ index: Int) -> TemplateValue {
        guard index >= 0, index < count else {
            return .undefined(UndefinedValue(hint: "the call lacks positional argument \(index + 1)"))
        }
        return base[index]
    }

    /// The keyword arguments' names in order.
    public var keywordNames: [String] { names }
    /// Whether there are keyword arguments.
    public var hasKeywords: Bool { !names.isEmpty }

    /// A keyword argument's value.
    public func keyword(_ name: String) -> TemplateValue? {
        for (index, other) in names.enumerated() where other == name { return base[count + index] }
        return nil
    }

    package func keywordValue(at index: Int) -> TemplateValue { base[count + index] }

    package var positional: [TemplateValue] { (0..<count).map { base[$0] } }

    /// All positional arguments but the first `number`.
    package func dropping(_ number: Int) -> Arguments {
        let dropped = min(number, count)
        return Arguments(base: base + dropped, count: count - dropped, names: names)
    }

    /// One value per parameter, in the parameters' order, absent ones as nil; the errors are Python's.
    public func bind(
        _ function: String, _ parameters: [String], required: Int = 0
    ) throws(EvaluationError) -> BoundArguments {
        // The usual case needs no table.
        if names.isEmpty, count <= parameters.count, count >= required {
            return BoundArguments(values: [], base: base, count: count)
        }
        if count > parameters.count {
            let few = required == parameters.count ? "\(required)" : "from \(required) to \(parameters.count)"
            throw EvaluationError(
                .typeError, "\(function)() takes \(few) positional arguments but \(count) were given")
        }
        var values = [TemplateValue](repeating: .missing, count: parameters.count)
        for index in 0..<count { values[index] = base[index] }
        for (index, name) in names.enumerated() {
            guard let position = parameters.firstIndex(of: name) else {
                throw EvaluationError(.typeError, "\(function)() got an unexpected keyword argument '\(name)'")
            }
            guard case .missing = values[position] else {
                throw EvaluationError(.typeError, "\(function)() got multiple values for argument '\(name)'")
            }
            values[position] = base[count + index]
        }
        for index in 0..<required {
            if case .missing = values[index] {
                throw EvaluationError(
                    .typeError,
                    "\(function)() missing 1 required positional argument: '\(parameters[index])'")
            }
        }
        return BoundArguments(values: values, base: base, count: 0)
    }
}

/// Arguments by parameter position. Valid only during the call.
public struct BoundArguments {
    /// One per parameter; empty when the positional arguments at `base` are all there are.
    var values: [TemplateValue]
    let base: UnsafeMutablePointer<TemplateValue>
    let count: Int
    /// The argument of the parameter at this position, nil when it was not given.
    public subscript(_ index: Int) -> TemplateValue? {
        if values.isEmpty { return index < count ? base[index] : nil }
        if case .missing = values[index] { return nil }
        return values[index]
    }
    /// The argument, or `fallback`.
    public subscript(_ index: Int, fallback fallback: TemplateValue) -> TemplateValue { self[index] ?? fallback }
}

/// A filter, test or global function. The first argument of a filter is what it filters.
public typealias TemplateFunction = @Sendable (Arguments, RenderState) throws(EvaluationError) -> TemplateValue

/// A function that stays within its render.
package typealias LocalFunction = (Arguments, RenderState) throws(EvaluationError) -> TemplateValue

extension RenderState {
    /// Calls a function with values of its own.
    package func call(
        _ function: LocalFunction, _ values: [TemplateValue], names: [String] = []
    ) throws(EvaluationError) -> TemplateValue {
        let base = UnsafeMutablePointer<TemplateValue>.allocate(capacity: max(1, values.count))
        for (index, value) in values.enumerated() { (base + index).initialize(to: value) }
        defer {
            base.deinitialize(count: values.count)
            base.deallocate()
        }
        return try function(Arguments(base: base, count: values.count - names.count, names: names), self)
    }

    /// Calls whatever is callable.
    package func call(
        _ callee: TemplateValue, with values: [TemplateValue], names: [String] = []
    ) throws(EvaluationError) -> TemplateValue {
        guard case .object(let object) = callee else {
            if case .undefined(let info) = callee { throw undefinedError(info) }
            throw EvaluationError(.typeError, "'\(callee.typeName)' object is not callable")
        }
        return try call(
            { (arguments, state) throws(EvaluationError) in try object.call(arguments, state) }, values, names: names)
    }
}
