/// What is not plain data: subclass it for an object of the host program that templates may read or call.
///
/// Every method has an answer for "cannot do that"; override what the object can do.
open class ObjectValue {
    /// See `TemplateValue.nesting`; an object that holds values of templates says more than 1.
    package final var nesting = 1

    /// For subclasses.
    public init() {}

    /// Python's name of the type, for messages and for `repr`.
    open var typeName: String { "object" }
    /// How it prints, in a list as well as alone.
    open func represent(_ state: RenderState) throws(EvaluationError) -> String { "<\(typeName) object>" }
    /// How `{{ x }}` prints it.
    open func print(_ state: RenderState) throws(EvaluationError) -> String { try represent(state) }
    /// Whether it counts as true.
    open func truth(_ state: RenderState) throws(EvaluationError) -> Bool {
        if let count = try length(state) { return count != 0 }
        return true
    }
    /// `x.name`; nil when there is no such attribute.
    open func attribute(_ name: String, _ state: RenderState) throws(EvaluationError) -> TemplateValue? { nil }
    /// `x[key]`; nil when there is no such item.
    open func item(_ key: TemplateValue, _ state: RenderState) throws(EvaluationError) -> TemplateValue? { nil }
    /// `x|length`; nil when it has none.
    open func length(_ state: RenderState) throws(EvaluationError) -> Int? { nil }
    /// For `for` and list-making filters; nil when it is not iterable.
    open func iterator(_ state: RenderState) throws(EvaluationError) -> ValueIterator? { nil }
    /// Whether `x is callable`.
    open var isCallable: Bool { false }
    /// `x(...)`.
    open func call(_ arguments: Arguments, _ state: RenderState) throws(EvaluationError) -> TemplateValue {
        throw EvaluationError(.typeError, "'\(typeName)' object is not callable")
    }
    /// `key in x`; nil when membership is found by iterating.
    open func contains(_ key: TemplateValue, _ state: RenderState) throws(EvaluationError) -> Bool? { nil }
    /// Equality with another object, beyond identity.
    open func equals(_ other: TemplateValue, _ state: RenderState) throws(EvaluationError) -> Bool { false }
    /// Equality as a dictionary key, beyond identity.
    open func equalsKey(_ other: ObjectValue) -> Bool { false }
    /// The hash as a dictionary key; nil when it cannot be one.
    open var hashForKey: Int? { ObjectIdentifier(self).hashValue & Int.max }
    /// Whether `x is sequence` (it has a length and takes integer items).
    open var isSequence: Bool { false }
    /// Whether `x is mapping`.
    open var isMapping: Bool { false }
}

/// Hands out the items of something iterable, once.
open class ValueIterator {
    /// How deep what it iterates over is nested, iterators over iterators included.
    package final var nesting = 1

    /// For subclasses.
    public init() {}
    /// The next item, nil at the end.
    open func next(_ state: RenderState) throws(EvaluationError) -> TemplateValue? { nil }
    /// How many items are still to come, when that is known without taking them.
    open var remaining: Int? { nil }
}

final class ArrayIterator: ValueIterator {
    private let items: ContiguousArray<TemplateValue>
    private var index = 0
    init(_ items: ContiguousArray<TemplateValue>) {
        self.items = items
        super.init()
        nesting = items.nestingAround + 1
    }
    override func next(_ state: RenderState) throws(EvaluationError) -> TemplateValue? {
        guard index < items.count else { return nil }
        defer { index += 1 }
        return items[index]
    }
    override var remaining: Int? { items.count - index }
}

/// Follows the list while it changes, as Python's does.
final class ListIterator: ValueIterator {
    private let list: ListValue
    private var index = 0
    init(_ list: ListValue) {
        self.list = list
        super.init()
        nesting = list.nesting + 1
    }
    override func next(_ state: RenderState) throws(EvaluationError) -> TemplateValue? {
        guard index < list.items.count else { return nil }
        defer { index += 1 }
        return list.items[index]
    }
    override var remaining: Int? { max(0, list.items.count - index) }
}

