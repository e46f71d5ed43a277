import JinjaTemplates
import Yams

/// Ansible's `to_yaml`, `to_nice_yaml`, `from_yaml` and `from_yaml_all`.
enum YAMLFilters {
    static let filters: [String: TemplateFunction] = [
        "to_yaml": { (arguments, state) throws(EvaluationError) in
            try write(arguments, state, "to_yaml", indent: 2, flow: nil)
        },
        "to_nice_yaml": { (arguments, state) throws(EvaluationError) in
            try write(arguments, state, "to_nice_yaml", indent: 4, flow: false)
        },
        "from_yaml": { (arguments, state) throws(EvaluationError) in
            guard let text = try source(arguments, state) else { return arguments[0] }
            let nodes = try documents(text, single: true, state)
            guard let node = nodes.first else { return .none }
            var reader = YAMLValueReader(state)
            return try reader.value(node)
        },
        "from_yaml_all": { (arguments, state) throws(EvaluationError) in
            guard let text = try source(arguments, state) else {
                if arguments[0].isNone { return .list([]) }
                return .list(ListValue(try state.items(arguments[0])))
            }
            var values: [TemplateValue] = []
            for node in try documents(text, single: false, state) {
                var reader = YAMLValueReader(state)
                values.append(try reader.value(node))
            }
            return .list(values)
        },
    ]

    /// Those of `community.general`, which indent by two.
    static let community: [String: TemplateFunction] = [
        "community.general.to_yaml": { (arguments, state) throws(EvaluationError) in
            try write(arguments, state, "to_yaml", indent: 2, flow: nil)
        },
        "community.general.to_nice_yaml": { (arguments, state) throws(EvaluationError) in
            try write(arguments, state, "to_nice_yaml", indent: 2, flow: false)
        },
    ]

    private static func source(_ arguments: Arguments, _ state: RenderState) throws(EvaluationError) -> String? {
        if case .undefined(let info) = arguments[0], state.isStrict(info) { throw state.undefinedError(info) }
        return arguments[0].string
    }

    // MARK: Writing

    private static let parameters = [
        "a", "indent", "default_flow_style", "width", "sort_keys", "explicit_start", "explicit_end", "allow_unicode",
        "canonical",
        "default_style", "line_break", "encoding", "version", "tags", "vault_to_text",
    ]

    private static func write(
        _ arguments: Arguments, _ state: RenderState, _ name: String, indent: Int, flow: Bool?
    ) throws(EvaluationError) -> TemplateValue {
        let bound = try arguments.bind(name, parameters, required: 1)
        func number(_ index: Int) -> Int? { if case .int(let value)? = bound[index] { value } else { nil } }
        var flow = flow
        if let given = bound[2], !given.isNone { flow = try state.truth(given) }
        let sorts = try ScalarFilters.flag(bound[4], state, true)
        var builder = YAMLNodeBuilder(state, flow: flow, sortsKeys: sorts)
        try builder.count(arguments[0])
        let node = try builder.node(arguments[0])
        let text: String
        do {
            text = try Yams.serialize(
                node: node, canonical: try ScalarFilters.flag(bound[8], state, false),
                indent: min(max(0, number(1) ?? indent), 100),
                width: min(max(-1, number(3) ?? 0), 1 << 30),
                allowUnicode: try ScalarFilters.flag(bound[7], state, true),
                explicitStart: try ScalarFilters.flag(bound[5], state, false),
                explicitEnd: try ScalarFilters.flag(bound[6], state, false))
        } catch let error as EvaluationError {
            throw error
        } catch {
            throw EvaluationError(.hostError, "\(name): \(error)", typeName: "EmitterError")
        }
        try state.checkText(bytes: text.utf8.count)
        return .string(text)
    }

    // MARK: Reading

    /// The documents of a text. Yams hashes the keys of mappings itself, which nested aliases can make exponentially big:
    /// a text with so many is refused.
    private static func documents(_ text: String, single: Bool, _ state: RenderState) throws(EvaluationError) -> [Node]
    {
        try state.charge(text.utf8.count >> 4)
        let aliases = zip(text.utf8, text.utf8.dropFirst()).count {
            $0 == UInt8(ascii: "*") && $1 != 0x20 && $1 != 0x0A
        }
        guard aliases <= 40 || !text.utf8.contains(UInt8(ascii: "&")) else {
            throw EvaluationError(.limitExceeded, "from_yaml: more than 40 aliases in one text")
        }
        do {
            let parser = try Yams.Parser(yaml: text, encoding: .utf8)
            if single { return try parser.singleRoot().map { [$0] } ?? [] }
            var nodes: [Node] = []
            while let node = try parser.nextRoot() {
                nodes.append(node)
                try state.checkItems(nodes.count)
            }
            return nodes
        } catch let error as EvaluationError {
            throw error
        } catch {
            throw EvaluationError(.hostError, "the text is no YAML: \(error)", typeName: "AnsibleYAMLParserError")
        }
    }
}

