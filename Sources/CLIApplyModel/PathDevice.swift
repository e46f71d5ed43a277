import CLIConfiguration

/// A device that holds paths, while `set`, `delete` and `insert` lines are typed into it.
struct PathDevice {
    private var paths: [[String]] = []
    /// Places among siblings, by path: a statement that is emptied and filled again keeps its own.
    private var places: [[String]: Int] = [:]
    private var counter = 0
    private var inactive: Set<[String]> = []
    private var outcome: (refused: [CLIApplyModel.Refusal], idle: [Int]) = ([], [])

    static func typing(_ commands: [String], into tree: CLITree) -> CLIApplyModel.Outcome {
        var device = PathDevice()
        device.read(tree.root, [])
        var held: String?
        for (index, typed) in commands.enumerated() {
            // A quoted value may run over several lines.
            let line = held.map { $0 + "\n" + typed } ?? typed
            held = isOpen(line) ? line : nil
            if held == nil { device.type(line, index) }
        }
        return CLIApplyModel.Outcome(
            tree: CLITree(parsing: device.printed, file: "after \(tree.file)", dialect: tree.dialect),
            refused: device.outcome.refused, withoutEffect: device.outcome.idle)
    }

    private mutating func read(_ node: CLINode, _ path: [String]) {
        let children = node.children
        if children.isEmpty, !path.isEmpty { hold(path) }
        if node.comparableText.hasPrefix("inactive: ") { inactive.insert(path) }
        for child in children { read(child, path + [Self.bare(child.text)]) }
    }

    private static func bare(_ word: String) -> String {
        guard word.count >= 2, let first = word.first, first == "\"" || first == "'", word.last == first else {
            return word
        }
        return String(word.dropFirst().dropLast())
    }

    /// True for a line with a quote that is not closed.
    private static func isOpen(_ line: String) -> Bool {
        var quote: Character?
        var isEscaped = false
        var before: Character = " "
        for character in line {
            if isEscaped {
                isEscaped = false
            } else if let open = quote {
                if character == "\\", open == "\"" { isEscaped = true }
                if character == open { quote = nil }
            } else if before == " ", character == "\"" || character == "'" {
                quote = character
            }
            before = character
        }
        return quote != nil
    }

    /// Words at blanks, with quoted ones kept together.
    private static func words(_ line: String) -> [String] {
        var result: [String] = []
        var word = ""
        var quote: Character?
        for character in line {
            if let open = quote {
                word.append(character)
                if character == open { quote = nil }
            } else if word.isEmpty, character == "\"" || character == "'" {
                quote = character
                word.append(character)
            } else if character == " " {
                if !word.isEmpty { result.append(word) }
                word = ""
            } else {
                word.append(character)
            }
        }
        if !word.isEmpty { result.append(word) }
        return result.map(bare)
    }

    private mutating func type(_ line: String, _ index: Int) {
        var words = Self.words(line)
        guard var verb = words.first else { return }
        if verb.hasPrefix("/") { (verb, words[0]) = ("set", String(verb.dropFirst())) } else { words.removeFirst() }
        if words.first == "/" { words.removeFirst() }
        if let first = words.first, first.hasPrefix("/") { words[0] = String(first.dropFirst()) }
        let all = Self.expanded(words)
        if all.count > 1, verb == "set" || verb == "delete" {
            for words in all { apply(verb, words, index, line) }
        } else {
            apply(verb, words, index, line)
        }
    }

    /// `a [ b c ]` is `a b` and `a c`.
    private static func expanded(_ words: [String]) -> [[String]] {
        guard let open = words.firstIndex(of: "["), let close = words.lastIndex(of: "]"), open + 1 < close else {
            return [words]
        }
        return words[(open + 1)..<close].map { Array(words[..<open]) + [$0] + Array(words[(close + 1)...]) }
    }

    private mutating func apply(_ verb: String, _ words: [String], _ index: Int, _ line: String) {
        switch verb {
        case "set":
            if paths.contains(where: { $0.starts(with: words) }) {
                outcome.idle.append(index)
                return
            }
            paths.removeAll { words.starts(with: $0) }
            hold(words)
        case "delete":
            let count = paths.count
            paths.removeAll { $0.starts(with: words) }
            places = places.filter { !$0.key.starts(with: words) }
            inactive = inactive.filter { !$0.starts(with: words) }
            if paths.count == count { refuse(index, line, "nothing to delete") }
        case "deactivate": inactive.insert(words)
        case "activate": inactive.remove(words)
        case "insert": insert(words, index, line)
        default: refuse(index, line, "unknown command")
        }
    }

    private mutating func insert(_ words: [String], _ index: Int, _ line: String) {
        guard let at = words.lastIndex(where: { $0 == "before" || $0 == "after" }), at > 1, at + 1 < words.count else {
            refuse(index, line, "needs `before` or `after`")
            return
        }
        let moved = Array(words[..<at])
        let target = Array(moved.dropLast()) + [words[words.count - 1]]
        guard places[moved] != nil, places[target] != nil, moved != target else {
            refuse(index, line, "one of the two is not there")
            return
        }
        let siblings = places.filter { $0.key.count == moved.count && $0.key.starts(with: moved.dropLast()) }
        let values = siblings.values.sorted()
        var order = siblings.sorted { $0.value < $1.value }.map(\.key).filter { $0 != moved }
        let place = (order.firstIndex(of: target) ?? 0) + (words[at] == "before" ? 0 : 1)
        order.insert(moved, at: place)
        for (value, key) in zip(values, order) { places[key] = value }
    }

    private mutating func hold(_ path: [String]) {
        paths.append(path)
        for length in 1...path.count where places[Array(path[..<length])] == nil {
            places[Array(path[..<length])] = counter
            counter += 1
        }
    }

    private func isBefore(_ a: [String], _ b: [String]) -> Bool {
        for length in 1...min(a.count, b.count) {
            let (x, y) = (places[Array(a[..<length])] ?? 0, places[Array(b[..<length])] ?? 0)
            if x != y { return x < y }
        }
        return a.count < b.count
    }

    private mutating func refuse(_ index: Int, _ line: String, _ reason: String) {
        outcome.refused.append(CLIApplyModel.Refusal(index: index, line: line, reason: reason))
    }

    private var printed: String {
        func text(_ words: [String]) -> String {
            words.map { $0.isEmpty || $0.utf8.contains(where: { " ;{}[]#\n".utf8.contains($0) }) ? "\"\($0)\"" : $0 }
                .joined(separator: " ")
        }
        return
            (paths.sorted(by: isBefore).map { "set " + text($0) }
            + inactive.sorted { $0.lexicographicallyPrecedes($1) }
            .map { "deactivate " + text($0) }).joined(separator: "\n") + "\n"
    }
}