/// Keys, values or items of a dict, in order; a change of size while iterating is an error, as in Python.
final class DictIterator: ValueIterator {
    private let dict: DictValue
    private let part: DictViewValue.Part
    private let size: Int
    private var index = 0
    init(_ dict: DictValue, _ part: DictViewValue.Part) {
        (self.dict, self.part, size) = (dict, part, dict.count)
        super.init()
        nesting = dict.nesting + 1
    }
    override func next(_ state: RenderState) throws(EvaluationError) -> TemplateValue? {
        if dict.count != size {
            throw EvaluationError(.runtimeError, "dictionary changed size during iteration")
        }
        guard let entry = dict.entry(at: index) else { return nil }
        index += 1
        return part.pick(entry.key, entry.value)
    }
    override var remaining: Int? { dict.count - index }
}

final class TextIterator: ValueIterator {
    private let text: TextValue
    private var offset = 0
    private var left: Int
    init(_ text: TextValue) { (self.text, left) = (text, text.scalarCount) }
    override func next(_ state: RenderState) throws(EvaluationError) -> TemplateValue? {
        guard left > 0 else { return nil }
        left -= 1
        let (start, width) = text.withBytes { (offset, scalarWidth($0[offset])) }
        offset += width
        // Characters of markup are plain text, as in Python.
        return .text(text.byteSlice(start, start + width))
    }
    override var remaining: Int? { left }
}

/// The length in bytes of the scalar that starts with `lead`.
@inline(__always)
package func scalarWidth(_ lead: UInt8) -> Int { lead < 0x80 ? 1 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4 }

extension TextValue {
    /// The bytes from `start` up to `end` as a text of its own.
    package func byteSlice(_ start: Int, _ end: Int, isMarkup: Bool = false) -> TextValue {
        withBytes { TextValue.make(UnsafeBufferPointer(rebasing: $0[start..<end]), isMarkup: isMarkup) }
    }

    /// The byte offset of a scalar index, which may equal the length.
    package func byteOffset(ofScalar index: Int) -> Int {
        if isASCII { return index }
        return withBytes { bytes in
            var offset = 0
            for _ in 0..<index { offset += scalarWidth(bytes[offset]) }
            return offset
        }
    }
}

/// An iterator that can be passed about; it can be consumed once, like Python's generators.
package final class IteratorValue: ObjectValue {
    package let source: ValueIterator
    package let name: String
    private let function: String
    package init(_ source: ValueIterator, name: String = "generator", function: String = "") {
        (self.source, self.name, self.function) = (source, name, function)
        super.init()
        nesting = source.nesting + 1
    }
    package override var typeName: String { name }
    package override func represent(_ state: RenderState) throws(EvaluationError) -> String {
        // The address is always the same: output must not differ from one render to the next.
        "<\(name) object\(function.isEmpty ? "" : " " + function) at 0x7f0000000000>"
    }
    package override func iterator(_ state: RenderState) throws(EvaluationError) -> ValueIterator? { source }
}

