/// What hot loops ask of a command family, without touching the `CommandRule` it stands for: every line of a text asks
/// several of these, and a rule is a large object.
struct RuleTraits: OptionSet, Sendable {
    var rawValue: UInt32
    static let section = RuleTraits(rawValue: 1 << 0)
    static let sequence = RuleTraits(rawValue: 1 << 1)
    static let ordered = RuleTraits(rawValue: 1 << 2)
    static let isOffByDefault = RuleTraits(rawValue: 1 << 3)
    static let isOnByDefault = RuleTraits(rawValue: 1 << 4)
    /// Its default hangs on other lines.
    static let hasContextualDefault = RuleTraits(rawValue: 1 << 5)
    static let hasDefaultText = RuleTraits(rawValue: 1 << 6)
    static let hasVirtualNames = RuleTraits(rawValue: 1 << 7)
    static let hasRanges = RuleTraits(rawValue: 1 << 8)
    /// Its lines run on: a block, a value over several lines, a header that stands for several.
    static let runsOn = RuleTraits(rawValue: 1 << 9)
    /// Every word of a line is part of its identity.
    static let identified = RuleTraits(rawValue: 1 << 10)
    /// An empty section of the kind equals none.
    static let vanishes = RuleTraits(rawValue: 1 << 11)
    static let hasList = RuleTraits(rawValue: 1 << 12)
    static let isInterface = RuleTraits(rawValue: 1 << 13)
    /// A line may continue the line before (`… add 30-40`).
    static let continues = RuleTraits(rawValue: 1 << 14)
    /// A word of its lines is a secret.
    static let hasSecret = RuleTraits(rawValue: 1 << 15)
    /// Holds entries with sequence numbers.
    static let isNumbered = RuleTraits(rawValue: 1 << 16)
    static let filters = RuleTraits(rawValue: 1 << 17)
    /// Its lines define, use or claim names, or make room for lines that do.
    static let names = RuleTraits(rawValue: 1 << 18)
    /// Lines go along when one of its lines is set or removed.
    static let hasDrops = RuleTraits(rawValue: 1 << 19)
    static let isOnUnless = RuleTraits(rawValue: 1 << 20)
    /// Its sections give the default of lines elsewhere.
    static let governs = RuleTraits(rawValue: 1 << 21)
    static let renews = RuleTraits(rawValue: 1 << 22)
    static let replacesOnEntry = RuleTraits(rawValue: 1 << 23)
    static let makeFirst = RuleTraits(rawValue: 1 << 24)
    /// Stands for a neighbour or a group that has states of its own.
    static let isSession = RuleTraits(rawValue: 1 << 25)
    /// Is taken back before what it belongs to becomes something that cannot have it.
    static let goesEarly = RuleTraits(rawValue: 1 << 26)
    static let carries = RuleTraits(rawValue: 1 << 27)
    /// Is taken away some time after the command that causes it.
    static let comesLate = RuleTraits(rawValue: 1 << 29)
    /// A new line leaves in place what it does not name.
    static let addsUp = RuleTraits(rawValue: 1 << 30)
    static let hasFixedLines = RuleTraits(rawValue: 1 << 28)

    init(rawValue: UInt32) { self.rawValue = rawValue }

