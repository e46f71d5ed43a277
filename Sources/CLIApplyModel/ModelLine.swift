import CLIConfiguration

/// A line with what is below it.
final class ModelLine {
    private(set) var text: String
    private(set) var words: [String]
    let isNegative: Bool
    private(set) var rule: CommandRule?
    private(set) var elements: [CommandRule.Element] = []
    private(set) var captures: [String] = []
    var context: Int32
    /// What is below, in order; changed by the methods here only, which keep `index` true.
    private(set) var children: [ModelLine] = []
    /// Words that tell this line from others of its family.
    private(set) var identity: [String] = []
    /// Words up to the last one of the identity.
    private(set) var head: [String] = []
    /// Lines below by what they can be looked up with, once there are many; nil until somebody asks.
    private var index: [Int: [ModelLine]]?
    /// Where the last change was: the next one is mostly near.
    private var lastPlace = 0
    /// Place in a list of entries, shown or implied.
    var number = 0

    init(_ text: String, _ dialect: CLIDialect, in context: Int32) {
        self.text = text
        // Nearly every text is one line.
        let first =
            text.utf8.contains(0x0A) ? text.split(separator: "\n", maxSplits: 1).first.map(String.init) ?? "" : text
        var words = CLIWords.strings(first)
        isNegative = words.count > 1 && words[0] == dialect.negation
        if isNegative { words.removeFirst() }
        // A number that stands behind an entry counts as if it stood in front.
        if let mark = dialect.settings["trailing-number"], words.count > 3, words[words.count - 2] == mark,
            let number = words.last, Int(number) != nil,
            ["permit", "deny", "remark", "evaluate"].contains(words[0])
        {
            words = [mark, number] + words.dropLast(2)
        }
        self.words = words
        self.context = -1
        if let found = dialect.match(words.joined(separator: " "), in: context) {
            rule = dialect.rule(found.match.rule)
            elements = dialect.variants[Int(found.match.variant)].elements
            captures = found.captures
            self.context = rule?.context ?? -1
        }
        (identity, head) = (wordsOfIdentity, wordsOfHead)
    }

    private var wordsOfIdentity: [String] {
        guard rule != nil else { return words }
        var result: [String] = []
        for (offset, element) in elements.enumerated() {
            switch element {
            case .literal, .key, .number, .address: result.append(words[offset])
            case .restKey: result += words[offset...]
            case .value, .restValue: break
            }
        }
        return result
    }

    private var wordsOfHead: [String] {
        guard rule != nil else { return words }
        guard
            let last = elements.lastIndex(where: { element in
                switch element {
                case .literal, .key, .number, .address, .restKey: true
                case .value, .restValue: false
                }
            })
        else { return words }
        return elements[last] == .restKey ? words : Array(words[...last])
    }

    /// What is typed behind the negation to take the line away, where the dialect has a template for that.
    var wordsOfUndo: [String]? {
        guard case .template(let text)? = rule?.undo else { return nil }
        return Array(fill(text).dropFirst())
    }

    /// What a template of the dialect makes of the line.
    func fill(_ template: String) -> [String] {
        CLIWords.strings(template).map { word in
            guard word.hasPrefix("$"), let number = Int(word.dropFirst()), number > 0, number <= captures.count
            else { return word }
            return captures[number - 1]
        }
    }

    // MARK: Lines below

    /// What lines can be looked up by.
    enum Property { case identity, head, undo }

    /// From how many lines on an index is faster than looking at them all.
    private static let indexedFrom = 24

    /// The lines below that meet the condition, in order. `words` is their `property`, as the condition demands.
    func lines(_ property: Property, _ words: [String], where condition: (ModelLine) -> Bool) -> [ModelLine] {
        guard children.count >= Self.indexedFrom else { return children.filter(condition) }
        if index == nil {
            index = [:]
            for child in children { enterIndex(child) }
        }
        let found = index?[Self.key(property, words)]?.filter(condition) ?? []
        // The index does not know their order.
        return found.count > 1 ? children.filter(condition) : found
    }

    func append(_ line: ModelLine) {
        children.append(line)
        enterIndex(line)
    }

    func insert(_ line: ModelLine, at place: Int) {
        children.insert(line, at: place)
        enterIndex(line)
    }

    func replace(_ held: ModelLine, by line: ModelLine) {
        guard let place = place(of: held) else { return }
        leaveIndex(held)
        children[place] = line
        enterIndex(line)
    }

    /// Takes a line's wording for one below that has the same identity.
    func reword(_ held: ModelLine, as line: ModelLine) {
        leaveIndex(held)
        (held.text, held.words, held.elements, held.captures) = (line.text, line.words, line.elements, line.captures)
        (held.identity, held.head) = (line.identity, line.head)
        enterIndex(held)
    }

    func remove(_ gone: [ModelLine]) {
        for line in gone {
            guard let place = place(of: line) else { continue }
            leaveIndex(line)
            children.remove(at: place)
        }
    }

    func remove(where condition: (ModelLine) -> Bool) {
        var gone: [ModelLine] = []
        children.removeAll { line in
            let isGone = condition(line)
            if isGone { gone.append(line) }
            return isGone
        }
        for line in gone { leaveIndex(line) }
    }

    func empty() { (children, index) = ([], nil) }

    private func place(of line: ModelLine) -> Int? {
        let start = lastPlace < children.count ? lastPlace : 0
        let found =
            children[start...].firstIndex { $0 === line } ?? children[..<start].firstIndex { $0 === line }
        if let found { lastPlace = found }
        return found
    }

    private static func key(_ property: Property, _ words: [String]) -> Int {
        var hasher = Hasher()
        hasher.combine(property)
        hasher.combine(words)
        return hasher.finalize()
    }

    private func keys(of line: ModelLine) -> [Int] {
        var keys = [Self.key(.identity, line.identity)]
        guard !line.isNegative, line.rule != nil else { return keys }
        keys.append(Self.key(.head, line.head))
        if let undo = line.wordsOfUndo { keys.append(Self.key(.undo, undo)) }
        return keys
    }

    private func enterIndex(_ line: ModelLine) {
        guard index != nil else { return }
        for key in keys(of: line) { index?[key, default: []].append(line) }
    }

    private func leaveIndex(_ line: ModelLine) {
        guard index != nil else { return }
        for key in keys(of: line) { index?[key]?.removeAll { $0 === line } }
    }
}
