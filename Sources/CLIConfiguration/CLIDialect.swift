internal import Synchronization

/// What the product knows of one platform's configuration language: data, compiled once from the dialect's text.
package final class CLIDialect: Sendable {
    /// How nesting is written.
    package enum Syntax: String, Sendable {
        /// Sections by indentation (IOS, FRR, EOS, NX-OS, IOS-XR).
        case indented
        /// Paths of words, in braces or as `set` lines (Junos, SR Linux, SR OS, VyOS).
        case paths
        /// Menus with `add` and `set` (RouterOS).
        case menus
    }

    /// One spelling of a rule's pattern.
    package struct Variant: Sendable {
        package var rule: Int32
        package var elements: [CommandRule.Element]
    }

    package let name: String
    package let syntax: Syntax
    /// `no`, `delete`, …: the word that takes a line back.
    package let negation: String
    package let rules: [CommandRule]
    package let variants: [Variant]
    let tries: [RuleTrie]
    /// The context of lines outside any section.
    package let rootContext: Int32
    /// Lines that say nothing: anchored prefixes of the trimmed line.
    let noise: [[UInt8]]
    /// First bytes of comment lines.
    let comments: [[UInt8]]
    /// Lines that only leave a section.
    package let exits: Set<String>
    private let exitFirstHashes: KeyTable
    let negationHash: UInt64
    /// Settings as sets of words.
    let wordSettings: [String: Set<String>]
    /// Names of what is secret, in paths and menus.
    let secretWordHashes: Set<UInt64>
    /// In a path: names of settings of one value, of lists, and of lists at the top.
    let singleWordHashes: Set<UInt64>
    let listWordHashes: Set<UInt64>
    let topListHashes: Set<UInt64>
    /// In a path: whatever ends is deleted as a whole.
    let deletesOutermost: Bool
    /// Menus in which the order of items is content.
    let orderedMenus: Set<String>
    /// By rule: every word of a line is part of its identity.
    let isIdentified: [Bool]
    /// By rule: an empty section equals none.
    let vanishing: [Bool]
    let interfaceHash = TextHash.of("interface")
    /// By rule, for hot loops.
    let traits: [RuleTraits]
    /// By rule.
    let weights: [Int]
    /// By rule: where the section's children are matched; -1 for none.
    let contexts: [Int32]
    private let hasAbbreviations: Bool
    /// The word in front of an entry's number where that stands at the end of the line; nil where it never does.
    private let trailingNumberHash: UInt64?
    /// By variant.
    let shapes: [PatternShape]
    /// First bytes of lines that may be a comment or say nothing.
    private let oddStarts: ByteSet
    /// Long interface names by the hash of every spelling.
    private let longNames: [UInt64: String]
    /// Rules of the text that say how a family reads, for `Documentation` and tests.
    package let abbreviations: [InterfaceAbbreviation]
    /// True when the text groups words by double quotes.
    let quotes: Bool
    /// Attributes of the whole dialect (`path-order`, …).
    package let settings: [String: String]

    /// `Gi0/1` for `GigabitEthernet0/1`.
    package struct InterfaceAbbreviation: Sendable {
        package var short: String
        package var long: String
    }

    init(
        name: String, syntax: Syntax, negation: String, rules: [CommandRule], variants: [Variant], tries: [RuleTrie],
        rootContext: Int32, noise: [String], comments: [String], exits: [String],
        abbreviations: [InterfaceAbbreviation], quotes: Bool, settings: [String: String]
    ) {
        self.name = name
        self.syntax = syntax
        self.negation = negation
        self.rules = rules
        self.variants = variants
        self.tries = tries
        self.rootContext = rootContext
        self.noise = noise.map { Array($0.utf8) }
        self.comments = comments.map { Array($0.utf8) }
        self.exits = Set(exits)
        var exitFirsts = KeyTable()
        for word in exits.compactMap({ CLIWords.strings($0).first }) { exitFirsts.set(TextHash.of(word), 0) }
        exitFirstHashes = exitFirsts
        self.negationHash = TextHash.of(negation)
        self.abbreviations = abbreviations
        hasAbbreviations = !abbreviations.isEmpty
        trailingNumberHash = settings["trailing-number"].map { TextHash.of($0) }
        var names: [UInt64: String] = [:]
        for entry in abbreviations {
            names[Self.nameHash(entry.short)] = entry.long
            names[Self.nameHash(entry.long)] = entry.long
        }
        longNames = names
        self.quotes = quotes
        var identified = [Bool](repeating: true, count: rules.count)
        for variant in variants where variant.elements.contains(where: { !$0.isInKey }) {
            identified[Int(variant.rule)] = false
        }
        isIdentified = identified
        vanishing = rules.map(\.vanishesWhenEmpty)
        traits = zip(rules, identified).map { RuleTraits($0, isIdentified: $1) }
        contexts = rules.map(\.context)
        weights = rules.map(\.weight)
        shapes = variants.map { PatternShape($0.elements, ranges: rules[Int($0.rule)].ranges) }
        oddStarts = ByteSet((noise + comments).compactMap(\.utf8.first))
        self.settings = settings
        orderedMenus = Set(CLIWords.strings(settings["ordered-menus"] ?? "").map { $0.replacing("_", with: " ") })
        wordSettings = settings.mapValues { Set(CLIWords.strings($0)) }
        func hashes(_ setting: String) -> Set<UInt64> {
            Set(CLIWords.strings(settings[setting] ?? "").map { TextHash.of($0) })
        }
        (secretWordHashes, singleWordHashes) = (hashes("secret-words"), hashes("single-words"))
        (listWordHashes, topListHashes) = (hashes("list-words"), hashes("top-lists"))
        deletesOutermost = settings["delete-at"] == "outermost"
    }

    /// The rule a line falls under in a section; nil for an unknown family. `words` without the negation.
    package func match(_ words: UnsafeBufferPointer<CLIWord>, from first: Int = 0, in context: Int32) -> CLIMatch? {
        guard context >= 0, first < words.count else { return nil }
        let variant = tries[Int(context)].match(words, from: first)
        guard variant >= 0 else { return nil }
        return CLIMatch(rule: variants[Int(variant)].rule, variant: variant)
    }

    package func rule(_ index: Int32) -> CommandRule? { index >= 0 ? rules[Int(index)] : nil }

    /// The same for a text, for those who type single lines.
    package func match(_ text: String, in context: Int32) -> (match: CLIMatch, captures: [String])? {
        var words: [CLIWord] = []
        var copy = text
        return copy.withUTF8 { bytes in
            let raw = UnsafeRawBufferPointer(bytes)
            CLIWords.split(raw, 0..<bytes.count, quotes: quotes, into: &words)
            return words.withUnsafeBufferPointer { words in
                guard let match = self.match(words, in: context) else { return nil }
                return (match, captures(of: match, words: words, bytes: raw))
            }
        }
    }

    /// False for a line that is neither a comment nor noise, told by its first byte.
    @inline(__always)
    func mayBeOdd(_ first: UInt8) -> Bool { oddStarts.contains(first) }

    /// False for words that leave no section when a line begins with them.
    @inline(__always)
    func mayLeave(_ first: CLIWord) -> Bool { exitFirstHashes.contains(first.hash) }

    /// Interface names in their long form, for comparison only.
    @inline(__always)
    func respell(_ words: inout [CLIWord], _ bytes: UnsafeRawBufferPointer) {
        guard hasAbbreviations else { return }
        for index in words.indices where !words[index].isNumber {
            let (start, end) = (Int(words[index].start), Int(words[index].end))
            guard bytes[end - 1] >= 0x30, bytes[end - 1] <= 0x39, end - start < 40, bytes[start] >= 0x41 else {
                continue
            }
            if let name = longName(bytes, start, end) { words[index].hash = TextHash.of(name) }
        }
    }

    /// The long form of `Gi0/1`; nil for what is long already, or no interface.
    func longName(_ bytes: UnsafeRawBufferPointer, _ start: Int, _ end: Int) -> String? {
        var letters = start
        var hash: UInt64 = 0xCBF2_9CE4_8422_2325
        while letters < end {
            let byte = bytes[letters] | 0x20
            guard byte >= 0x61 && byte <= 0x7A || bytes[letters] == 0x2D else { break }
            hash = (hash ^ UInt64(byte)) &* 0x0000_0100_0000_01B3
            letters += 1
        }
        guard letters - start >= 2, letters < end, let long = longNames[hash] else { return nil }
        var digits = letters
        while digits < end, bytes[digits] == 0x20 { digits += 1 }
        guard digits < end, bytes[digits] >= 0x30, bytes[digits] <= 0x39 else { return nil }
        if digits == letters, bytes[start..<letters].elementsEqual(long.utf8) { return nil }
        return long + String(decoding: UnsafeRawBufferPointer(rebasing: bytes[digits..<end]), as: UTF8.self)
    }

    /// Words as they are compared: `interface Loopback 0` is `interface Loopback0`, and the number of an entry comes first
    /// (`permit ipv6 any any sequence 10`).
    @inline(__always)
    func arrange(_ words: inout [CLIWord], _ bytes: UnsafeRawBufferPointer) {
        guard words.count >= 2 else { return }
        var count = words.count
        words.withUnsafeMutableBufferPointer { arrange($0, &count, bytes) }
        if count < words.count { words.removeLast() }
    }

    @inline(__always)
    func arrange(
        _ words: UnsafeMutableBufferPointer<CLIWord>, _ count: inout Int, _ bytes: UnsafeRawBufferPointer
    ) {
        let first = count > 1 && words[0].hash == negationHash ? 1 : 0
        if hasAbbreviations, count > first, words[first].hash == Self.shortInterface {
            words[first].hash = interfaceHash
        }
        joinInterfaceName(words, &count, bytes)
        if let trailingNumberHash, count >= 4, words[count - 2].hash == trailingNumberHash, words[count - 1].isNumber {
            moveNumberForward(words, count)
        }
    }

    private static let shortInterface = TextHash.of("int")
    private static let entryStarts = Set(["permit", "deny", "remark", "evaluate"].map { TextHash.of($0) })

    private func moveNumberForward(_ words: UnsafeMutableBufferPointer<CLIWord>, _ count: Int) {
        let first = words[0].hash == negationHash ? 1 : 0
        guard Self.entryStarts.contains(words[first].hash) else { return }
        let (mark, number) = (words[count - 2], words[count - 1])
        for place in stride(from: count - 1, to: first + 1, by: -1) { words[place] = words[place - 2] }
        (words[first], words[first + 1]) = (mark, number)
    }

    @inline(__always)
    private func joinInterfaceName(
        _ words: UnsafeMutableBufferPointer<CLIWord>, _ count: inout Int,
        _ bytes: UnsafeRawBufferPointer
    ) {
        guard count >= 3, hasAbbreviations else { return }
        let first = words[0].hash == negationHash ? 1 : 0
        guard count >= first + 3, words[first].hash == interfaceHash else { return }
        let digit = bytes[Int(words[first + 2].start)]
        let last = bytes[Int(words[first + 1].end) - 1]
        guard digit >= 0x30, digit <= 0x39, last >= 0x41 else { return }
        words[first + 1].end = words[first + 2].end
        words[first + 1].isNumber = false
        for place in (first + 3)..<max(count, first + 3) { words[place - 1] = words[place] }
        count -= 1
    }

    /// FNV-1a over the lower-case letters of a name.
    private static func nameHash(_ name: String) -> UInt64 {
        name.utf8.reduce(0xCBF2_9CE4_8422_2325) { ($0 ^ UInt64($1 | 0x20)) &* 0x0000_0100_0000_01B3 }
    }

    /// The captured words of a line, in the pattern's order.
    func captures(
        of match: CLIMatch, words: UnsafeBufferPointer<CLIWord>, from first: Int = 0,
        bytes: UnsafeRawBufferPointer
    ) -> [String] {
        var result: [String] = []
        let elements = variants[Int(match.variant)].elements
        for (offset, element) in elements.enumerated() where element.isCapture {
            let start = Int(words[first + offset].start)
            let rest = element == .restKey || element == .restValue
            let end = Int(rest ? words[words.count - 1].end : words[first + offset].end)
            result.append(String(decoding: UnsafeRawBufferPointer(rebasing: bytes[start..<end]), as: UTF8.self))
        }
        return result
    }

    /// Dialects by name, each compiled when it is asked for first: most programs need one.
    private static let compiled = Mutex<[String: CLIDialect]>([:])

    private static let aliases = [
        "cisco_iosxe": "cisco_ios", "cisco_xe": "cisco_ios", "cisco_xr": "cisco_iosxr", "mikrotik": "mikrotik_routeros",
    ]

    /// The dialect of a platform (`frr`, `cisco_ios`, …); nil when there is none.
    package static func named(_ name: String) -> CLIDialect? {
        let name = aliases[name] ?? name
        return compiled.withLock { compiled in
            if let known = compiled[name] { return known }
            guard let source = DialectSource.named(name) else { return nil }
            let dialect = source.compile()
            compiled[name] = dialect
            return dialect
        }
    }

    /// Every dialect, by name.
    package static let all: [CLIDialect] = DialectSource.all.compactMap { named($0.name) }.sorted { $0.name < $1.name }
}
