import JinjaTemplates

/// Expands `Ethernet1-2/3,5.10-11` to the interfaces it names.
struct InterfaceRanges {
    private(set) var names: [String] = []
    private let state: RenderState
    /// The last prefix that was written; a part that starts with a digit takes it over.
    private var prefix = ""

    init(_ state: RenderState) { self.state = state }

    /// A number, or a range of numbers.
    private struct Numbers {
        var first: Int
        var last: Int
    }

    /// A text with commas, or a list of such.
    mutating func add(_ value: TemplateValue) throws(EvaluationError) {
        switch value {
        case .text(let text):
            prefix = ""
            for part in text.string.split(separator: ",", omittingEmptySubsequences: false) {
                try addPart(String(part))
            }
        case .list(let list): try addAll(list.items)
        case .tuple(let tuple): try addAll(tuple.items)
        case .object(let object) where object is RangeValue: try addAll(try state.items(value))
        default:
            throw EvaluationError(
                .typeError,
                "value must be a Sequence, got \(AVDFilters.pythonType(value)): \(value.isUndefined ? "" : try state.string(value))"
            )
        }
    }

    private mutating func addAll(_ items: ContiguousArray<TemplateValue>) throws(EvaluationError) {
        var copy = self
        for item in items { try state.descending { () throws(EvaluationError) in try copy.add(item) } }
        self = copy
    }

    private mutating func addPart(_ part: String) throws(EvaluationError) {
        let bytes = Array(part.utf8)
        func isDigit(_ byte: UInt8) -> Bool { byte >= 0x30 && byte <= 0x39 }
        guard let start = bytes.firstIndex(where: isDigit), !bytes[..<start].contains(0x0A) else { return }
        if start > 0 { prefix = String(decoding: bytes[..<start], as: UTF8.self) }
        func number(_ place: inout Int) throws(EvaluationError) -> Int? {
            let end = bytes[place...].firstIndex { !isDigit($0) } ?? bytes.count
            guard end > place else { return nil }
            guard let value = Int(String(decoding: bytes[place..<end], as: UTF8.self)) else {
                throw EvaluationError(.limitExceeded, "range_expand: a number in \(part) has more than 18 digits")
            }
            place = end
            return value
        }
        func numbers(_ place: inout Int) throws(EvaluationError) -> Numbers? {
            guard let first = try number(&place) else { return nil }
            var after = place + 1
            if place < bytes.count, bytes[place] == 0x2D, let last = try number(&after) {
                place = after
                return Numbers(first: first, last: last)
            }
            return Numbers(first: first, last: first)
        }
        // Up to two ranges that end with a slash and are followed by more digits; then the interfaces themselves.
        var place = start
        var parents: [Numbers] = []
        while parents.count < 2 {
            var next = place
            guard let range = try numbers(&next), next + 1 < bytes.count, bytes[next] == 0x2F, isDigit(bytes[next + 1])
            else { break }
            parents.append(range)
            place = next + 1
        }
        guard let interfaces = try numbers(&place) else { return }
        var subinterfaces: Numbers?
        if place < bytes.count, bytes[place] == 0x2E {
            var next = place + 1
            subinterfaces = try numbers(&next)
        }
        let words = parents.count == 2 ? ["module", "parent interface"] : ["module"]
        try expand(
            part, prefix, zip(words, parents).map { ($0, $1, "/") } + [("interface", interfaces, "")], subinterfaces)
    }

    private mutating func expand(
        _ part: String, _ name: String, _ levels: [(word: String, numbers: Numbers, end: String)],
        _ subinterfaces: Numbers?
    ) throws(EvaluationError) {
        guard let level = levels.first else {
            guard let subinterfaces else { return try append(name) }
            try check(part, "subinterface", subinterfaces)
            for number in subinterfaces.first...subinterfaces.last { try append("\(name).\(number)") }
            return
        }
        try check(part, level.word, level.numbers)
        for number in level.numbers.first...level.numbers.last {
            try expand(part, "\(name)\(number)\(level.end)", Array(levels.dropFirst()), subinterfaces)
        }
    }

    private func check(_ part: String, _ word: String, _ numbers: Numbers) throws(EvaluationError) {
        guard numbers.first > numbers.last else { return }
        throw EvaluationError(
            .valueError,
            "Range \(part) could not be expanded because the first \(word) \(numbers.first) is larger than last \(word) \(numbers.last) in the range."
        )
    }

    private mutating func append(_ name: String) throws(EvaluationError) {
        names.append(name)
        if names.count & 0xFF == 0 { try state.checkItems(names.count) }
        try state.charge(1 + name.utf8.count >> 4)
    }
}
