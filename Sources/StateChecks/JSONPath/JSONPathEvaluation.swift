internal import SourceDocuments
internal import TextPatterns

/// One run of a query over a value.
struct JSONPathEvaluation {
    private let root: PlainValue
    private let text: String
    private var steps = 0
    private let maximumSteps: Int

    init(root: PlainValue, text: String, maximumSteps: Int) {
        (self.root, self.text, self.maximumSteps) = (root, text, maximumSteps)
    }

    private mutating func step() throws(JSONPathError) {
        steps += 1
        guard steps <= maximumSteps else {
            throw JSONPathError(
                what: "more than \(maximumSteps) nodes were looked at", text: text, offset: 0,
                remedy: "use fewer .. and nested filters")
        }
    }

    mutating func nodes(_ query: JSONPathQuery, current: JSONPathNode) throws(JSONPathError) -> [JSONPathNode] {
        var nodes = [query.isRelative ? current : JSONPathNode(path: [], value: root)]
        for segment in query.segments {
            var selected: [JSONPathNode] = []
            for node in nodes {
                if segment.isDescendant {
                    try descend(node, segment.selectors, into: &selected)
                } else {
                    for selector in segment.selectors { try select(selector, node, into: &selected) }
                }
            }
            nodes = selected
        }
        return nodes
    }

    /// §2.5.2.2: the node itself, then its descendants, parents before children.
    private mutating func descend(
        _ node: JSONPathNode, _ selectors: [JSONPathSelector], into found: inout [JSONPathNode]
    )
        throws(JSONPathError)
    {
        try step()
        for selector in selectors { try select(selector, node, into: &found) }
        for child in Self.children(of: node) { try descend(child, selectors, into: &found) }
    }

    private static func children(of node: JSONPathNode) -> [JSONPathNode] {
        switch node.value {
        case .list(let values):
            values.enumerated().map { JSONPathNode(path: node.path + [.index($0)], value: $1) }
        case .map(let map): map.entries.map { JSONPathNode(path: node.path + [.name($0.key)], value: $0.value) }
        case .null, .bool, .int, .double, .string: []
        }
    }

    private mutating func select(_ selector: JSONPathSelector, _ node: JSONPathNode, into found: inout [JSONPathNode])
        throws(JSONPathError)
    {
        try step()
        switch selector {
        case .name(let name):
            if case .map(let map) = node.value, let value = map[name] {
                found.append(JSONPathNode(path: node.path + [.name(name)], value: value))
            }
        case .wildcard: found += Self.children(of: node)
        case .index(let index):
            guard case .list(let values) = node.value else { return }
            let place = index < 0 ? values.count + index : index
            if values.indices.contains(place) {
                found.append(JSONPathNode(path: node.path + [.index(place)], value: values[place]))
            }
        case .slice(let start, let end, let step):
            guard case .list(let values) = node.value else { return }
            for place in Self.slice(start, end, step, count: values.count) {
                found.append(JSONPathNode(path: node.path + [.index(place)], value: values[place]))
            }
        case .filter(let condition):
            for child in Self.children(of: node) where try holds(condition, child) { found.append(child) }
        }
    }

    /// §2.3.4.2.2
    private static func slice(_ start: Int?, _ end: Int?, _ step: Int, count: Int) -> [Int] {
        guard step != 0 else { return [] }
        func normalized(_ index: Int) -> Int { index >= 0 ? index : count + index }
        if step > 0 {
            let lower = min(max(normalized(start ?? 0), 0), count)
            let upper = min(max(normalized(end ?? count), 0), count)
            return Array(stride(from: lower, to: upper, by: step))
        }
        let upper = min(max(normalized(start ?? count - 1), -1), count - 1)
        let lower = min(max(end.map(normalized) ?? -1, -1), count - 1)
        return Array(stride(from: upper, to: lower, by: step))
    }

    // MARK: Conditions

    private mutating func holds(_ condition: JSONPathCondition, _ node: JSONPathNode) throws(JSONPathError) -> Bool {
        try step()
        switch condition {
        case .or(let parts):
            for part in parts where try holds(part, node) { return true }
            return false
        case .and(let parts):
            for part in parts where try !holds(part, node) { return false }
            return true
        case .not(let inner): return try !holds(inner, node)
        case .exists(let query): return try !nodes(query, current: node).isEmpty
        case .comparison(let left, let comparison, let right):
            return Self.compare(try value(left, node), comparison, try value(right, node))
        case .test(let call): return try test(call, node)
        }
    }

    /// Nil is the RFC's Nothing.
    private mutating func value(_ operand: JSONPathOperand, _ node: JSONPathNode) throws(JSONPathError) -> PlainValue? {
        switch operand {
        case .literal(let value): return value
        case .query(let query): return try nodes(query, current: node).first?.value
        case .call(.length(let argument)):
            return switch try value(argument, node) {
            case .string(let text)?: .int(Int128(text.unicodeScalars.count))
            case .list(let values)?: .int(Int128(values.count))
            case .map(let map)?: .int(Int128(map.count))
            case .null?, .bool?, .int?, .double?, nil: nil
            }
        case .call(.count(let query)): return .int(Int128(try nodes(query, current: node).count))
        case .call(.value(let query)):
            let found = try nodes(query, current: node)
            return found.count == 1 ? found[0].value : nil
        case .call(.match), .call(.search): return nil
        }
    }

    private mutating func test(_ call: JSONPathCall, _ node: JSONPathNode) throws(JSONPathError) -> Bool {
        let (operand, pattern, isWhole): (JSONPathOperand, JSONPathPattern, Bool)
        switch call {
        case .match(let value, let with): (operand, pattern, isWhole) = (value, with, true)
        case .search(let value, let with): (operand, pattern, isWhole) = (value, with, false)
        case .length, .count, .value: return false
        }
        guard case .string(let subject)? = try value(operand, node) else { return false }
        let regexp: IRegexp
        switch pattern {
        case .compiled(let compiled): regexp = compiled
        case .dynamic(let source):
            guard case .string(let text)? = try value(source, node), let compiled = IRegexp(text) else { return false }
            regexp = compiled
        }
        do { return try isWhole ? regexp.matches(subject) : regexp.occurs(in: subject) } catch {
            throw JSONPathError(what: error.what, text: text, offset: 0, remedy: error.remedy)
        }
    }

    /// §2.3.5.2.2
    private static func compare(_ a: PlainValue?, _ comparison: JSONPathComparison, _ b: PlainValue?) -> Bool {
        switch comparison {
        case .equal: ValueComparison.areEqual(a, b)
        case .notEqual: !ValueComparison.areEqual(a, b)
        case .less: ValueComparison.isLess(a, b)
        case .greater: ValueComparison.isLess(b, a)
        case .lessOrEqual: ValueComparison.isLess(a, b) || ValueComparison.areEqual(a, b)
        case .greaterOrEqual: ValueComparison.isLess(b, a) || ValueComparison.areEqual(a, b)
        }
    }
}