/// `range(...)`.
package final class RangeValue: ObjectValue {
    package let start: Int
    package let stop: Int
    package let step: Int
    package let count: Int

    package init(start: Int, stop: Int, step: Int) {
        (self.start, self.stop, self.step) = (start, stop, step)
        // The difference of two Ints fits a UInt; no overflow is possible on the magnitudes.
        if step > 0, stop > start {
            let span = UInt(bitPattern: stop) &- UInt(bitPattern: start) &- 1
            count = min(Int(clamping: span / UInt(step)), Int.max - 1) + 1
        } else if step < 0, start > stop {
            let span = UInt(bitPattern: start) &- UInt(bitPattern: stop) &- 1
            count = min(Int(clamping: span / step.magnitude), Int.max - 1) + 1
        } else {
            count = 0
        }
    }

    package override var typeName: String { "range" }
    package override func represent(_ state: RenderState) throws(EvaluationError) -> String {
        step == 1 ? "range(\(start), \(stop))" : "range(\(start), \(stop), \(step))"
    }
    package override func length(_ state: RenderState) throws(EvaluationError) -> Int? { count }
    package override var isSequence: Bool { true }
    package func value(at index: Int) -> Int { start &+ index &* step }

    package override func item(_ key: TemplateValue, _ state: RenderState) throws(EvaluationError) -> TemplateValue? {
        guard case .int(let index)? = key.plainNumber else { return nil }
        let position = index < 0 ? index + count : index
        return position >= 0 && position < count ? .int(value(at: position)) : nil
    }
    package override func attribute(_ name: String, _ state: RenderState) throws(EvaluationError) -> TemplateValue? {
        switch name {
        case "start": .int(start)
        case "stop": .int(stop)
        case "step": .int(step)
        case "index", "count":
            .object(
                FunctionValue(name) { [self] (arguments, state) throws(EvaluationError) in
                    guard arguments.count == 1 else {
                        throw EvaluationError(
                            .typeError, "range.\(name)() takes exactly one argument (\(arguments.count) given)")
                    }
                    let found = try contains(arguments[0], state) ?? false
                    if name == "count" { return .int(found ? 1 : 0) }
                    guard found, let wanted = arguments[0].plainNumber else {
                        throw EvaluationError(.valueError, "\(try state.represent(arguments[0])) is not in range")
                    }
                    let number =
                        switch wanted {
                        case .int(let int): int
                        case .double(let double): Int(double)
                        }
                    return .int(number.subtractingReportingOverflow(start).partialValue / step)
                })
        default: nil
        }
    }
    package override func iterator(_ state: RenderState) throws(EvaluationError) -> ValueIterator? {
        RangeIterator(self)
    }
    package override func contains(_ key: TemplateValue, _ state: RenderState) throws(EvaluationError) -> Bool? {
        let wanted: Int
        switch key.plainNumber {
        case .int(let value)?: wanted = value
        case .double(let value)?:
            guard let integer = Int(exactly: value) else { return false }
            wanted = integer
        case nil:
            if case .undefined(let info) = key, count > 0, state.isStrict(info) { throw state.undefinedError(info) }
            return false
        }
        guard step > 0 ? wanted >= start && wanted < stop : wanted <= start && wanted > stop else { return false }
        return step.magnitude == 1 || wanted.subtractingReportingOverflow(start).partialValue % step == 0
    }
    package override func equals(_ other: TemplateValue, _ state: RenderState) throws(EvaluationError) -> Bool {
        guard case .object(let object) = other, let range = object as? RangeValue, range.count == count else {
            return false
        }
        return count == 0 || (range.start == start && (count == 1 || range.step == step))
    }
}

final class RangeIterator: ValueIterator {
    private let range: RangeValue
    private var index = 0
    init(_ range: RangeValue) { self.range = range }
    override func next(_ state: RenderState) throws(EvaluationError) -> TemplateValue? {
        guard index < range.count else { return nil }
        defer { index += 1 }
        return .int(range.value(at: index))
    }
    override var remaining: Int? { range.count - index }
}

/// `namespace(...)`: attributes that assignments in inner scopes may change.
package final class NamespaceValue: ObjectValue {
    package let members: DictValue
    package init(_ members: DictValue) {
        self.members = members
        super.init()
        nesting = members.nesting + 1
    }
    package override var typeName: String { "Namespace" }
    package override func represent(_ state: RenderState) throws(EvaluationError) -> String {
        "<Namespace \(try state.represent(.dict(members)))>"
    }
    package override func attribute(_ name: String, _ state: RenderState) throws(EvaluationError) -> TemplateValue? {
        members.get(name)
    }
    package override func item(_ key: TemplateValue, _ state: RenderState) throws(EvaluationError) -> TemplateValue? {
        guard let hash = key.hashValueForKey else { return nil }
        return members.get(key, hash: hash)
    }
}

/// `d.keys()`, `d.values()`, `d.items()`: views that follow the dict.
package final class DictViewValue: ObjectValue {
    package enum Part {
        case keys, values, items
        func pick(_ key: TemplateValue, _ value: TemplateValue) -> TemplateValue {
            switch self {
            case .keys: key
            case .values: value
            case .items: .tuple(TupleValue(CollectionOfTwo(key, value)))
            }
        }
    }
    package let dict: DictValue
    package let part: Part
    package init(_ dict: DictValue, _ part: Part) {
        (self.dict, self.part) = (dict, part)
        super.init()
        nesting = dict.nesting + 1
    }

    package override var typeName: String {
        switch part {
        case .keys: "dict_keys"
        case .values: "dict_values"
        case .items: "dict_items"
        }
    }
    package override func represent(_ state: RenderState) throws(EvaluationError) -> String {
        "\(typeName)(\(try state.represent(.list(dict.pairs.map { part.pick($0.key, $0.value) }))))"
    }
    // Views that are like sets compare by what they hold.
    package override var hashForKey: Int? { part == .values ? super.hashForKey : nil }
    package override func length(_ state: RenderState) throws(EvaluationError) -> Int? { dict.count }
    package override func contains(_ key: TemplateValue, _ state: RenderState) throws(EvaluationError) -> Bool? {
        switch part {
        case .keys: return dict.get(key, hash: try DictMethods.key(key, state)) != nil
        case .values: return nil
        case .items:
            // Nothing but a pair is looked at.
            guard case .tuple(let pair) = key, pair.items.count == 2 else { return false }
            guard let value = dict.get(pair.items[0], hash: try DictMethods.key(pair.items[0], state)) else {
                return false
            }
            return try state.equal(value, pair.items[1])
        }
    }
    package override func iterator(_ state: RenderState) throws(EvaluationError) -> ValueIterator? {
        DictIterator(dict, part)
    }
    package override func equals(_ other: TemplateValue, _ state: RenderState) throws(EvaluationError) -> Bool {
        guard part != .values, case .object(let object) = other, let view = object as? DictViewValue else {
            return false
        }
        guard view.part == part, view.dict.count == dict.count else { return false }
        for pair in dict.pairs {
            guard let hash = pair.key.hashValueForKey, let value = view.dict.get(pair.key, hash: hash) else {
                return false
            }
            if part == .items, try !state.equal(pair.value, value) { return false }
        }
        return true
    }
}

