import CLIConfiguration

/// A device's configuration while lines are typed into it.
struct ModelDevice {
    private let dialect: CLIDialect
    private let root: ModelLine
    /// Sections that are entered, outermost first.
    private var modes: [ModelLine] = []
    private(set) var refused: [CLIApplyModel.Refusal] = []
    private(set) var withoutEffect: [Int] = []

    /// Paths of lines that open a section, beyond the dialect's knowledge.
    private let sections: Set<[String]>
    /// Negative lines that the device shows, by their place among the typed lines.
    private let shownNegatives: Set<Int>

    init(_ tree: CLITree, sections: Set<[String]> = [], shownNegatives: Set<Int> = []) {
        dialect = tree.dialect
        self.sections = sections
        self.shownNegatives = shownNegatives
        root = ModelLine("", tree.dialect, in: -1)
        root.context = tree.dialect.rootContext
        Self.copy(tree.root, to: root, dialect)
        Self.noteSeveral(root, &several)
    }

    /// Families of which the device showed several lines of one identity: it holds sets of them.
    private var several: Set<String> = []

    private static func noteSeveral(_ section: ModelLine, _ several: inout Set<String>) {
        var seen: Set<[String]> = []
        for child in section.children where !child.isNegative {
            if let rule = child.rule, !rule.isSection, child.number == 0, !seen.insert(child.identity).inserted {
                several.insert(rule.pattern)
            }
            noteSeveral(child, &several)
        }
    }

    private static func copy(_ node: CLINode, to line: ModelLine, _ dialect: CLIDialect) {
        for child in node.children {
            let copy = ModelLine(child.text, dialect, in: line.context)
            if line.rule?.isNumbered ?? false, copy.rule?.filters != nil {
                copy.number = number(copy.words, line.rule?.numberWord) ?? (line.children.last?.number ?? 0) + 10
            }
            line.append(copy)
            Self.copy(child, to: copy, dialect)
        }
    }

    /// The number that an entry shows.
    private static func number(_ words: [String], _ mark: String?) -> Int? {
        if let mark { return words.count > 1 && words[0] == mark ? Int(words[1]) : nil }
        return words.first.flatMap { Int($0) }
    }

    /// The configuration as indented text.
    var printed: String {
        var text = ""
        func write(_ line: ModelLine, _ depth: Int) {
            for child in line.children {
                text += String(repeating: " ", count: depth) + child.text + "\n"
                write(child, depth + 1)
            }
        }
        write(root, 0)
        return text
    }

    private var current: ModelLine { modes.last ?? root }

    /// The lines of a value that is not closed yet.
    private var pending: String?

    /// True when a value that runs over lines has its end.
    private func isClosed(_ text: String, _ rule: CommandRule, _ line: ModelLine) -> Bool {
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
        if let end = rule.until { return lines.count > 1 && CLIWords.strings(String(lines[lines.count - 1])) == [end] }
        guard let value = line.captures.last, let first = value.first else { return true }
        let delimiter = value.hasPrefix("^C") ? "^C" : String(first)
        return text.components(delimiter) > 2
    }

    /// One line, as typed.
    ///
    /// `depth` is the number of sections it is meant for, where that is known.
    mutating func type(_ typed: String, index: Int, depth: Int? = nil) {
        var typed = typed
        if let held = pending { typed = held + "\n" + typed }
        if current.rule?.isBlock ?? false, CLIWords.strings(typed).joined(separator: " ") != current.rule?.exit {
            current.append(ModelLine(Self.trimmed(typed), dialect, in: -1))
            return
        }
        let head = typed.utf8.contains(0x0A) ? typed.split(separator: "\n", maxSplits: 1).first.map(String.init) : typed
        if let head, !head.isEmpty {
            let probe = ModelLine(Self.trimmed(head), dialect, in: current.context)
            if let rule = probe.rule, rule.isOpaque, !probe.isNegative, !isClosed(typed, rule, probe) {
                pending = typed
                return
            }
        }
        pending = nil
        if setNumbers(Self.trimmed(typed)) || setEntry(Self.trimmed(typed), index) { return }
        let words = CLIWords.strings(typed)
        guard let first = words.first, first != "!" else { return }
        let text = words.joined(separator: " ")
        if leave(text) { return }
        if reset(words, index) { return }
        let line = resolve(typed.contains("\n") ? typed : Self.trimmed(typed), depth)
        if line.isNegative {
            remove(line, index, typed)
        } else {
            set(line, index, typed)
        }
    }

    // MARK: Sets of numbers and numbered entries

