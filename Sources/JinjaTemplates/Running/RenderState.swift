/// What one render knows: its environment, its limits and the buffer it writes to. Filters get it with every call.
public final class RenderState {
    let settings: TemplateSettings
    let core: EnvironmentCore
    /// What undefined values may be used for.
    public var undefinedKind: UndefinedKind { settings.undefined }
    var limits: RenderLimits
    var fuel: Int
    var depth = 0
    let output = OutputBuffer()
    /// Whether escaping is on for what a filter makes: the innermost `autoescape` that is being run.
    package var autoescape: Bool
    /// Whether what is printed here is escaped: the innermost `autoescape` around this place of the source. A block or a macro
    /// that is called from elsewhere keeps its own.
    var isEscaping: Bool
    /// Stands for an undefined value of which only that is asked.
    let absent = TemplateValue.undefined(UndefinedValue())
    var stack: OperandStack
    /// Modules imported without context, which run once per render.
    var modules: [ObjectIdentifier: ModuleValue] = [:]
    var recorder: LineRecorder?
    /// When set, the render goes on behind uses of undefined values and notes them there.
    var gatherer: UndefinedGatherer?
    /// What the render empties at its end; see `hold`.
    var held: [ChangeableContainer] = []
    var heldLimit = 1024
    /// Whether tuples print as lists: only while `{{ … }}` writes a value.
    var printsTuplesAsLists = false
    /// False when the template is nothing but an expression, and its value is no text.
    var solePrintIsText = true
    /// Containers being printed, so that one that contains itself ends.
    var printing: [ObjectIdentifier] = []

    init(core: EnvironmentCore, limits: RenderLimits, autoescape: Bool) {
        self.core = core
        settings = core.settings
        self.limits = limits
        fuel = limits.fuel
        (self.autoescape, isEscaping) = (autoescape, autoescape)
        stack = OperandStack()
    }

    /// Pays for work: one unit is about one step or sixteen bytes, and never less than none. Throws when the fuel is
    /// used up.
    @inline(__always)
    package func charge(_ units: Int) throws(EvaluationError) {
        fuel = fuel.subtractingReportingOverflow(units < 0 ? Int.max : units).partialValue
        if fuel < 0 { throw outOfFuel() }
    }

    private func outOfFuel() -> EvaluationError {
        EvaluationError(
            .limitExceeded,
            "the template used up its fuel of \(limits.fuel) steps; raise `fuel` if it is meant to run this long")
    }

    /// Checks the size of a text about to be made and pays for it.
    package func checkText(bytes: Int) throws(EvaluationError) {
        guard bytes <= limits.textBytes else {
            throw EvaluationError(.limitExceeded, "a text of \(bytes) bytes exceeds the limit of \(limits.textBytes)")
        }
        try charge(max(0, bytes) >> 4)
    }

    /// Pays for going through a text once, which takes longer where every character has to be looked up.
    @inline(__always)
    func chargeWork(on text: TextValue) throws(EvaluationError) {
        try charge(1 + (text.isASCII ? text.byteCount >> 5 : text.byteCount))
    }

    /// The limit that `checkItems` holds to.
    package var itemLimit: Int { limits.items }

    /// Checks the size of a list about to be made and pays for it.
    package func checkItems(_ count: Int) throws(EvaluationError) {
        guard count <= limits.items else {
            throw EvaluationError(.limitExceeded, "\(count) items exceed the limit of \(limits.items)")
        }
        try charge(max(0, count))
    }

    /// Runs `body` one level deeper; throws at the recursion limit.
    package func descending<R>(_ body: () throws(EvaluationError) -> R) throws(EvaluationError) -> R {
        guard depth < limits.recursion else {
            throw EvaluationError(
                .recursionError, "calls, includes or values are nested deeper than \(limits.recursion) levels")
        }
        depth += 1
        defer { depth -= 1 }
        return try body()
    }

    /// The error that using this undefined value is.
    package func undefinedError(_ info: UndefinedValue) -> EvaluationError {
        let error = EvaluationError(info.isUnsafe ? .securityError : .undefinedError, undefinedMessage(info))
        if case .text(let name) = info.name { error.undefinedName = name.string }
        return error
    }

    /// Whether this undefined value may not be printed, compared or iterated.
    package func isStrict(_ info: UndefinedValue) -> Bool { undefinedKind.isStrict && !info.isAlwaysLenient }

    package func undefinedMessage(_ info: UndefinedValue) -> String {
        if let hint = info.hint { return hint }
        let name = (try? represent(info.name)) ?? "?"
        if case .missing = info.owner { return "\(name) is undefined" }
        let owner = ownerDescription(info.owner)
        if case .text = info.name { return "'\(owner)' has no attribute \(name)" }
        return "\(owner) has no element \(name)"
    }

