internal import Diagnostics
internal import TextPatterns

extension TextFSMTemplate {
    /// The rows the template finds in a text. Throws `.state` where a rule says `Error`, `.limit` when it costs too much.
    package func table(of text: String) throws(TextTableError) -> TextTable {
        var text = text
        do {
            return try text.withUTF8 { bytes throws in
                var machine = try TextFSMMachine(self, bytes)
                return TextTable(header: header, rows: try machine.run())
            }
        } catch let error as TextTableError { throw error } catch {
            // `withUTF8` loses the error's type; it can only be ours.
            throw TextTableError(.limit, "\(error)", remedy: "report this as a bug")
        }
    }
}

/// Runs a template over one text.
private struct TextFSMMachine {
    /// Bytes of the text; nil for a group that took no part in a match.
    private typealias Slice = Range<Int>?

    /// What a value's options ask for.
    private struct Plan {
        let isPlain: Bool
        let isList: Bool
        let fillsDown: Bool
        let fillsUp: Bool
        /// Required tests the text found last, unless List stands before it.
        let needsText: Bool
        let needsItems: Bool

        init(_ value: TextFSMValue) {
            let options = value.options
            isPlain = options.isEmpty
            isList = value.isList
            fillsDown = options.contains(.filldown)
            fillsUp = options.contains(.fillup)
            let required = options.firstIndex(of: .required)
            let list = options.firstIndex(of: .list)
            needsItems = required.map { place in list.map { $0 < place } ?? false } ?? false
            needsText = required != nil && !needsItems
        }
    }

    private let template: TextFSMTemplate
    private let bytes: UnsafeBufferPointer<UInt8>
    private let matcher: LineMatcher
    // By value; arrays of plain numbers, since every record goes through all of them.
    private let plans: [Plan]
    /// What was found since it was cleared, or filled down.
    private var slices: [Slice]
    /// What Filldown brings back.
    private var kept: [Slice]
    /// What List collected.
    private var items: [[TextTable.Item]]
    private var rows: [[TextTable.Cell]] = []
    private var cells = 0
    private let deadline: ContinuousClock.Instant

    init(_ template: TextFSMTemplate, _ bytes: UnsafeBufferPointer<UInt8>) throws(TextTableError) {
        guard bytes.count <= template.limits.maximumTextBytes else {
            throw TextTableError(
                .limit, "the text has \(bytes.count) bytes, limit \(template.limits.maximumTextBytes)",
                remedy: "read it in parts")
        }
        self.template = template
        self.bytes = bytes
        do { matcher = try LineMatcher(groups: template.maximumGroups, limits: template.limits.patterns) } catch {
            throw TextTableError(.limit, error.what, remedy: error.remedy)
        }
        plans = template.values.map(Plan.init)
        slices = [Slice](repeating: nil, count: plans.count)
        kept = slices
        items = [[TextTable.Item]](repeating: [], count: plans.count)
        deadline = ContinuousClock.now + template.limits.maximumTime
    }

    private enum Ending { case lastLine, end, endOfFile }

    mutating func run() throws(TextTableError) -> [[TextTable.Cell]] {
        var lines = TextLines(bytes)
        var (state, ending, number) = (template.startState, Ending.lastLine, 0)
        reading: while let line = lines.next() {
            number += 1
            if number & 255 == 0 { try checkTime(number) }
            switch try read(line, number, in: state) {
            case .same: break
            case .state(let next): state = next
            case .end:
                ending = .end
                break reading
            case .endOfFile:
                ending = .endOfFile
                break reading
            }
        }
        if ending != .end, !template.declaresEndOfFile { try record() }
        return rows
    }

    private mutating func read(_ line: TextLines.Line, _ number: Int, in state: Int)
        throws(TextTableError) -> TextFSMRule.Target
    {
        let text = UnsafeBufferPointer(rebasing: bytes[line.range])
        let rules = template.states[state].rules
        let firstBytes = template.states[state].firstBytes
        let first = line.isPlain ? text.first : nil
        for index in rules.indices {
            // Most rules are ruled out by the line's first byte.
            if let first, !firstBytes[index].contains(first) { continue }
            do throws(TextPatternError) {
                guard try matcher.matches(rules[index].pattern, text, isPlain: line.isPlain) else { continue }
            } catch {
                throw TextTableError(
                    .limit, "line \(number) of the text: \(error.what)", at: position(rules[index]),
                    remedy: error.remedy)
            }
            for (group, value) in rules[index].assignments {
                let range = matcher.range(group)
                try assign(
                    range.map { $0.lowerBound + line.range.lowerBound..<$0.upperBound + line.range.lowerBound }, value)
            }
            switch rules[index].recordOperation {
            case .none: break
            case .record: try record()
            case .clear: clear()
            case .clearAll: clearAll()
            }
            switch rules[index].lineOperation {
            case .continue: continue
            case .next: return rules[index].target
            case .error: throw stateError(rules[index], text, number)
            }
        }
        return .same
    }

