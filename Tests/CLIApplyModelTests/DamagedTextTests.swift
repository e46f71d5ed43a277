import CLIApplyModel
import CLIConfiguration
import TestSupport
import Testing

/// Texts as no device shows them: cut short, with bytes flipped, lines doubled, or put together from two.
@Suite struct `Damaged texts` {
    private static func damaged(_ text: String, _ random: inout SeededGenerator) -> [UInt8] {
        var bytes = Array(text.utf8)
        switch Int.random(in: 0..<4, using: &random) {
        case 0: bytes = Array(bytes.prefix(Int.random(in: 0...bytes.count, using: &random)))
        case 1:
            for _ in 0..<20 where !bytes.isEmpty {
                bytes[Int.random(in: 0..<bytes.count, using: &random)] = UInt8.random(in: 0...255, using: &random)
            }
        case 2:
            var lines = bytes.split(separator: 0x0A, omittingEmptySubsequences: false)
            for _ in 0..<8 {
                lines.insert(lines[Int.random(in: 0..<lines.count, using: &random)], at: Int.random(in: 0..<lines.count, using: &random))
            }
            bytes = Array(lines.joined(separator: [0x0A]))
        default:
            let place = Int.random(in: 0...bytes.count, using: &random)
            bytes = Array(bytes[place...] + bytes[..<place])
        }
        return bytes
    }

    static let cases = SampleConfigurations.all.keys.sorted().flatMap { name in (1...20).map { (name, UInt64($0)) } }

    @Test(arguments: cases)
    func `are kept byte by byte, need nothing against themselves, and stop nothing`(_ platform: String, _ seed: UInt64) throws {
        let dialect = try #require(CLIDialect.named(platform))
        let sample = try #require(SampleConfigurations.all[platform])
        var random = SeededGenerator(seed: seed)
        let bytes = Self.damaged(sample, &random)
        let tree = CLITree(parsing: bytes, dialect: dialect)
        #expect(tree.source == bytes)
        #expect(CLIDiff(from: tree, to: CLITree(parsing: bytes, dialect: dialect)).isEmpty)
        // Whatever the text means, working out and typing the change ends, both ways.
        let whole = CLITree(parsing: sample, dialect: dialect)
        for (old, new) in [(tree, whole), (whole, tree)] {
            let change = CLIRemediation(from: old, to: [(new, .replace)], secrets: .shown)
            _ = CLIApplyModel.applying(change.forward + change.backout, to: old).tree.canonicalText
        }
    }
}