    init(_ rule: CommandRule, isIdentified: Bool) {
        self = []
        func set(_ trait: RuleTraits, _ holds: Bool) { if holds { insert(trait) } }
        set(.section, rule.isSection)
        set(.sequence, rule.isSequence)
        set(.ordered, rule.isOrdered)
        set(.isOffByDefault, rule.isOffByDefault)
        set(.isOnByDefault, rule.isOnByDefault)
        set(.hasContextualDefault, !rule.isOffBeside.isEmpty || rule.isOnUnless != nil)
        set(.hasDefaultText, rule.defaultText != nil)
        set(.hasVirtualNames, !rule.virtualNames.isEmpty)
        set(.hasRanges, rule.ranges != nil)
        set(.runsOn, rule.isOpaque || rule.isBlock || rule.isExpanded)
        set(.identified, isIdentified)
        set(.vanishes, rule.vanishesWhenEmpty)
        set(.hasList, rule.list != nil)
        set(.isInterface, rule.pattern.hasPrefix("interface"))
        set(.continues, rule.ranges == .keywords)
        set(.hasSecret, rule.secretCapture > 0)
        set(.isNumbered, rule.isNumbered)
        set(.filters, rule.filters != nil)
        set(
            .names,
            ![rule.defines, rule.uses, rule.claims].allSatisfy(\.isEmpty) || !rule.frees.isEmpty
                || !rule.takes.isEmpty)
        set(.hasDrops, !rule.drops.isEmpty)
        set(.isOnUnless, rule.isOnUnless != nil)
        set(.governs, rule.governs != nil)
        set(.renews, rule.renews)
        set(.replacesOnEntry, rule.replacesOnEntry)
        set(.comesLate, rule.marks.contains("late"))
        set(.addsUp, !rule.stayingWords.isEmpty)
        set(.carries, rule.carries != nil)
        set(.hasFixedLines, !rule.fixedBy.isEmpty)
        set(.isSession, rule.marks.contains("session"))
        set(.goesEarly, rule.marks.contains("early"))
        set(.makeFirst, rule.marks.contains("make-first"))
    }
}

/// Where the words of one spelling of a pattern stand: its elements as numbers.
struct PatternShape: Sendable {
    /// Which of the first 64 words are part of the key.
    var keyWords: UInt64 = 0
    /// From which word on all of them are part of the key; -1 for none.
    var restKey: Int32 = -1
    /// The first word that is captured; -1 for none.
    var firstCapture: Int32 = -1
    /// Which of the first 64 words are captured.
    var captures: UInt64 = 0
    /// The word that is captured with all that follow it; -1 for none.
    var restCapture: Int32 = -1
    var hasNumber = false

    init(_ elements: [CommandRule.Element], ranges: CommandRule.RangeUse?) {
        for (offset, element) in elements.enumerated().prefix(Self.maximumElements) {
            if element.isCapture {
                if firstCapture < 0 { firstCapture = Int32(offset) }
                captures |= 1 << UInt64(offset)
            }
            if element == .restKey || element == .restValue { restCapture = Int32(offset) }
            if element == .number { hasNumber = true }
            // `switchport trunk allowed vlan add 5` is about the same list as the line without `add`.
            if ranges == .keywords, offset == elements.count - 2, element == Self.addWord { continue }
            if element == .restKey {
                restKey = Int32(offset)
            } else if element.isInKey {
                keyWords |= 1 << UInt64(offset)
            }
        }
    }

    /// The most words a pattern may have.
    static let maximumElements = 64
    private static let addWord = CommandRule.Element.literal(TextHash.of("add"), "add")

    /// The bytes of a captured word, counted from 1, or of the line from there where it takes the rest; empty when there
    /// is none of that number.
    func capture(
        _ number: Int, _ words: UnsafeBufferPointer<CLIWord>, from first: Int,
        _ bytes: UnsafeRawBufferPointer
    ) -> UnsafeRawBufferPointer {
        var left = captures
        for _ in 1..<max(number, 1) { left &= left &- 1 }
        let place = first + left.trailingZeroBitCount
        guard left != 0, place < words.count else {
            return UnsafeRawBufferPointer(rebasing: bytes[..<0])
        }
        let last = Int(restCapture) == place - first ? words.count - 1 : place
        return UnsafeRawBufferPointer(rebasing: bytes[Int(words[place].start)..<Int(words[last].end)])
    }

    /// The key of a line's words, its negation left out.
    @inline(__always)
    func key(_ words: UnsafeBufferPointer<CLIWord>, from first: Int) -> UInt64 {
        var key: UInt64 = 1
        var left = keyWords
        while left != 0 {
            let offset = left.trailingZeroBitCount
            left &= left - 1
            key = TextHash.mix(key, words[first + offset].hash)
        }
        if restKey >= 0 {
            for word in words[(first + Int(restKey))...] { key = TextHash.mix(key, word.hash) }
        }
        return key
    }
}
