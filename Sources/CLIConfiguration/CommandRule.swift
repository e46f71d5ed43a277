/// One command family of a dialect: what identifies a line of it, how it is undone, and what it takes along.
///
/// Comes from one rule line of a dialect's text (see `DialectSource`). Plain data: no rule names code.
///
/// A reference, since a rule is looked up for every line and copying its many fields would cost more than the lookup.
// SAFETY: written only by the dialect compiler, before the dialect that holds it is seen by anybody else.
package final class CommandRule: @unchecked Sendable {
    /// One word of a pattern.
    package enum Element: Equatable, Sendable {
        /// This very word; part of the key.
        case literal(UInt64, String)
        /// `*`: any word, part of the key.
        case key
        /// `?`: any word, not part of the key.
        case value
        /// `#`: a number, part of the key.
        case number
        /// `@`: an IP address, part of the key.
        case address
        /// `~`: the rest of the line, not part of the key.
        case restValue
        /// `**`: the rest of the line, part of the key.
        case restKey

        var isInKey: Bool {
            switch self {
            case .literal, .key, .number, .address, .restKey: true
            case .value, .restValue: false
            }
        }
        package var isCapture: Bool { if case .literal = self { false } else { true } }
    }

    /// How a line is taken back.
    package enum Undo: Equatable, Sendable {
        /// `no` and the whole line.
        case full
        /// `no` and the line up to the last word of its key.
        case key
        /// A text of its own; `$1` is the first captured word, `$0` the line without its negation.
        case template(String)
        /// Cannot be taken back.
        case impossible
    }

    /// How a section is taken away.
    package enum SectionRemoval: Equatable, Sendable {
        /// By undoing its header line.
        case header
        /// By undoing its lines one by one; the header stays (physical ports, address families).
        case children
    }

    /// How a set of numbers in a line is changed.
    package enum RangeUse: Equatable, Sendable {
        /// `… add 5` and `… remove 6`; the set is the last capture.
        case keywords
        /// By the same line, positive and negative, with the difference in place of this capture (from 1).
        case capture(Int)
    }

    /// A name that a line defines, uses or claims: the kind, and the captured word (from 1) that names it.
    package struct Reference: Equatable, Sendable {
        package let kind: String
        let kindHash: UInt64
        /// Numbers of captured words; several make a compound name.
        package var captures: [Int]
        /// For a list of names in one capture of the rest of a line: each word of it is a name.
        package var eachWord: Bool
        /// The name is an address, as a device sees it when it refuses another of the same subnet.
        let isSubnet: Bool
        /// The name is an address that is the device's own or a neighbour's, not both; a prefix length does not count.
        let isHost: Bool
        /// The name is one of the hardware port that the section around the line belongs to (`Gi0/1` of `Gi0/1.10`).
        let isOfPort: Bool
        /// Means something in its own section only (a kind that starts with a dot): no order of sections follows from it.
        package var isLocal: Bool { kind.utf8.first == 0x2E }

        init(kind: String, captures: [Int], eachWord: Bool) {
            (self.kind, self.captures, self.eachWord) = (kind, captures, eachWord)
            (isSubnet, isHost, isOfPort) = (kind == "subnet", kind == "host", kind.utf8.first == 0x5E)
            kindHash = TextHash.of(kind)
        }
    }

    /// Lines that disappear when a line of this family is set or removed.
    package struct Drop: Equatable, Sendable {
        package enum Trigger: Equatable, Sendable { case set, remove, both }
        package let trigger: Trigger
        /// Words that start the lines that go, `$1` for a captured word; empty for every other line of the section.
        package let prefix: [String]
        /// A hash of them, where none is a captured word.
        let prefixHash: UInt64?
        /// Counted in sections that enclose the line: 0 is the line's own section.
        package var levelsUp: Int
        /// Nothing goes while the section keeps a line that starts with these words.
        package var unless: [String] = []
        /// Nothing goes unless the section keeps a line that starts with these words.
        package var when: [String] = []
        /// `*` in the prefix stands for what it is in each line of the section that fits these words: those who belong to
        /// what goes (members of a group).
        package var through: [String] = []
        /// Not every release takes the lines along: those that shall go are taken back one by one before.
        package let isUncertain: Bool

        init(trigger: Trigger, prefix: [String], levelsUp: Int, isUncertain: Bool) {
            (self.trigger, self.prefix, self.levelsUp) = (trigger, prefix, levelsUp)
            self.isUncertain = isUncertain
            prefixHash = prefix.contains { $0.hasPrefix("$") || $0 == "*" } ? nil : Self.hash(of: prefix)
        }

        /// A hash of the words that start lines.
        static func hash(of words: some Sequence<String>) -> UInt64 {
            words.reduce(7) { TextHash.mix($0, TextHash.of($1)) }
        }
    }

    /// The pattern as written in the dialect, for findings and explanations.
    package var pattern: String
    /// Which line of the dialect's text it is, from 1.
    package var line: Int
    package var undo: Undo = .full
    /// What takes back a negation that the text shows, where the positive form would be content too (`default X`).
    package var reset: String? = nil
    package var isSection = false
    package var removal: SectionRemoval = .header
    /// Typed to leave the section.
    package var exit: String
    /// The section's children are a sequence: order and repetition are content.
    package var isSequence = false
    /// Entering the section replaces what it held.
    package var replacesOnEntry = false
    /// An empty section of this kind equals no section.
    package var vanishesWhenEmpty = false
    /// Absence equals the negative form (`no X` is not content).
    package var isOffByDefault = false
    /// Absence equals the positive form (`X` is not content).
    package var isOnByDefault = false
    /// As `isOnByDefault`, unless the section around the line's own holds this text.
    package var isOnUnless: String? = nil
    /// The section of which the line gives the default, as its header says it: what was made before keeps its state.
    package var governs: String? = nil
    /// The positive form says what holds anyway in a section whose header or lines start with one of these.
    package var isOffBeside: [String] = []
    /// A new value needs the old one to be removed first.
    package var renews = false
    /// Words that a device keeps, with their values, where a new line of the family leaves them out.
    package var stayingWords: Set<String> = []
    /// Order among lines of the same family is content.
    package var isOrdered = false
    /// As `isOrdered`, but only for lists that both permit and deny: otherwise every order says the same.
    package var ordersMixedOnly = false
    /// Words that start a line outside sections: while there is one, the section cannot be changed, only made anew, and
    /// that line goes with it.
    package var fixedBy: [String] = []
    /// Lower is sent earlier within its section, and removed later.
    package var weight = 0
    package var defines: [Reference] = []
    package var uses: [Reference] = []
    /// What two lines must never hold at once (an address): the old holder lets go first.
    package var claims: [Reference] = []
    /// Kinds of lines that a removed line of this family makes room for, and kinds that have to be gone before one is set.
    package var frees: [String] = []
    package var takes: [String] = []
    package var drops: [Drop] = []
    /// What sections of another family rest on: they go before this one goes or is made anew, and come back after it.
    package var carries: String? = nil
    package var restsOn: String? = nil
    /// The captured word (from 1) that is a secret; 0 for none.
    package var secretCapture = 0
    /// The secret is shown in another form than it was sent in.
    package var secretIsRehashed = false
    /// Captures that name the list a flat line belongs to (a prefix list's lines are one list).
    package var list: [Int]? = nil
    /// Canonical text that equals absence.
    package var defaultText: String? = nil
    /// A word of the line is a set of numbers, changed by its difference.
    package var ranges: RangeUse? = nil
    /// A header that names several (`vlan 10,20-30`) stands for one section each.
    package var isExpanded = false
    /// The body of the section is raw lines up to the exit word.
    package var isBlock = false
    /// The body of such a section lists members, in an order that says nothing.
    package var isSet = false
    /// Children are entries with sequence numbers, shown or not; order is content.
    package var isNumbered = false
    /// A word in front of the numbers of such entries (`sequence 10 permit …`).
    package var numberWord: String? = nil
    /// A flat ordered list that only goes as a whole.
    package var isWhole = false
    /// Starts of names (lower case) for which the section is an object that can be made and removed, although others
    /// of the family are hardware; `.` stands for a name with a dot in it, `!` before a whole name for an exception.
    package var virtualNames: [String] = []
    /// An opaque value ends with this line.
    package var until: String? = nil
    /// The value continues until a delimiter given on the first line.
    package var isOpaque = false
    /// The device prints such lines by itself after other lines were sent.
    package var appears = false
    /// The line cannot be typed on such a device (a heading of the text).
    package var isReadOnly = false
    /// Where the section's children are matched; -1 for none.
    package var context: Int32 = -1
    /// A list that filters traffic, routes or log-ins: absent, it lets everything (or nothing) through.
    package var filters: String? = nil
    /// Free marks of the dialect, used by analyses ("management").
    package var marks: Set<String> = []

    /// True when a section of this family with that name is an object of its own, not hardware.
    package func isVirtual(_ name: String) -> Bool {
        var name = name
        return name.withUTF8 { isVirtual(UnsafeRawBufferPointer($0)) }
    }

    func isVirtual(_ name: UnsafeRawBufferPointer) -> Bool {
        func lower(_ byte: UInt8) -> UInt8 { 0x41...0x5A ~= byte ? byte | 0x20 : byte }
        func starts(_ start: some Collection<UInt8>) -> Bool {
            name.count >= start.count && zip(name, start).allSatisfy { lower($0) == $1 }
        }
        var isVirtual = false
        for start in virtualNames {
            if start.utf8.first == 0x21 {
                if name.count == start.utf8.count - 1, starts(start.utf8.dropFirst()) { return false }
            } else {
                isVirtual = isVirtual || (start == "." ? name.contains(0x2E) : starts(start.utf8))
            }
        }
        return isVirtual
    }

    init(pattern: String, line: Int, exit: String) {
        (self.pattern, self.line, self.exit) = (pattern, line, exit)
    }
}

/// A rule that fits a line, with the way it fits.
package struct CLIMatch: Sendable {
    /// Index into `CLIDialect.rules`.
    package var rule: Int32
    /// Index into `CLIDialect.variants`: which spelling of the pattern it is.
    package var variant: Int32
}
