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
    let exitFirstHashes: Set<UInt64>
    let negationHash: UInt64
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
        self.exitFirstHashes = Set(exits.compactMap { CLIWords.strings($0).first.map { TextHash.of($0) } })
        self.negationHash = TextHash.of(negation)
        self.abbreviations = abbreviations
        self.quotes = quotes
        self.settings = settings
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
            guard let match = words.withUnsafeBufferPointer({ self.match($0, in: context) }) else { return nil }
            return (match, captures(of: match, words: words, bytes: raw))
        }
    }

    /// The captured words of a line, in the pattern's order.
    func captures(of match: CLIMatch, words: [CLIWord], from first: Int = 0, bytes: UnsafeRawBufferPointer) -> [String]
    {
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

    private static let known: [String: CLIDialect] = {
        var result: [String: CLIDialect] = [:]
        for source in DialectSource.all { result[source.name] = source.compile() }
        for (alias, name) in ["cisco_iosxe": "cisco_ios", "cisco_xe": "cisco_ios", "cisco_xr": "cisco_iosxr"] {
            result[alias] = result[name]
        }
        return result
    }()

    /// The dialect of a platform (`frr`, `cisco_ios`, …); nil when there is none.
    package static func named(_ name: String) -> CLIDialect? { known[name] }

    /// Every dialect, by name.
    package static let all: [CLIDialect] = DialectSource.all.compactMap { known[$0.name] }.sorted { $0.name < $1.name }
}
