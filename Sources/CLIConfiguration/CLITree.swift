package import Diagnostics

/// One configuration as a dialect understands it: an arena of nodes over the original bytes.
///
/// Every original line is kept (`source`), so printing gives back what was parsed. A node knows its command family,
/// the key that identifies it among its siblings, and a hash over its subtree: order counts only where the dialect
/// says so, hence equal configurations compare in one step. Trees are values.
package struct CLITree: Sendable {
    /// One line, or one word of a path, with its place in the tree.
    struct Node: Sendable {
        /// The text as it came, trimmed: a range of `buffer`.
        var start: Int32
        var end: Int32
        var parent: Int32
        var firstChild: Int32 = -1
        var lastChild: Int32 = -1
        var next: Int32 = -1
        /// Source line from 0; -1 for a node that no text holds.
        var line: Int32
        var column: Int32 = 0
        /// Index into the dialect's rules and variants; -1 for an unknown family.
        var rule: Int32 = -1
        var variant: Int32 = -1
        /// Where children are matched.
        var context: Int32 = -1
        /// Which of several intended texts the node comes from; -1 for the observed one.
        var origin: Int32 = -1
        var flags: Flags = []
        /// Which of several intended texts owns the section that it is extra in, for a node that a merge took out.
        var removedBy: Int32 = -1
        /// What identifies the node among its siblings.
        var key: UInt64 = 0
        /// The node's own line, without spelling differences.
        var own: UInt64 = 0
        /// The node with everything below it.
        var hash: UInt64 = 0
    }

    struct Flags: OptionSet, Sendable {
        var rawValue: UInt16
        /// The line is the negative form.
        static let negative = Flags(rawValue: 1)
        /// Says what holds anyway: equal to absence.
        static let neutral = Flags(rawValue: 2)
        /// A section, with or without children.
        static let section = Flags(rawValue: 4)
        /// No rule of the dialect fits.
        static let unknown = Flags(rawValue: 8)
        /// Order among lines of its family is content.
        static let ordered = Flags(rawValue: 16)
        /// Children are a sequence.
        static let sequence = Flags(rawValue: 32)
        /// In a path: the statement ends here.
        static let terminal = Flags(rawValue: 64)
        /// In a path: switched off but kept (`inactive:`).
        static let inactive = Flags(rawValue: 128)
        /// An object that can be made and removed, of a family that is otherwise hardware.
        static let virtual = Flags(rawValue: 512)
        /// Taken out of the tree by a merge.
        static let dead = Flags(rawValue: 256)
    }

    package let dialect: CLIDialect
    /// What positions in findings call the text.
    package let file: String
    /// The bytes as they came; empty for a tree that was computed.
    package internal(set) var source: [UInt8]
    /// What parsing noticed: unknown families, unterminated blocks.
    package internal(set) var findings = Findings()
    /// Lines of the text that say nothing (headers, time stamps), by source line from 0.
    package internal(set) var noiseLines: [Int] = []
    /// How many lines no rule fits.
    package internal(set) var unknownCount = 0
    /// How many lines are content.
    package internal(set) var lineCount = 0

    var buffer: [UInt8]
    var nodes: [Node]
    /// Families of one value that the text shows with several: treated as sets.
    var demoted: Set<Int32> = []
    /// Which lines of intended texts ask for the absence of nodes that a merge took out.
    var asked: [Int: (origin: Int32, line: Int32)] = [:]

    /// A tree that holds nothing yet.
    init(empty dialect: CLIDialect, file: String) {
        self.dialect = dialect
        self.file = file
        source = []
        buffer = []
        nodes = [Node(start: 0, end: 0, parent: -1, line: -1, context: dialect.rootContext, flags: .section)]
    }

    /// The longest text that is read: places in it are 32-bit numbers, also where several texts are laid over each other.
    package static let maximumBytes = 256 << 20

    /// Reads a text; never fails. What is not understood is kept, counted and reported; a text longer than `maximumBytes` is
    /// not read at all, which is a finding that is an error.
    package init(parsing text: String, file: String = "configuration", dialect: CLIDialect) {
        self.init(parsing: Array(text.utf8), file: file, dialect: dialect)
    }

    /// Reads the bytes a device showed.
    package init(
        parsing bytes: [UInt8], file: String = "configuration", dialect: CLIDialect,
        maximumBytes: Int = Self.maximumBytes
    ) {
        self.init(empty: dialect, file: file)
        guard bytes.count <= maximumBytes else {
            findings.add(Self.tooLong(bytes.count, maximumBytes, file: file))
            return
        }
        source = bytes
        buffer = bytes
        switch dialect.syntax {
        case .indented: parseIndented()
        case .paths: parsePaths()
        case .menus: parseMenus()
        }
        seal()
    }

    /// Why a text is not read.
    package static func tooLong(_ bytes: Int, _ limit: Int, file: String) -> Finding {
        Finding(
            code: "cli.too-large", what: "\(file) holds \(bytes) bytes, the limit is \(limit)",
            at: SourcePosition(file: file), remedy: "give one device's configuration")
    }

    /// The text as it came.
    package var printed: String { String(decoding: source, as: UTF8.self) }

    /// The top of the tree.
    package var root: CLINode { CLINode(tree: self, index: 0) }
    /// True when nothing is configured.
    package var isEmpty: Bool { nodes.count == 1 || !children(0).contains { !nodes[$0].flags.contains(.neutral) } }
}

