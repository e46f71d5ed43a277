import CLIApplyModel
import CLIConfiguration
import TestSupport
import Testing

/// What holds at every moment of a list of commands, not only at its end.
@Suite struct `Every step of a change` {
    /// The sample without some of its lines and what is below them, and with other texts in its descriptions.
    private static func edit(_ text: String, _ random: inout SeededGenerator) -> String {
        var result: [Substring] = []
        var skipBelow: Int?
        for line in text.split(separator: "\n", omittingEmptySubsequences: false) {
            let indent = line.prefix { $0 == " " }.count
            if let level = skipBelow {
                if indent > level { continue }
                skipBelow = nil
                if line.drop(while: { $0 == " " }) == "}" { continue }
            }
            let body = line.drop { $0 == " " }
            let isFixed =
                ["!", "#", "exit", "end", "endif", "}", "EOF", "quit", ""].contains(body) || body.hasPrefix("end-")
                || body.hasPrefix("exit-") || line.contains("^C") || line.contains("banner")
                || line.contains("Authorised") || line.contains("certificate") || line.contains("shutdown")
                || line.contains("allowed vlan") || line.hasPrefix("interface Eth") || line.hasSuffix("{")
                || line.contains("established,related") || line.hasPrefix("/") || line.hasSuffix("\\")
            if !isFixed, Int.random(in: 0..<14, using: &random) == 0 {
                skipBelow = indent
            } else {
                result.append(line)
            }
        }
        return result.joined(separator: "\n") + "\n"
    }

    /// Every line with the sections around it; of paths the whole ones.
    private static func lines(_ tree: CLITree) -> Set<[String]> {
        var result: Set<[String]> = []
        func walk(_ node: CLINode, _ path: [String]) {
            for child in node.children where !child.saysDefault {
                let own = path + [child.comparableText]
                // What holds sets of numbers, or stands under one, passes through values of neither side.
                let isWhole = tree.dialect.syntax != .paths || child.children.isEmpty
                if isWhole, child.rule?.ranges == nil, !(node.rule?.isNumbered ?? false) { result.insert(own) }
                walk(child, own)
            }
        }
        walk(tree.root, [])
        return result
    }

    /// The family a command falls under.
    private static func rule(of command: CLICommand, _ dialect: CLIDialect) -> CommandRule? {
        var context = dialect.rootContext
        for header in command.path {
            guard let next = dialect.match(header, in: context).flatMap({ dialect.rule($0.match.rule) }) else {
                return nil
            }
            context = next.context
        }
        let words = CLIWords.strings(command.text).drop { $0 == dialect.negation }.joined(separator: " ")
        // The negation of a list names the list alone.
        return (dialect.match(words, in: context) ?? dialect.match(words + " x", in: context))
            .flatMap { dialect.rule($0.match.rule) }
    }

    /// Families that say themselves that their lines take others along, or go and come back as a whole.
    private static func takesAlong(_ rule: CommandRule?) -> Bool {
        guard let rule else { return false }
        return !rule.drops.isEmpty || rule.isWhole || rule.isOrdered || rule.isSequence || rule.renews
            || rule.replacesOnEntry || !rule.fixedBy.isEmpty
    }

    static let cases = SampleConfigurations.all.keys.sorted()
        .filter { CLIDialect.named($0)?.syntax != .menus }.flatMap { name in (1...3).map { (name, UInt64($0)) } }

    @Test(arguments: cases)
    func `nothing that both sides hold is ever gone without a declared cause`(_ platform: String, _ seed: UInt64) throws
    {
        let dialect = try #require(CLIDialect.named(platform))
        let sample = try #require(SampleConfigurations.all[platform])
        var random = SeededGenerator(seed: 7000 + seed)
        let observed = CLITree(parsing: Self.edit(sample, &random), dialect: dialect)
        let intended = CLITree(parsing: Self.edit(sample, &random), dialect: dialect)
        let change = CLIRemediation(from: observed, to: [(intended, .replace)], secrets: .shown)
        let kept = Self.lines(observed).intersection(Self.lines(intended))
        var lost: Set<[String]> = []
        for (index, command) in change.forward.enumerated() where command.kind != .navigate {
            let now = Self.lines(CLIApplyModel.applying(Array(change.forward[...index]), to: observed).tree)
            let gone = kept.subtracting(now).subtracting(lost)
            if !Self.takesAlong(Self.rule(of: command, dialect)) {
                #expect(gone.isEmpty, "\(platform) \(seed): `\(command.text)` takes \(gone)")
            }
            lost.formUnion(gone)
        }
    }

    @Test(arguments: cases)
    func `every step stays between what was and what shall be`(_ platform: String, _ seed: UInt64) throws {
        let dialect = try #require(CLIDialect.named(platform))
        let sample = try #require(SampleConfigurations.all[platform])
        var random = SeededGenerator(seed: 8000 + seed)
        let observed = CLITree(parsing: Self.edit(sample, &random), dialect: dialect)
        let intended = CLITree(parsing: Self.edit(sample, &random), dialect: dialect)
        let change = CLIRemediation(from: observed, to: [(intended, .replace)], secrets: .shown)
        let known = Self.lines(observed).union(Self.lines(intended))
        for (index, command) in change.forward.enumerated() where command.kind != .navigate {
            let now = Self.lines(CLIApplyModel.applying(Array(change.forward[...index]), to: observed).tree)
            let strange = now.subtracting(known)
            #expect(strange.isEmpty, "\(platform) \(seed): after `\(command.text)` there is \(strange)")
        }
    }

    /// More equal text never means more commands.
    @Test(arguments: SampleConfigurations.all.keys.sorted())
    func `a half of a change needs no more commands than the whole`(_ platform: String) throws {
        let dialect = try #require(CLIDialect.named(platform))
        let sample = try #require(SampleConfigurations.all[platform])
        var random = SeededGenerator(seed: 9000)
        let near = Self.edit(sample, &random)
        let far = Self.edit(near, &random)
        func count(_ running: String, _ intended: String) -> Int {
            CLIRemediation(
                from: CLITree(parsing: running, dialect: dialect),
                to: [(CLITree(parsing: intended, dialect: dialect), .replace)], secrets: .shown
            ).forward.count { $0.kind != .navigate }
        }
        #expect(count(sample, near) <= count(sample, far), "\(platform)")
        #expect(count(near, far) <= count(sample, far), "\(platform)")
    }
}