    // MARK: Values

    private mutating func assign(_ slice: Slice, _ value: Int) throws(TextTableError) {
        slices[value] = slice
        let plan = plans[value]
        if plan.isPlain { return }
        if plan.fillsDown { kept[value] = slice }
        if plan.fillsUp, let slice, !slice.isEmpty { fillUp(Self.string(bytes, slice), value) }
        if plan.isList {
            try count(1)
            items[value].append(try item(slice, template.values[value]))
        }
    }

    /// Rows above take the value, up to the first that has one.
    private mutating func fillUp(_ text: String, _ value: Int) {
        for row in rows.indices.reversed() {
            guard rows[row][value].isEmpty else { return }
            rows[row][value] = .text(text)
        }
    }

    private func item(_ slice: Slice, _ value: TextFSMValue) throws(TextTableError) -> TextTable.Item {
        guard let slice else { return .null }
        guard let pattern = value.groups else { return .text(Self.string(bytes, slice)) }
        let text = UnsafeBufferPointer(rebasing: bytes[slice])
        do throws(TextPatternError) {
            let groups = try LineMatcher(groups: pattern.capturedGroupCount, limits: template.limits.patterns)
            guard try groups.matches(pattern, text, isPlain: TextLines.isPlain(text)) else {
                return .text(Self.string(bytes, slice))
            }
            return .groups(
                pattern.names.map { name in
                    let range = groups.range(name.group)
                    return TextTable.Group(name.name, range.map { String(decoding: text[$0], as: UTF8.self) })
                })
        } catch {
            throw TextTableError(.limit, "the Value \(value.name): \(error.what)", remedy: error.remedy)
        }
    }

    private static func string(_ bytes: UnsafeBufferPointer<UInt8>, _ slice: Range<Int>) -> String {
        String(decoding: UnsafeBufferPointer(rebasing: bytes[slice]), as: UTF8.self)
    }

    // MARK: Records

    /// Adds what the values hold as a row, unless a required one is missing or nothing was found at all.
    private mutating func record() throws(TextTableError) {
        if plans.isEmpty { return }
        var isNothing = true
        for value in plans.indices {
            let plan = plans[value]
            if plan.needsText, slices[value]?.isEmpty ?? true { return clear() }
            if plan.needsItems, items[value].isEmpty { return clear() }
            if plan.isList ? !items[value].isEmpty : slices[value] != nil { isNothing = false }
        }
        if isNothing { return }
        var row: [TextTable.Cell] = []
        row.reserveCapacity(plans.count)
        for value in plans.indices {
            if plans[value].isList {
                try count(items[value].count)
                row.append(.list(items[value]))
            } else if let slice = slices[value] {
                row.append(.text(Self.string(bytes, slice)))
            } else {
                row.append(.text(""))
            }
        }
        try count(row.count)
        rows.append(row)
        clear()
    }

    private mutating func clear() {
        for value in plans.indices {
            slices[value] = plans[value].fillsDown ? kept[value] : nil
            if plans[value].isList, !plans[value].fillsDown { items[value] = [] }
        }
    }

    private mutating func clearAll() {
        for value in plans.indices {
            slices[value] = nil
            kept[value] = nil
            if plans[value].isList { items[value] = [] }
        }
    }

    // MARK: Limits and errors

    private mutating func count(_ more: Int) throws(TextTableError) {
        cells += more
        guard cells <= template.limits.maximumCells else {
            throw TextTableError(
                .limit, "more than \(template.limits.maximumCells) cells and list items",
                at: SourcePosition(file: template.file), remedy: "read the text in parts")
        }
    }

    private func checkTime(_ number: Int) throws(TextTableError) {
        guard ContinuousClock.now < deadline else {
            throw TextTableError(
                .limit, "line \(number) of the text was not reached within \(template.limits.maximumTime)",
                at: SourcePosition(file: template.file),
                remedy: "make the rules less ambiguous, or read the text in parts")
        }
    }

    private func position(_ rule: TextFSMRule) -> SourcePosition {
        SourcePosition(file: template.file, line: rule.line)
    }

    private func stateError(_ rule: TextFSMRule, _ line: UnsafeBufferPointer<UInt8>, _ number: Int) -> TextTableError {
        let said = rule.message.map { ": \($0)" } ?? ""
        let shown = safeForDisplay(String(decoding: line.prefix(200), as: UTF8.self), keepingLines: false)
        return TextTableError(
            .state, "the template refuses line \(number) of the text\(said): “\(shown)”", at: position(rule),
            remedy:
                "check that the text is the whole output of the template's command; if it is, the template needs a rule for it"
        )
    }
}