/// One node of a tree, for those who walk it.
package struct CLINode: Sendable {
    package let tree: CLITree
    let index: Int

    /// The line, trimmed, as it was written.
    package var text: String { tree.text(index) }
    /// The lines of the sections around it, outermost first.
    package var path: [String] { tree.path(index) }
    /// The line in comparable form: one blank between words, long interface names, a known secret masked.
    package var comparableText: String { tree.canonicalLine(index) }
    package var children: [CLINode] { tree.children(index).map { CLINode(tree: tree, index: $0) } }
    package var isSection: Bool { tree.nodes[index].flags.contains(.section) }
    /// No rule of the dialect fits the line.
    package var isUnknown: Bool { tree.nodes[index].flags.contains(.unknown) }
    /// The line is a negative form (`no …`).
    package var isNegative: Bool { tree.nodes[index].flags.contains(.negative) }
    /// The line says what holds anyway.
    package var saysDefault: Bool { tree.nodes[index].flags.contains(.neutral) }
    /// The rule it falls under.
    package var rule: CommandRule? { tree.dialect.rule(tree.nodes[index].rule) }
    /// Where its children are matched: for those who read commands in the dialect's terms.
    package var context: Int32 { tree.nodes[index].context }
    /// Where it stands in its file.
    package var position: SourcePosition { tree.position(index) }
    /// Source line from 0; -1 for a computed node.
    package var line: Int { Int(tree.nodes[index].line) }
}

// MARK: - Access within the module

extension CLITree {
    /// The indices of a node's children.
    struct Children: Sequence, IteratorProtocol {
        var nodes: [Node]
        var at: Int32
        mutating func next() -> Int? {
            while at >= 0, nodes[Int(at)].flags.contains(.dead) { at = nodes[Int(at)].next }
            guard at >= 0 else { return nil }
            defer { at = nodes[Int(at)].next }
            return Int(at)
        }
    }

    func children(_ index: Int) -> Children { Children(nodes: nodes, at: nodes[index].firstChild) }

    func text(_ index: Int) -> String {
        String(decoding: buffer[Int(nodes[index].start)..<Int(nodes[index].end)], as: UTF8.self)
    }

    /// The hash of a node's line as it was written.
    func textHash(_ index: Int) -> UInt64 {
        let range = Int(nodes[index].start)..<Int(nodes[index].end)
        return buffer.withUnsafeBytes { TextHash.of(UnsafeRawBufferPointer(rebasing: $0[range])) }
    }

    /// Whether these bytes stand anywhere in a node's line.
    func line(_ index: Int, contains part: StaticString) -> Bool {
        let wanted = UnsafeBufferPointer(start: part.utf8Start, count: part.utf8CodeUnitCount)
        guard let first = wanted.first else { return true }
        return buffer.withUnsafeBufferPointer { bytes in
            let last = Int(nodes[index].end) - wanted.count
            var at = Int(nodes[index].start)
            while at <= last {
                if bytes[at] == first,
                    UnsafeBufferPointer(rebasing: bytes[at..<at + wanted.count]).elementsEqual(wanted)
                {
                    return true
                }
                at += 1
            }
            return false
        }
    }

    func path(_ index: Int) -> [String] {
        var result: [String] = []
        var at = Int(nodes[index].parent)
        while at > 0 {
            result.append(text(at))
            at = Int(nodes[at].parent)
        }
        return result.reversed()
    }

    func position(_ index: Int) -> SourcePosition {
        SourcePosition(file: file, line: Int(nodes[index].line) + 1, column: Int(nodes[index].column) + 1)
    }

    func rule(_ index: Int) -> CommandRule? { dialect.rule(nodes[index].rule) }

    /// True for a node of a family that has all of these traits.
    @inline(__always)
    func has(_ index: Int, _ traits: RuleTraits) -> Bool {
        let rule = nodes[index].rule
        return rule >= 0 && dialect.traits[Int(rule)].isSuperset(of: traits)
    }

    /// The words of a node's line, and the index of the first one after a negation.
    @inline(__always)
    func withWords<R>(
        of index: Int, _ body: (UnsafeBufferPointer<CLIWord>, Int, UnsafeRawBufferPointer) -> R
    ) -> R {
        let range = Int(nodes[index].start)..<Int(nodes[index].end)
        let first = nodes[index].flags.contains(.negative) ? 1 : 0
        return buffer.withUnsafeBytes { bytes in
            withUnsafeTemporaryAllocation(of: CLIWord.self, capacity: range.count / 2 + 1) { room in
                var count = CLIWords.split(bytes, range, quotes: dialect.quotes, into: room)
                dialect.arrange(room, &count, bytes)
                return body(UnsafeBufferPointer(rebasing: room[..<count]), first, bytes)
            }
        }
    }

    /// The captured words of a node, in its pattern's order; empty for an unknown family.
    func captures(_ index: Int) -> [String] {
        let node = nodes[index]
        guard node.rule >= 0 else { return [] }
        let match = CLIMatch(rule: node.rule, variant: node.variant)
        return withWords(of: index) { words, first, bytes in
            dialect.captures(of: match, words: words, from: first, bytes: bytes)
        }
    }

    /// Appends a node below a parent.
    @discardableResult
    mutating func append(_ node: Node) -> Int {
        let index = Int32(nodes.count)
        let parent = Int(node.parent)
        nodes.append(node)
        if nodes[parent].lastChild >= 0 {
            nodes[Int(nodes[parent].lastChild)].next = index
        } else {
            nodes[parent].firstChild = index
        }
        nodes[parent].lastChild = index
        return Int(index)
    }
}