    private static func numbers(_ text: String) -> Set<Int> {
        var result: Set<Int> = []
        if text == "all" { return Set(1...4094) }
        for part in text.split(separator: ",") {
            let ends = part.split(separator: "-").compactMap { Int($0) }
            if let low = ends.first, let high = ends.last, low <= high { result.formUnion(low...high) }
        }
        return result
    }

    /// `1,5-9`.
    private static func text(_ numbers: Set<Int>) -> String {
        var parts: [(Int, Int)] = []
        for number in numbers.sorted() {
            if let last = parts.last, last.1 + 1 == number {
                parts[parts.count - 1].1 = number
            } else {
                parts.append((number, number))
            }
        }
        return parts.isEmpty ? "none" : parts.map { $0 == $1 ? "\($0)" : "\($0)-\($1)" }.joined(separator: ",")
    }

    /// Adds to a line's set of numbers, or takes from it; false for any other line.
    private mutating func setNumbers(_ typed: String) -> Bool {
        let line = ModelLine(typed, dialect, in: current.context)
        guard let rule = line.rule, let use = rule.ranges else { return false }
        switch use {
        case .keywords:
            let count = line.elements.count - 1
            guard !line.isNegative, line.words.count == count + 1 || line.words.count == count + 2 else { return false }
            let tail = Array(line.words.suffix(2))
            guard tail[0] == "add" || tail[0] == "remove" else { return false }
            let head = Array(line.words.dropLast(2))
            guard let held = current.children.first(where: { !$0.isNegative && $0.words.dropLast() == head[...] })
            else {
                current.append(ModelLine((head + [tail[1]]).joined(separator: " "), dialect, in: current.context))
                return true
            }
            let old = Self.numbers(held.words.last ?? "")
            let value = Self.numbers(tail[1])
            let set = tail[0] == "add" ? old.union(value) : old.subtracting(value)
            replace(held, by: head + [Self.text(set)])
            return true
        case .capture(let number):
            let places = line.elements.indices.filter { line.elements[$0].isCapture }
            guard number <= places.count else { return false }
            let place = places[number - 1]
            func rest(_ words: [String]) -> [String] { words.enumerated().filter { $0.offset != place }.map(\.element) }
            guard
                let held = current.children.first(where: {
                    $0.rule?.pattern == rule.pattern && !$0.isNegative && rest($0.words) == rest(line.words)
                })
            else { return false }
            let (old, value) = (Self.numbers(held.words[place]), Self.numbers(line.words[place]))
            let set = line.isNegative ? old.subtracting(value) : old.union(value)
            if set.isEmpty {
                current.remove([held])
            } else {
                var words = held.words
                words[place] = Self.text(set)
                replace(held, by: words)
            }
            return true
        }
    }

    private func replace(_ held: ModelLine, by words: [String]) {
        current.replace(held, by: ModelLine(words.joined(separator: " "), dialect, in: current.context))
    }

    /// Puts an entry at its number, or takes the one with a number away; false for any other line.
    private mutating func setEntry(_ typed: String, _ index: Int) -> Bool {
        guard current.rule?.isNumbered ?? false else { return false }
        let line = ModelLine(typed, dialect, in: current.context)
        if line.isNegative {
            let mark = current.rule?.numberWord
            guard line.words.count == (mark == nil ? 1 : 2), let number = Self.number(line.words, mark) else {
                guard
                    let entry = current.children.first(where: {
                        $0.number > 0
                            && ($0.words == line.words || Array($0.words.dropFirst(mark == nil ? 1 : 2)) == line.words)
                    })
                else { return false }
                current.remove([entry])
                return true
            }
            let count = current.children.count
            current.remove { $0.number == number }
            if current.children.count == count { refuse(index, typed, "there is no entry \(number)") }
            return true
        }
        guard let rule = line.rule, rule.filters != nil else { return false }
        let entries = current.children.filter { $0.number > 0 }
        line.number =
            Self.number(line.words, current.rule?.numberWord) ?? ((entries.map(\.number).max() ?? 0) / 10 + 1) * 10
        // A remark may stand under the number of the entry it is about.
        if let twin = current.children.first(where: {
            $0.number == line.number && $0.words.contains("remark") == line.words.contains("remark")
        }) {
            if rule.renews {
                refuse(index, typed, "an entry \(line.number) is there and has to be removed first")
            } else {
                current.replace(twin, by: line)
            }
            return true
        }
        let place = current.children.firstIndex { $0.number > line.number } ?? current.children.count
        current.insert(line, at: place)
        return true
    }

    private static func trimmed(_ text: String) -> String {
        var slice = Substring(text)
        while let last = slice.last, last == " " || last == "\t" { slice.removeLast() }
        return String(slice.drop { $0 == " " || $0 == "\t" })
    }