/// Values from YAML nodes, with YAML 1.1's meaning of plain scalars.
private struct YAMLValueReader {
    private let state: RenderState
    init(_ state: RenderState) { self.state = state }

    mutating func value(_ node: Node) throws(EvaluationError) -> TemplateValue {
        try state.charge(1)
        switch node {
        case .scalar(let scalar): return try value(scalar)
        case .sequence(let sequence):
            var items: [TemplateValue] = []
            try nested { (reader) throws(EvaluationError) in
                for item in sequence { items.append(try reader.value(item)) }
            }
            return .list(items)
        case .mapping(let mapping):
            let dict = DictValue()
            try nested { (reader) throws(EvaluationError) in
                for (key, value) in mapping { try reader.add(key, value, to: dict) }
            }
            return .dict(dict)
        case .alias: throw EvaluationError(.hostError, "an alias without an anchor", typeName: "AnsibleYAMLParserError")
        }
    }

    private mutating func nested(_ body: (inout YAMLValueReader) throws(EvaluationError) -> Void)
        throws(EvaluationError)
    {
        var copy = self
        try state.descending { () throws(EvaluationError) in try body(&copy) }
    }

    private mutating func add(_ key: Node, _ value: Node, to dict: DictValue) throws(EvaluationError) {
        if case .scalar(let scalar) = key, scalar.style == .plain, scalar.string == "<<" {
            let merged = try self.value(value)
            let sources: [TemplateValue] = if case .list(let list) = merged { Array(list.items) } else { [merged] }
            for case .dict(let source) in sources {
                source.forEachEntry { key, hash, value in
                    if dict.get(key, hash: hash) == nil { dict.set(key, hash: hash, value) }
                }
            }
            return
        }
        var name = try self.value(key)
        if case .list(let list) = name { name = .tuple(Array(list.items)) }
        guard let hash = name.hashValueForKey else {
            throw EvaluationError(.hostError, "a mapping cannot be a key", typeName: "AnsibleYAMLParserError")
        }
        dict.set(name, hash: hash, try self.value(value))
    }

    private func value(_ scalar: Node.Scalar) throws(EvaluationError) -> TemplateValue {
        let text = scalar.string
        switch scalar.tag.description {
        case "tag:yaml.org,2002:str", "!": return .string(text)
        case "tag:yaml.org,2002:int": return YAMLScalars.value(text, .int)
        case "tag:yaml.org,2002:float": return YAMLScalars.value(text, .float)
        case "tag:yaml.org,2002:bool": return YAMLScalars.value(text, .bool)
        case "tag:yaml.org,2002:null": return .none
        default:
            guard scalar.style == .plain || scalar.style == .any else { return .string(text) }
            return YAMLScalars.value(text, try YAMLScalars.kind(text))
        }
    }
}

/// YAML nodes from values, laid out as PyYAML's safe dumper does.
private struct YAMLNodeBuilder {
    private let state: RenderState
    /// Whether collections are in flow style; nil: those that hold only scalars are.
    private let flow: Bool?
    private let sortsKeys: Bool
    private var seen: Set<ObjectIdentifier> = []
    private var anchors: [ObjectIdentifier: Int] = [:]
    private var written: Set<ObjectIdentifier> = []

    init(_ state: RenderState, flow: Bool?, sortsKeys: Bool) {
        (self.state, self.flow, self.sortsKeys) = (state, flow, sortsKeys)
    }

    /// Finds what is there more than once; it gets an anchor.
    mutating func count(_ value: TemplateValue) throws(EvaluationError) {
        try state.charge(1)
        guard let identity = identity(value) else { return }
        guard seen.insert(identity).inserted else {
            if anchors[identity] == nil { anchors[identity] = anchors.count + 1 }
            return
        }
        var copy = self
        try state.descending { () throws(EvaluationError) in
            switch value {
            case .list(let list): for item in list.items { try copy.count(item) }
            case .tuple(let tuple): for item in tuple.items { try copy.count(item) }
            case .dict(let dict): for pair in try copy.pairs(dict) { try copy.count(pair.value) }
            default: break
            }
        }
        self = copy
    }

