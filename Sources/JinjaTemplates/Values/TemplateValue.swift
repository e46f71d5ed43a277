/// A value in a template, after Python's model: lists and dicts are shared references, text is code points, integers
/// have no bound.
///
/// Values made by the public initialisers are *frozen*: a render that changes one works on a private copy. Sharing a
/// frozen value between threads is safe; values met inside a filter belong to that render and must not leave it.
public enum TemplateValue: @unchecked Sendable {
    // SAFETY: only frozen containers cross threads; the machine never changes a container whose `isFrozen` is set.
    case none
    case bool(Bool)
    case int(Int)
    case double(Double)
    case text(TextValue)
    case list(ListValue)
    case tuple(TupleValue)
    case dict(DictValue)
    /// Ranges, iterators, namespaces, macros, functions, big integers and the host program's own objects.
    case object(ObjectValue)
    /// A name or member that is not there.
    case undefined(UndefinedValue)
    /// The machine's mark for "no value here"; filters never see it.
    case missing
    /// The machine's mark for a name that was not looked up yet; filters never see it.
    case unresolved
}

extension UnsafeMutablePointer<TemplateValue> {
    /// The dict at this place without taking part in counting its references; nil for any other value.
    ///
    /// SAFETY: the reference lies in the first word, since the enum's payloads leave no spare bits and its tag therefore has a
    /// byte of its own; a test compares the two. The place must keep its value while the reference is in use.
    @inline(__always)
    var borrowedDict: Unmanaged<DictValue>? {
        guard case .dict = pointee else { return nil }
        return .fromOpaque(UnsafeRawPointer(self).load(as: UnsafeRawPointer.self))
    }

    /// The same for a text.
    @inline(__always)
    var borrowedText: Unmanaged<TextValue>? {
        guard case .text = pointee else { return nil }
        return .fromOpaque(UnsafeRawPointer(self).load(as: UnsafeRawPointer.self))
    }
}

extension TemplateValue {
    /// Plain text.
    public init(_ string: String) { self = .text(TextValue.make(string)) }

    /// A frozen list.
    public init(list items: [TemplateValue]) { self = .list(ListValue(items, isFrozen: true)) }

    /// A frozen dict; later duplicates of a key replace earlier ones.
    public init(map pairs: [(key: String, value: TemplateValue)]) {
        let dict = DictValue()
        for pair in pairs { dict.set(TextValue.make(pair.key), pair.value) }
        dict.isFrozen = true
        self = .dict(dict)
    }

    /// A frozen dict whose keys may be numbers, booleans or none; nil when a key is a list or dict.
    public init?(map pairs: [(key: TemplateValue, value: TemplateValue)]) {
        let dict = DictValue()
        for pair in pairs {
            guard let hash = pair.key.hashValueForKey else { return nil }
            dict.set(pair.key, hash: hash, pair.value)
        }
        dict.isFrozen = true
        self = .dict(dict)
    }

    /// An immutable sequence.
    public init(tuple items: [TemplateValue]) { self = .tuple(TupleValue(items)) }

    /// Text that escaping leaves alone.
    public init(markup text: String) { self = .text(TextValue.make(text, isMarkup: true)) }

    /// `range(start, end, step)`; the step is not zero.
    public init(rangeFrom start: Int, to end: Int, by step: Int) {
        self = .object(RangeValue(start: start, stop: end, step: step == 0 ? 1 : step))
    }

    /// An integer of any size from its decimal digits; nil for anything else.
    public init?(integer text: String) {
        let isNegative = text.hasPrefix("-")
        guard let value = BigInteger(digits: (isNegative ? text.dropFirst() : text[...]).utf8) else { return nil }
        self.init(isNegative ? value.negated : value)
    }

    /// The text when it is one.
    public var string: String? { if case .text(let text) = self { text.string } else { nil } }

    package static let emptyText = TemplateValue.text(TextValue.empty)

    package var isUndefined: Bool { if case .undefined = self { true } else { false } }
    package var isNone: Bool { if case .none = self { true } else { false } }

    package static func list(_ items: [TemplateValue]) -> TemplateValue { .list(ListValue(items)) }
    package static func tuple(_ items: [TemplateValue]) -> TemplateValue { .tuple(TupleValue(items)) }
    package static func bytes(_ bytes: [UInt8]) -> TemplateValue { .text(TextValue.make(bytes)) }
    package static func string(_ string: String) -> TemplateValue { .text(TextValue.make(string)) }

    /// Python's name of the type, for messages.
    package var typeName: String {
        switch self {
        case .none: "NoneType"
        case .bool: "bool"
        case .int: "int"
        case .double: "float"
        case .text(let text): text.isMarkup ? "Markup" : "str"
        case .list: "list"
        case .tuple: "tuple"
        case .dict: "dict"
        case .object(let object): object.typeName
        case .undefined, .missing, .unresolved: "Undefined"
        }
    }

    /// A deep copy that no other render shares. `copies` keeps aliases aliases.
    func privateCopy(_ copies: inout [ObjectIdentifier: TemplateValue]) -> TemplateValue {
        switch self {
        case .list(let list):
            if let known = copies[ObjectIdentifier(list)] { return known }
            let copy = ListValue([])
            copies[ObjectIdentifier(list)] = .list(copy)
            copy.items = ContiguousArray(list.items.map { $0.privateCopy(&copies) })
            return .list(copy)
        case .dict(let dict):
            if let known = copies[ObjectIdentifier(dict)] { return known }
            let copy = DictValue()
            copies[ObjectIdentifier(dict)] = .dict(copy)
            dict.forEachEntry { key, hash, value in
                copy.set(key.privateCopy(&copies), hash: hash, value.privateCopy(&copies))
            }
            return .dict(copy)
        case .tuple(let tuple):
            return .tuple(TupleValue(tuple.items.map { $0.privateCopy(&copies) }))
        case .none, .bool, .int, .double, .text, .object, .undefined, .missing, .unresolved:
            return self
        }
    }
}