    func ownerDescription(_ value: TemplateValue) -> String {
        switch value {
        case .none: return "None"
        case .object(let object) where object.typeName == "Namespace": return "jinja2.utils.Namespace object"
        case .object(let object) where object is LoopValue: return "jinja2.runtime.LoopContext object"
        case .object(let object) where object is MacroValue: return "jinja2.runtime.Macro object"
        case .object(let object) where object is ModuleValue: return "jinja2.environment.TemplateModule object"
        case .object(let object) where object is CyclerValue: return "jinja2.utils.Cycler object"
        case .text(let text) where text.isMarkup: return "markupsafe.Markup object"
        default: return "\(value.typeName) object"
        }
    }

    // MARK: Truth, size, iteration

    @inline(__always)
    package func truth(_ value: TemplateValue) throws(EvaluationError) -> Bool {
        switch value {
        case .bool(let value): return value
        case .none: return false
        case .int(let value): return value != 0
        case .double(let value): return value != 0
        case .text(let text): return text.byteCount != 0
        case .list(let list): return !list.items.isEmpty
        case .tuple(let tuple): return !tuple.items.isEmpty
        case .dict(let dict): return dict.count != 0
        case .object(let object): return try object.truth(self)
        case .undefined(let info):
            if info.isAlwaysLenient { return false }
            switch undefinedKind {
            case .strict, .strictChainable: throw undefinedError(info)
            case .lenient, .chainable, .debug, .strictChainableFalsy: return false
            }
        case .missing, .unresolved: return false
        }
    }

    /// The length, or nil for what has none.
    package func length(_ value: TemplateValue) throws(EvaluationError) -> Int? {
        switch value {
        case .text(let text): return text.scalarCount
        case .list(let list): return list.items.count
        case .tuple(let tuple): return tuple.items.count
        case .dict(let dict): return dict.count
        case .object(let object): return try object.length(self)
        case .undefined(let info):
            if isStrict(info) { throw undefinedError(info) }
            return 0
        case .none, .bool, .int, .double, .missing, .unresolved: return nil
        }
    }

    /// The items in turn; nil for what is not iterable.
    package func iteratorIfIterable(_ value: TemplateValue) throws(EvaluationError) -> ValueIterator? {
        switch value {
        case .list(let list): return ListIterator(list)
        case .tuple(let tuple): return ArrayIterator(tuple.items)
        case .dict(let dict): return DictIterator(dict, .keys)
        case .text(let text): return TextIterator(text)
        case .object(let object): return try object.iterator(self)
        case .undefined(let info):
            if isStrict(info) { throw undefinedError(info) }
            return ArrayIterator([])
        case .none, .bool, .int, .double, .missing, .unresolved: return nil
        }
    }

    package func iterator(_ value: TemplateValue) throws(EvaluationError) -> ValueIterator {
        if let iterator = try iteratorIfIterable(value) { return iterator }
        throw EvaluationError(.typeError, "'\(value.typeName)' object is not iterable")
    }

    /// All items as an array.
    package func items(_ value: TemplateValue) throws(EvaluationError) -> ContiguousArray<TemplateValue> {
        switch value {
        case .list(let list): return list.items
        case .tuple(let tuple): return tuple.items
        default:
            let iterator = try iterator(value)
            var items: ContiguousArray<TemplateValue> = []
            if let count = iterator.remaining {
                try checkItems(count)
                items.reserveCapacity(count)
            }
            while let item = try iterator.next(self) {
                items.append(item)
                if items.count & 0xFFF == 0 { try checkItems(items.count) }
            }
            return items
        }
    }

    // MARK: Members

    /// `value.name`: the attribute, else the item; a missing one is undefined.
    func attribute(_ value: TemplateValue, _ name: TextValue, _ hash: Int) throws(EvaluationError) -> TemplateValue {
        try attribute(value, name, hash, NameTraits(name))
    }

    func attribute(
        _ value: TemplateValue, _ name: TextValue, _ hash: Int, _ traits: NameTraits
    ) throws(EvaluationError) -> TemplateValue {
        if settings.sandbox != .none, let refused = try refusal(value, name) { return refused }
        switch value {
        case .dict(let dict):
            if let found = dict.get(name, hash: hash) {
                return traits.isDictMethod ? .object(BoundMethodValue(value, name.string)) : found
            }
            if traits.isPlain { return .undefined(UndefinedValue(owner: value, name: .text(name))) }
        case .undefined(let info):
            if undefinedKind.isChainable, !info.isAlwaysLenient {
                return name.string == "_undefined_name" ? info.name : value
            }
            throw undefinedError(info)
        case .object(let object):
            if let member = traits.loopMember, let loop = object as? LoopValue { return try loop.member(member, self) }
            let plain = name.string
            if let found = try object.attribute(plain, self) { return found }
            if object.isMapping || object is NamespaceValue == false, let found = try object.item(.text(name), self) {
                return found
            }
        case .tuple(let tuple) where tuple.isGroup && tuple.items.count == 2:
            if name.string == "grouper" { return tuple.items[0] }
            if name.string == "list" { return tuple.items[1] }
        default: break
        }
        if isMethod(value, name) { return .object(BoundMethodValue(value, name.string)) }
        if let constant = numberAttribute(value, name) { return constant }
        if name.string == "__class__" { return .object(ClassValue(value.typeName)) }
        return .undefined(UndefinedValue(owner: value, name: .text(name)))
    }