    /// Lines that leave a section.
    private mutating func leave(_ text: String) -> Bool {
        guard dialect.exits.contains(text) || current.rule?.exit == text else { return false }
        switch text {
        case "end", "root": modes.removeAll()
        case "exit", "quit": _ = modes.popLast()
        default:
            // A word of its own leaves the section it belongs to, if that is open.
            if let last = modes.lastIndex(where: { $0.rule?.exit == text }) { modes.removeSubrange(last...) }
        }
        return true
    }

    /// The line in the innermost mode that knows it; where none does, it stays in the current one.
    private mutating func resolve(_ text: String, _ depth: Int?) -> ModelLine {
        let here = ModelLine(text, dialect, in: current.context)
        if modes.count == depth { return here }
        if here.rule != nil || modes.isEmpty || current.context < 0 { return here }
        if here.isNegative, !targets(of: here, in: current).isEmpty { return here }
        for depth in stride(from: modes.count - 1, through: 0, by: -1) {
            let outer = depth == 0 ? root : modes[depth - 1]
            let there = ModelLine(text, dialect, in: outer.context)
            guard there.rule != nil else { continue }
            modes.removeSubrange(depth...)
            return there
        }
        return here
    }

    // MARK: Setting

    private mutating func set(_ line: ModelLine, _ index: Int, _ typed: String) {
        let section = current
        let twins = section.lines(.identity, line.identity) { !$0.isNegative && $0.identity == line.identity }
        let opposite = section.lines(.identity, line.identity) { $0.isNegative && $0.identity == line.identity }
        if let rule = line.rule, rule.isSection {
            enter(line, twins.first, rule, index, typed)
            return
        }
        if opensUnknownSection(line, twins.first) {
            if twins.isEmpty { section.append(line) }
            modes.append(twins.first ?? line)
            return
        }
        if twins.contains(where: { $0.words == line.words && (!line.text.contains("\n") || $0.text == line.text) }),
            !(section.rule?.isSequence ?? false)
        {
            withoutEffect.append(index)
            return
        }
        if let rule = line.rule, rule.renews, !twins.isEmpty {
            refuse(index, typed, "another value of `\(rule.pattern)` is there and has to be removed first")
            return
        }
        section.remove(opposite)
        // Where both forms are content, a device shows the one that departs from the default, which was the other one.
        if !opposite.isEmpty, line.rule?.marks.contains("both") ?? false { return }
        if !opposite.isEmpty, !(line.rule?.marks.contains("both") ?? false), line.rule?.isOffByDefault != true,
            line.rule == nil || line.elements.allSatisfy({ !isValue($0) })
        {
            return  // A shown negative is what departs from the default.
        }
        if isOnByDefault(line) {
            if opposite.isEmpty { withoutEffect.append(index) }
            takeAlong(line, from: section, .set)
            return
        }
        if section.rule?.isSequence ?? false || twins.isEmpty
            || line.rule.map({ several.contains($0.pattern) }) ?? false
        {
            section.append(line)
            if section.children.count > 1 || line.rule != nil { takeAlong(line, from: section, .set) }
            return
        }
        // One place, one value.
        section.replace(twins[0], by: line)
        takeAlong(line, from: section, .set)
    }

    /// True for a line no rule knows that holds others already, or is known to.
    private func opensUnknownSection(_ line: ModelLine, _ existing: ModelLine?) -> Bool {
        if let existing, !existing.children.isEmpty { return true }
        return !sections.isEmpty && sections.contains(modes.map(\.text) + [line.text])
    }

    private mutating func enter(
        _ line: ModelLine, _ existing: ModelLine?, _ rule: CommandRule, _ index: Int, _ typed: String
    ) {
        let section = current
        guard let existing else {
            section.append(line)
            modes.append(line)
            return
        }
        if existing.words != line.words {
            if rule.renews {
                refuse(index, typed, "`\(existing.text)` is there and has to be removed first")
                return
            }
            section.reword(existing, as: line)
        }
        if rule.replacesOnEntry { existing.empty() }
        modes.append(existing)
    }

    // MARK: Removing

    /// `default X`: neither X nor its negation is shown any more; false for any other line.
    private mutating func reset(_ words: [String], _ index: Int) -> Bool {
        guard words.first == "default" else { return false }
        let line = ModelLine(words.dropFirst().joined(separator: " "), dialect, in: current.context)
        guard line.rule?.reset != nil else { return false }
        let gone = current.lines(.identity, line.identity) { $0.identity == line.identity }
        current.remove(gone)
        if gone.isEmpty { withoutEffect.append(index) }
        return true
    }

