/// The filters that templates use most, called without gathering arguments; only where no pack put its own in their place.
enum DirectFilter: Int32 {
    case length, upper, lower, string, trim, list, join, joinBy, replace

    /// The filter of that name with so many arguments, which are all positional.
    init?(_ name: String, arguments: Int) {
        switch (name, arguments) {
        case ("length", 0), ("count", 0): self = .length
        case ("upper", 0): self = .upper
        case ("lower", 0): self = .lower
        case ("string", 0): self = .string
        case ("trim", 0): self = .trim
        case ("list", 0): self = .list
        case ("join", 0): self = .join
        case ("join", 1): self = .joinBy
        case ("replace", 2): self = .replace
        default: return nil
        }
    }

    /// `operands` is the input, followed by the arguments.
    @inline(__always)
    func apply(_ operands: UnsafeMutablePointer<TemplateValue>, _ state: RenderState) throws(EvaluationError)
        -> TemplateValue
    {
        switch self {
        case .length: try StandardFilters.length(operands[0], state)
        case .upper: .text(TextCase.upper(try state.text(operands[0])))
        case .lower: .text(TextCase.lower(try state.text(operands[0])))
        case .string: .text(try state.text(operands[0]))
        case .trim: .text(try TextMethods.stripped(try state.text(operands[0]), nil))
        case .list: .list(ListValue(try state.items(operands[0])))
        case .join: .text(try StandardFilters.join(operands[0], .emptyText, nil, state))
        case .joinBy: .text(try StandardFilters.join(operands[0], operands[1], nil, state))
        case .replace: .text(try StandardFilters.replaced(operands[0], operands[1], operands[2], nil, state))
        }
    }
}
