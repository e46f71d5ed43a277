/// Groups of lines of which a device must never be without all: who may log in and how, and the way to the device.
///
/// The dialect names them: settings `guard:authentication` and `guard:management`, each a list of `SECTION>LINE` (the
/// words that start a section and a line in it, blanks as `_`; nothing before `>` for lines outside sections).
struct GuardedLines {
    private struct Guard {
        var kind: String
        var section: String
        var line: String
    }
    /// One guard in one section.
    private struct Group: Hashable {
        var guardIndex: Int
        var section: String
    }

    private let guards: [Guard]
    private let negation: String
    /// How guarded lines begin, and the sections that hold some: most commands are of no concern.
    private let heads: [Head]
    private var lines: [Group: Set<String>] = [:]
    private var opened: [Group: Int] = [:]

    /// Windows of a list of commands that is typed into what was observed.
    static func windows(_ commands: some Sequence<CLICommand>, observed: CLITree) -> [FailOpenWindow] {
        var state = GuardedLines(observed)
        guard !state.guards.isEmpty else { return [] }
        var windows: [FailOpenWindow] = []
        for (index, command) in commands.enumerated()
        where command.kind != .navigate && state.mayConcern(command) {
            if command.kind == .remove {
                state.remove(command, index)
            } else {
                state.set(command, index, &windows)
            }
        }
        return windows
    }

    private init(_ observed: CLITree) {
        var found: [Guard] = []
        for (name, value) in observed.dialect.settings.sorted(by: { $0.key < $1.key }) where name.hasPrefix("guard:") {
            for word in CLIWords.strings(value) {
                let parts = word.split(separator: ">", maxSplits: 1, omittingEmptySubsequences: false)
                    .map { String($0).replacing("_", with: " ") }
                guard parts.count == 2, !parts[1].isEmpty else { continue }
                found.append(Guard(kind: String(name.dropFirst(6)), section: parts[0], line: parts[1]))
            }
        }
        guards = found
        negation = observed.dialect.negation + " "
        heads = found.flatMap { item in
            [Head(item.line, isSection: false)] + (item.section.isEmpty ? [] : [Head(item.section, isSection: true)])
        }
        guard !found.isEmpty else { return }
        for node in observed.children(0) where !observed.nodes[node].flags.contains(.negative) {
            let start = observed.buffer.withUnsafeBytes { bytes in
                Start(bytes[Int(observed.nodes[node].start)..<Int(observed.nodes[node].end)])
            }
            guard heads.contains(where: { $0.begins(start) }) else { continue }
            let text = observed.text(node)
            for (index, item) in found.enumerated() {
                if item.section.isEmpty, Self.starts(text, with: item.line) {
                    lines[Group(guardIndex: index, section: ""), default: []].insert(text)
                } else if !item.section.isEmpty, Self.starts(text, with: item.section) {
                    for child in observed.children(node) where Self.starts(observed.text(child), with: item.line) {
                        lines[Group(guardIndex: index, section: text), default: []].insert(observed.text(child))
                    }
                }
            }
        }
    }

    /// False for most commands that set or remove nothing guarded.
    private func mayConcern(_ command: CLICommand) -> Bool {
        guard command.path.count < 2 else { return false }
        var text = command.text
        return text.withUTF8 { bytes in
            let place = command.kind == .remove ? negation.utf8.count : 0
            guard place < bytes.count else { return false }
            let start = Start(UnsafeRawBufferPointer(bytes)[place...])
            return heads.contains { $0.begins(start) || $0.mayGoWith(start) }
        }
    }

    /// The first bytes of a guarded line or of a section that holds some.
    private struct Head {
        private let start: Start
        private let isSection: Bool

        init(_ text: String, isSection: Bool) {
            var text = text
            start = text.withUTF8 { Start(UnsafeRawBufferPointer($0)[...]) }
            self.isSection = isSection
        }

        /// True for a text that may begin with it.
        @inline(__always)
        func begins(_ text: Start) -> Bool { start.differences(from: text, within: start.mask) == .zero }

        /// True for a text whose removal may take the section with it.
        @inline(__always)
        func mayGoWith(_ text: Start) -> Bool {
            isSection && start.differences(from: text, within: start.mask & text.mask) == .zero
        }
    }

    /// Up to sixteen bytes that a text begins with.
    private struct Start {
        private var bytes = SIMD2<UInt64>.zero
        /// Which of them there are.
        private(set) var mask = SIMD2<UInt64>.zero

        init(_ text: Slice<UnsafeRawBufferPointer>) {
            let (start, count) = (text.startIndex, text.count)
            let middle = start + min(count, 8)
            bytes = SIMD2(
                ByteLanes.load(text.base, start..<middle), ByteLanes.load(text.base, middle..<(start + min(count, 16))))
            mask = SIMD2(ByteLanes.mask(count), ByteLanes.mask(max(count - 8, 0)))
        }

        @inline(__always)
        func differences(from other: Start, within mask: SIMD2<UInt64>) -> SIMD2<UInt64> {
            (bytes ^ other.bytes) & mask
        }
    }

    /// True where the words of a text start with others.
    private static func starts(_ text: String, with words: String) -> Bool {
        guard text.utf8.starts(with: words.utf8) else { return false }
        return text.utf8.count == words.utf8.count || text.utf8.dropFirst(words.utf8.count).first == 0x20
    }

    private func groups(of text: String, in path: [String]) -> [Group] {
        guards.indices.compactMap { index in
            let section = path.first ?? ""
            guard guards[index].section.isEmpty ? section.isEmpty : Self.starts(section, with: guards[index].section),
                Self.starts(text, with: guards[index].line)
            else { return nil }
            return Group(guardIndex: index, section: section)
        }
    }

    private mutating func remove(_ command: CLICommand, _ index: Int) {
        guard command.text.hasPrefix(negation) else { return }
        let text = String(command.text.dropFirst(negation.count))
        if command.path.isEmpty {
            for group in lines.keys where !group.section.isEmpty && Self.starts(group.section, with: text) {
                lines[group] = nil
                opened[group] = index
            }
        }
        for group in groups(of: text, in: command.path) {
            guard let held = lines[group], !held.isEmpty else { continue }
            let left = held.filter { !Self.starts($0, with: text) }
            lines[group] = left
            if left.isEmpty { opened[group] = index }
        }
    }

    private mutating func set(_ command: CLICommand, _ index: Int, _ windows: inout [FailOpenWindow]) {
        for group in groups(of: command.text, in: command.path) {
            lines[group, default: []].insert(command.text)
            guard let start = opened.removeValue(forKey: group) else { continue }
            windows.append(window(group, start + 1, index + 1))
        }
    }

    private func window(_ group: Group, _ opens: Int, _ closes: Int) -> FailOpenWindow {
        let item = guards[group.guardIndex]
        return FailOpenWindow(
            title: item.line, opens: opens, closes: closes,
            subject: item.kind == "management"
                ? .management(section: group.section) : .authentication(section: group.section))
    }
}