    private mutating func remove(_ line: ModelLine, _ index: Int, _ typed: String) {
        let section = current
        let gone = targets(of: line, in: section)
        if let kept = gone.first(where: { kept in
            kept.rule?.removal == .children && kept.words == line.words
                && !(kept.rule?.isVirtual(kept.captures.first ?? "") ?? false)
        }) {
            refuse(index, typed, "`\(kept.text)` cannot be removed, only emptied")
            return
        }
        let isValue = line.rule.map { isOnByDefault(line) || !$0.isOffByDefault && !$0.isSection } ?? gone.isEmpty
        let isThere = !section.lines(.identity, line.identity) { $0.isNegative && $0.words == line.words }.isEmpty
        section.remove(gone)
        for victim in gone { takeAlong(victim, from: section, .remove) }
        let isTaken = !gone.isEmpty && !isOnByDefault(line) && !(line.rule?.marks.contains("both") ?? false)
        if isValue, !isThere, !isTaken || shownNegatives.contains(index) {
            section.append(line)
        } else if gone.isEmpty {
            withoutEffect.append(index)
        }
    }

    /// The lines that a negative one takes away.
    private func targets(of line: ModelLine, in section: ModelLine) -> [ModelLine] {
        // Equal words make an equal identity: both were read in this section.
        let exact = section.lines(.identity, line.identity) { !$0.isNegative && $0.words == line.words }
        if !exact.isEmpty { return exact }
        let byTemplate = section.lines(.undo, line.words) { !$0.isNegative && $0.wordsOfUndo == line.words }
        if !byTemplate.isEmpty { return byTemplate }
        let byHead = section.lines(.head, line.words) { !$0.isNegative && $0.rule != nil && $0.head == line.words }
        if !byHead.isEmpty { return byHead }
        if line.rule != nil {
            return section.lines(.identity, line.identity) { !$0.isNegative && $0.identity == line.identity }
        }
        return section.children.filter { !$0.isNegative && $0.words.starts(with: line.words) }
    }

    /// The positive form says what holds anyway, so that a device does not show it.
    private func isOnByDefault(_ line: ModelLine) -> Bool {
        guard let rule = line.rule else { return false }
        guard let condition = rule.isOnUnless else { return rule.isOnByDefault }
        let around = modes.count > 1 ? modes[modes.count - 2] : root
        return !around.children.contains { $0.text == condition }
    }

    private func isValue(_ element: CommandRule.Element) -> Bool {
        switch element {
        case .value, .restValue: true
        case .literal, .key, .number, .address, .restKey: false
        }
    }

    private enum Trigger { case set, remove }

    /// Declared side effects: lines of the section, and below, that a command takes with it.
    private func takeAlong(_ cause: ModelLine, from section: ModelLine, _ trigger: Trigger) {
        for drop in cause.rule?.drops ?? [] {
            switch (drop.trigger, trigger) {
            case (.set, .remove), (.remove, .set): continue
            case (.both, _), (.set, .set), (.remove, .remove): break
            }
            let keeper = cause.fill(drop.unless.joined(separator: " "))
            if !keeper.isEmpty, section.children.contains(where: { !$0.isNegative && $0.words.starts(with: keeper) }) {
                continue
            }
            let condition = cause.fill(drop.when.joined(separator: " "))
            if !condition.isEmpty,
                !section.children.contains(where: { !$0.isNegative && $0.words.starts(with: condition) })
            {
                continue
            }
            let prefix = drop.prefix.isEmpty ? [] : cause.fill(drop.prefix.joined(separator: " "))
            guard !drop.through.isEmpty else {
                discard(prefix, in: section, except: cause)
                continue
            }
            let wanted = cause.fill(drop.through.joined(separator: " "))
            guard let place = wanted.firstIndex(of: "*") else { continue }
            let members = section.children.map(\.words).filter { words in
                words.count == wanted.count && zip(words, wanted).allSatisfy { $1 == "*" || $0 == $1 }
            }
            for member in members {
                discard(prefix.map { $0 == "*" ? member[place] : $0 }, in: section, except: cause)
            }
        }
    }

    private func discard(_ prefix: [String], in section: ModelLine, except cause: ModelLine) {
        section.remove { $0 !== cause && $0.words.starts(with: prefix) }
        for child in section.children { discard(prefix, in: child, except: cause) }
    }

    private mutating func refuse(_ index: Int, _ line: String, _ reason: String) {
        refused.append(CLIApplyModel.Refusal(index: index, line: line, reason: reason))
    }
}

extension String {
    /// How many parts a separator makes of the text.
    fileprivate func components(_ separator: String) -> Int {
        var count = 1
        var rest = Substring(self)
        while let range = rest.firstRange(of: separator) {
            count += 1
            rest = rest[range.upperBound...]
        }
        return count
    }
}
