import CLIApplyModel
import CLIConfiguration
import TestSupport
import Testing

@Suite struct `Every dialect reaches what is intended` {
    /// Random edits of a sample: blocks of whole sections and single lines go, some values change, sections move.
    private static func edit(_ text: String, _ random: inout SeededGenerator) -> String {
        var result: [Substring] = []
        var skipBelow: Int?
        var closes = false
        for line in text.split(separator: "\n", omittingEmptySubsequences: false) {
            let indent = line.prefix { $0 == " " }.count
            if let level = skipBelow {
                if indent > level { continue }
                skipBelow = nil
                if closes, line.drop(while: { $0 == " " }) == "}" { continue }
            }
            let words = line.split(separator: " ")
            let isFixed =
                ["!", "#", "exit", "end", "endif", "}", "EOF", "quit"].contains(line.drop { $0 == " " })
                || line.hasPrefix("end-") || line.contains("exit-") || line.contains("^C") || line.contains("banner")
                || line.contains("Authorised") || line.contains("allowed vlan")
                || line.hasSuffix("shutdown") || line.hasSuffix("next policy;") || line.hasPrefix("interface Eth")
                || line.contains("certificate")
                // Without its menu or its first half a line of an export says something else.
                || line.hasPrefix("/") || line.hasSuffix("\\") || line.contains("established,related")
            if !isFixed, Int.random(in: 0..<8, using: &random) == 0 {
                skipBelow = indent
                closes = line.hasSuffix("{")
                continue
            }
            if words.first == "description", let last = line.last, !"\";'".contains(last),
                Int.random(in: 0..<3, using: &random) == 0
            {
                result.append(line + "-new")
                continue
            }
            result.append(line)
        }
        return result.joined(separator: "\n") + "\n"
    }

    static let cases = SampleConfigurations.all.flatMap { name, _ in (1...25).map { (name, UInt64($0)) } }

    @Test(arguments: cases) func `forward and backout, for random edits`(_ platform: String, _ seed: UInt64) throws {
        let dialect = try #require(CLIDialect.named(platform))
        let sample = try #require(SampleConfigurations.all[platform])
        var random = SeededGenerator(seed: seed)
        let observed = CLITree(parsing: Self.edit(sample, &random), dialect: dialect)
        let intended = CLITree(parsing: Self.edit(sample, &random), dialect: dialect)
        let change = CLIRemediation(from: observed, to: [(intended, .replace)], secrets: .shown)
        let after = CLIApplyModel.applying(change.forward, to: observed)
        #expect(after.refused.isEmpty, "\(platform) \(seed): \(after.refused)")
        let left = CLIDiff(from: after.tree, to: intended)
        #expect(
            left.isEmpty,
            "\(platform) \(seed) forward leaves:\n\(left.text)sent:\n\(change.forward.map(\.text).joined(separator: "\n"))"
        )
        let back = CLIApplyModel.applying(change.forward + change.backout, to: observed)
        #expect(back.refused.isEmpty, "\(platform) \(seed) back: \(back.refused)")
        let rest = CLIDiff(from: back.tree, to: observed)
        #expect(
            rest.isEmpty,
            "\(platform) \(seed) backout leaves:\n\(rest.text)sent:\n\(change.backout.map(\.text).joined(separator: "\n"))"
        )
    }

    @Test(arguments: SampleConfigurations.all.keys.sorted())
    func `the same configuration needs no command, and every line is kept`(_ platform: String) throws {
        let dialect = try #require(CLIDialect.named(platform))
        let text = try #require(SampleConfigurations.all[platform])
        let tree = CLITree(parsing: text, dialect: dialect)
        #expect(tree.printed == text)
        let again = CLITree(
            parsing: text.split(separator: "\n").map { $0 + "  " }.joined(separator: "\r\n"), dialect: dialect)
        #expect(CLIRemediation(from: tree, to: [(again, .replace)]).forward.map(\.text) == [])
    }

    /// Platforms whose texts are sections by indentation, with seeds.
    static let shuffles = SampleConfigurations.all.keys.sorted().filter { CLIDialect.named($0)?.syntax == .indented }
        .flatMap { name in (1...8).map { (name, UInt64($0)) } }

    /// Sections and lines of the top level in another order; lists whose order is content keep theirs, values over
    /// several lines stay whole.
    private static func shuffled(_ text: String, _ random: inout SeededGenerator) -> String {
        var blocks: [[Substring]] = []
        var isInside = false
        for line in text.split(separator: "\n") {
            let starts =
                !isInside && !line.hasPrefix(" ") && !line.hasPrefix("!") && line != "end"
                && !line.hasPrefix("exit") && !line.hasPrefix("end-")
            if starts || blocks.isEmpty { blocks.append([line]) } else { blocks[blocks.count - 1].append(line) }
            // A banner runs to its mark.
            if line.hasPrefix("banner ") {
                isInside = line.split(separator: "^C", omittingEmptySubsequences: false).count < 3
            } else if isInside, line.contains("^C") || line == "EOF" {
                isInside = false
            }
        }
        let isList = { (block: [Substring]) in block[0].hasPrefix("access-list") }
        return (blocks.filter { !isList($0) }.shuffled(using: &random) + blocks.filter(isList))
            .map { $0.joined(separator: "\n") }.joined(separator: "\n") + "\n"
    }

    @Test(arguments: shuffles)
    func `sections in another order and comments ask for nothing`(_ platform: String, _ seed: UInt64) throws {
        let dialect = try #require(CLIDialect.named(platform))
        let sample = try #require(SampleConfigurations.all[platform])
        var random = SeededGenerator(seed: seed)
        let other = Self.shuffled(sample, &random)
        let tree = CLITree(parsing: sample, dialect: dialect)
        let change = CLIRemediation(from: tree, to: [(CLITree(parsing: other, dialect: dialect), .replace)])
        #expect(change.forward.map(\.text) == [], "\(platform) \(seed)")
        let commented = "! a remark\n" + sample + "!\n! another\n"
        #expect(CLIRemediation(from: tree, to: [(CLITree(parsing: commented, dialect: dialect), .replace)]).isEmpty)
    }
}