    private func identity(_ value: TemplateValue) -> ObjectIdentifier? {
        switch value {
        case .list(let list): ObjectIdentifier(list)
        case .dict(let dict): ObjectIdentifier(dict)
        case .tuple(let tuple): tuple.items.isEmpty ? nil : ObjectIdentifier(tuple)
        default: nil
        }
    }

    private func pairs(_ dict: DictValue) throws(EvaluationError) -> [(key: TemplateValue, value: TemplateValue)] {
        guard sortsKeys else { return dict.pairs }
        do throws(EvaluationError) {
            return try state.sorted(ContiguousArray(dict.keys)).map {
                ($0, dict.get($0, hash: $0.hashValueForKey ?? 0) ?? .none)
            }
        } catch  where error.kind == .typeError {
            return dict.pairs
        }
    }

    mutating func node(_ value: TemplateValue) throws(EvaluationError) -> Node {
        guard let identity = identity(value) else { return try scalar(value) }
        var anchor: Anchor?
        if let number = anchors[identity] {
            let name = Anchor(
                rawValue: "id" + String(repeating: "0", count: max(0, 3 - String(number).count)) + String(number))
            guard written.insert(identity).inserted else { return .alias(Node.Alias(name)) }
            anchor = name
        }
        var copy = self
        let result = try state.descending { () throws(EvaluationError) -> Node in
            if case .dict(let dict) = value { return try copy.mapping(dict, anchor) }
            let items: ContiguousArray<TemplateValue> =
                switch value {
                case .list(let list): list.items
                case .tuple(let tuple): tuple.items
                default: []
                }
            var nodes: [Node] = []
            for item in items { nodes.append(try copy.node(item)) }
            let isFlow = copy.flow ?? nodes.allSatisfy(Self.isScalar)
            return .sequence(Node.Sequence(nodes, Tag(.seq), isFlow ? .flow : .block, nil, anchor))
        }
        self = copy
        return result
    }

    private mutating func mapping(_ dict: DictValue, _ anchor: Anchor?) throws(EvaluationError) -> Node {
        var nodes: [(Node, Node)] = []
        for pair in try pairs(dict) { nodes.append((try node(pair.key), try node(pair.value))) }
        let isFlow = flow ?? nodes.allSatisfy { Self.isScalar($0) && Self.isScalar($1) }
        return .mapping(Node.Mapping(nodes, Tag(.map), isFlow ? .flow : .block, nil, anchor))
    }

    private static func isScalar(_ node: Node) -> Bool { if case .scalar = node { true } else { false } }

    private func scalar(_ value: TemplateValue) throws(EvaluationError) -> Node {
        func plain(_ text: String) -> Node { .scalar(Node.Scalar(text, Tag(.str), .plain)) }
        switch value {
        case .none: return plain("null")
        case .bool(let flag): return plain(flag ? "true" : "false")
        case .int(let number): return plain(String(number))
        case .double(let number):
            if number.isNaN { return plain(".nan") }
            if number.isInfinite { return plain(number < 0 ? "-.inf" : ".inf") }
            let text = pythonFloat(number)
            return plain(
                text.contains(".") || !text.contains("e") ? text : text.split(separator: "e").joined(separator: ".0e"))
        case .text(let text):
            let string = text.string
            return .scalar(Node.Scalar(string, Tag(.str), try YAMLScalars.kind(string) == .text ? .any : .singleQuoted))
        case .tuple: return .sequence(Node.Sequence([], Tag(.seq), .flow))
        case .undefined(let info):
            throw state.undefinedError(info)
        case .object(let object):
            if let date = object as? DateTimeValue { return plain(date.yaml) }
            if object.typeName == "int" { return plain(try state.represent(value)) }
            if object.isSequence || object.isMapping || object is IteratorValue {
                var copy = self
                return try copy.node(.list(Array(try state.items(value))))
            }
            throw EvaluationError(
                .hostError, "cannot represent an object of type \(object.typeName)", typeName: "RepresenterError")
        default: throw EvaluationError(.hostError, "cannot represent a \(value.typeName)", typeName: "RepresenterError")
        }
    }
}