/// Two elements as a collection, to fill a tuple without an array in between.
struct CollectionOfTwo: Sequence, IteratorProtocol {
    private let first: TemplateValue
    private let second: TemplateValue
    private var index = 0
    init(_ first: TemplateValue, _ second: TemplateValue) { (self.first, self.second) = (first, second) }
    mutating func next() -> TemplateValue? {
        index += 1
        return index == 1 ? first : index == 2 ? second : nil
    }
    var underestimatedCount: Int { 2 - index }
}

/// A function of the host program or of the language.
package final class FunctionValue: ObjectValue {
    package let name: String
    private let body: LocalFunction
    package init(_ name: String, _ body: @escaping LocalFunction) { (self.name, self.body) = (name, body) }
    package override var typeName: String { "function" }
    package override func represent(_ state: RenderState) throws(EvaluationError) -> String { "<function \(name)>" }
    package override var isCallable: Bool { true }
    package override func call(_ arguments: Arguments, _ state: RenderState) throws(EvaluationError) -> TemplateValue {
        try body(arguments, state)
    }
}

/// `x.__class__`, for its name.
final class ClassValue: ObjectValue {
    private let name: String
    init(_ name: String) { self.name = name }
    override var typeName: String { "type" }
    override func represent(_ state: RenderState) throws(EvaluationError) -> String { "<class '\(name)'>" }
    override func attribute(_ name: String, _ state: RenderState) throws(EvaluationError) -> TemplateValue? {
        name == "__name__" ? .string(self.name) : nil
    }
}

/// A method taken from its value without being called: `{{ x.upper }}`.
final class BoundMethodValue: ObjectValue {
    let receiver: TemplateValue
    let name: String
    init(_ receiver: TemplateValue, _ name: String) {
        (self.receiver, self.name) = (receiver, name)
        super.init()
        nesting = receiver.nesting + 1
    }
    /// The methods that `Markup` does not leave to `str`.
    private static let ownOfMarkup: Set<String> = [
        "upper", "lower", "title", "capitalize", "swapcase", "casefold", "strip", "lstrip", "rstrip", "split", "rsplit",
        "splitlines", "partition", "rpartition", "replace", "center", "ljust", "rjust", "zfill", "expandtabs", "join",
        "removeprefix", "removesuffix", "format", "format_map", "translate", "__add__", "__html__", "unescape",
        "striptags",
    ]

    override var typeName: String { "builtin_function_or_method" }
    override func represent(_ state: RenderState) throws(EvaluationError) -> String {
        if case .text(let text) = receiver, text.isMarkup, Self.ownOfMarkup.contains(name) {
            return "<bound method Markup.\(name) of \(try state.represent(receiver))>"
        }
        return "<built-in method \(name) of \(receiver.typeName) object at 0x7f0000000000>"
    }
    override var isCallable: Bool { true }
    override func call(_ arguments: Arguments, _ state: RenderState) throws(EvaluationError) -> TemplateValue {
        guard let result = try state.callMethod(receiver, name, arguments) else {
            throw EvaluationError(.typeError, "'\(receiver.typeName)' object has no method '\(name)'")
        }
        return result
    }
}