    private static let listChanges: Set<String> = [
        "append", "clear", "pop", "reverse", "insert", "sort", "extend", "remove",
    ]
    private static let dictChanges: Set<String> = ["clear", "pop", "popitem", "setdefault", "update"]

    /// What a sandbox gives instead of a member it does not allow.
    func refusal(_ value: TemplateValue, _ name: TextValue) throws(EvaluationError) -> TemplateValue? {
        let plain = name.string
        let isChange: Bool
        switch value {
        case .list: isChange = settings.sandbox == .immutable && Self.listChanges.contains(plain)
        case .dict: isChange = settings.sandbox == .immutable && Self.dictChanges.contains(plain)
        case .undefined(let info) where info.isUnsafe: throw undefinedError(info)
        default: isChange = false
        }
        guard isChange || plain.hasPrefix("_") else { return nil }
        return .undefined(
            UndefinedValue(
                hint: "access to attribute \(pythonQuoted(plain)) of \(pythonQuoted(value.typeName)) object is unsafe.",
                name: .text(name), isUnsafe: true))
    }

    /// `value.name`.
    package func attribute(_ value: TemplateValue, named name: String) throws(EvaluationError) -> TemplateValue {
        let text = TextValue.make(name)
        return try attribute(value, text, text.contentHash)
    }

    private func numberAttribute(_ value: TemplateValue, _ name: TextValue) -> TemplateValue? {
        guard let number = value.plainNumber else {
            guard value.bigInteger != nil else { return nil }
            switch name.string {
            case "real", "numerator": return value
            case "imag": return .int(0)
            case "denominator": return .int(1)
            default: return nil
            }
        }
        switch (name.string, number) {
        case ("real", .int(let int)), ("numerator", .int(let int)): return .int(int)
        case ("real", .double(let double)): return .double(double)
        case ("imag", .int): return .int(0)
        case ("imag", .double): return .double(0)
        case ("denominator", .int): return .int(1)
        default: return nil
        }
    }

    /// `value[key]`: the item, else for a text key the attribute; a missing one is undefined.
    package func item(_ value: TemplateValue, _ key: TemplateValue) throws(EvaluationError) -> TemplateValue {
        switch value {
        case .dict(let dict):
            if let hash = key.hashValueForKey {
                if let found = dict.get(key, hash: hash) { return found }
            }
        case .list(let list):
            if let index = sequenceIndex(key, list.items.count) { return list.items[index] }
        case .tuple(let tuple):
            if let index = sequenceIndex(key, tuple.items.count) { return tuple.items[index] }
        case .text(let text):
            if let index = sequenceIndex(key, text.scalarCount) {
                if !text.isASCII { try charge(text.byteCount >> 6) }
                let start = text.byteOffset(ofScalar: index)
                let width = text.withBytes { scalarWidth($0[start]) }
                return .text(text.byteSlice(start, start + width, isMarkup: text.isMarkup))
            }
        case .object(let object):
            if let found = try object.item(key, self) { return found }
            if case .text(let name) = key, let found = try object.attribute(name.string, self) { return found }
        case .undefined(let info):
            if undefinedKind.isChainable, !info.isAlwaysLenient { return value }
            throw undefinedError(info)
        case .none, .bool, .int, .double, .missing, .unresolved: break
        }
        if case .text(let name) = key {
            if isMethod(value, name) { return .object(BoundMethodValue(value, name.string)) }
            if let constant = numberAttribute(value, name) { return constant }
        }
        return .undefined(UndefinedValue(owner: value, name: key))
    }

    private func sequenceIndex(_ key: TemplateValue, _ count: Int) -> Int? {
        guard case .int(let index)? = key.plainNumber else { return nil }
        let position = index < 0 ? index &+ count : index
        return position >= 0 && position < count ? position : nil
    }

    private func isMethod(_ value: TemplateValue, _ name: TextValue) -> Bool {
        switch value {
        case .text: TextMethods.isName(name)
        case .list: ListMethods.isName(name)
        case .dict: DictMethods.isName(name)
        case .tuple: name.string == "count" || name.string == "index"
        case .int, .bool, .double: NumberMethods.isName(value, name)
        default: value.bigInteger != nil && NumberMethods.isName(value, name) && name.string != "to_bytes"
        }
    }

    /// `value.name(arguments)` for the built-in types; nil when the type has no such method.
    func callMethod(
        _ value: TemplateValue, _ name: String, _ arguments: Arguments
    ) throws(EvaluationError) -> TemplateValue? {
        switch value {
        case .text(let text): try TextMethods.call(text, name, arguments, self)
        case .list(let list): try ListMethods.call(list, name, arguments, self)
        case .dict(let dict): try DictMethods.call(dict, name, arguments, self)
        case .tuple(let tuple): try ListMethods.callTuple(tuple, name, arguments, self)
        case .int, .bool, .double: try NumberMethods.call(value, name, arguments, self)
        default: value.bigInteger == nil ? nil : try NumberMethods.call(value, name, arguments, self)
        }
    }

    /// `value[start:stop:step]`.
    func slice(
        _ value: TemplateValue, _ start: TemplateValue, _ stop: TemplateValue, _ step: TemplateValue
    ) throws(EvaluationError) -> TemplateValue {
        switch value {
        case .list(let list):
            let indices = try sliceIndices(list.items.count, start, stop, step)
            try charge(indices.count >> 2)
            return .list(ListValue(ContiguousArray(indices.map { list.items[$0] })))
        case .tuple(let tuple):
            let indices = try sliceIndices(tuple.items.count, start, stop, step)
            try charge(indices.count >> 2)
            return .tuple(TupleValue(indices.map { tuple.items[$0] }))
        case .text(let text):
            let indices = try sliceIndices(text.scalarCount, start, stop, step)
            try charge(text.byteCount >> 4)
            if text.isASCII {
                let bytes = text.bytes
                return .text(TextValue.make(indices.map { bytes[$0] }, isMarkup: text.isMarkup))
            }
            let scalars = text.scalars
            return .text(TextValue.make(scalars: indices.map { scalars[$0] }, isMarkup: text.isMarkup))
        case .object(let object):
            if let range = object as? RangeValue {
                let (first, last, stride) = try sliceBounds(range.count, start, stop, step)
                let (step, overflow) = range.step.multipliedReportingOverflow(by: stride)
                // A step beyond all numbers leaves one item at most.
                let clamped = overflow ? (range.step < 0) == (stride < 0) ? Int.max : -Int.max : step
                return .object(RangeValue(start: range.value(at: first), stop: range.value(at: last), step: clamped))
            }
            throw EvaluationError(.typeError, "'\(value.typeName)' object is not subscriptable")
        case .undefined(let info):
            if undefinedKind.isChainable, !info.isAlwaysLenient { return value }
            throw undefinedError(info)
        case .dict: throw EvaluationError(.typeError, "unhashable type: 'slice'")
        case .none, .bool, .int, .double, .missing, .unresolved:
            throw EvaluationError(.typeError, "'\(value.typeName)' object is not subscriptable")
        }
    }

    private func sliceIndices(
        _ count: Int, _ start: TemplateValue, _ stop: TemplateValue, _ step: TemplateValue
    ) throws(EvaluationError) -> [Int] {
        let (first, last, stride) = try sliceBounds(count, start, stop, step)
        return Array(Swift.stride(from: first, to: last, by: stride))
    }

    private func sliceBounds(
        _ count: Int, _ start: TemplateValue, _ stop: TemplateValue, _ step: TemplateValue
    ) throws(EvaluationError) -> (Int, Int, Int) {
        func index(_ value: TemplateValue) throws(EvaluationError) -> Int? {
            switch value {
            case .none: return nil
            case .int(let value): return value
            case .bool(let value): return value ? 1 : 0
            case .object(let object) where object is BigIntegerValue:
                return (object as? BigIntegerValue)?.value.isNegative == true ? Int.min / 2 : Int.max / 2
            default:
                throw EvaluationError(
                    .typeError, "slice indices must be integers or None or have an __index__ method")
            }
        }
        let stride = try index(step) ?? 1
        guard stride != 0 else { throw EvaluationError(.valueError, "slice step cannot be zero") }
        let (low, high) = stride > 0 ? (0, count) : (-1, count - 1)
        func clamp(_ value: Int) -> Int {
            let position = value < 0 ? value &+ count : value
            return min(max(position, low), high)
        }
        let first = try index(start).map(clamp) ?? (stride > 0 ? low : high)
        let last = try index(stop).map(clamp) ?? (stride > 0 ? high : low)
        return (first, last, max(-Int.max, stride))
    }
}
