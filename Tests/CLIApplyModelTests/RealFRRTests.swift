import CLIApplyModel
import CLIConfiguration
import Foundation
import Glibc
import TestSupport
import Testing

/// One FRR router from Debian's package in a network namespace of its own, typed into through `vtysh`.
private final class RealRouter {
    private let folder: ScratchFolder
    private let folderOfRouter: String

    init() throws {
        folder = try ScratchFolder("frr")
        folderOfRouter = folder.path + "p/r1"
        let facts = try Self.run(
            Repository.root.appending(path: "lab/peers/frr-up").path(percentEncoded: false),
            [
                "--dir", folder.path + "p", "--port", "23740", "--routers", "1", "--blank", "--daemons",
                "staticd ospfd bgpd",
            ])
        // FRR does not take an address off an interface that the kernel does not have.
        let key = "PEER_NETNS_R1="
        guard let space = facts.split(separator: "\n").first(where: { $0.hasPrefix(key) })?.dropFirst(key.count) else {
            throw Refused(what: "frr-up names no network namespace: \(facts)")
        }
        for (one, other) in [("eth0", "eth1"), ("eth2", "eth3")] {
            _ = try Self.run(
                "/usr/sbin/ip", ["-n", String(space), "link", "add", one, "type", "veth", "peer", "name", other])
        }
    }

    deinit {
        _ = try? Self.run(
            Repository.root.appending(path: "lab/peers/frr-down").path(percentEncoded: false),
            ["--dir", folder.path + "p"])
    }

    /// Through the shell and a file: Foundation's `Process` waits for every daemon that a script leaves running.
    private static func run(_ program: String, _ arguments: [String]) throws -> String {
        let scratch = try ScratchFolder("output")
        let file = try scratch.write("", to: "output").path(percentEncoded: false)
        let words = ([program] + arguments).map { "'" + $0.replacing("'", with: "'\\''") + "'" }
        let status = system(words.joined(separator: " ") + " >'\(file)' 2>&1 </dev/null")
        let text = try scratch.read("output")
        guard status == 0 || program.hasSuffix("vtysh") else {
            throw Refused(what: "\(program) ended with status \(status): \(text)")
        }
        return text
    }
    struct Refused: Error { var what: String }

    private func vtysh(_ commands: [String]) throws -> String {
        try Self.run("/usr/bin/vtysh", ["--vty_socket", folderOfRouter] + commands.flatMap { ["-c", $0] })
    }

    /// Without the daemons' own host names, which differ among them.
    func running() throws -> String {
        try vtysh(["show running-config"]).split(separator: "\n").filter { !$0.hasPrefix("hostname ") }
            .joined(separator: "\n") + "\n"
    }

    /// Lets Debian's `frr-reload.py` (package frr-pythontools) bring the router to a configuration.
    func reload(_ text: String) throws {
        let file = try folder.write(text, to: "intended.conf").path(percentEncoded: false)
        let place = folderOfRouter
        // Its status says only that some line was refused; what counts is what the router then runs.
        _ = try? Self.run(
            "/usr/lib/frr/frr-reload.py",
            ["--reload", "--vty_socket", place, "--confdir", place, "--rundir", place, "--log-level", "error", file])
    }

    /// Types lines in configuration mode; gives what the device answered.
    func type(_ lines: [String]) throws -> [String] {
        try vtysh(["configure terminal"] + lines).split(separator: "\n").map(String.init)
    }
}

@Suite(.serialized) struct `On a real FRR router` {
    /// What every router in this test has, whatever else changes.
    private static func base(_ running: String) -> String {
        running.split(separator: "\n").filter { line in
            ["log ", "service "].contains { line.hasPrefix($0) }
        }.joined(separator: "\n") + "\n"
    }

    @Test func `generated changes reach what was predicted, and their backouts return`() throws {
        let dialect = try #require(CLIDialect.named("frr"))
        let router = try RealRouter()
        let base = Self.base(try router.running())
        func read() throws -> CLITree { CLITree(parsing: try router.running(), dialect: dialect) }
        var wrong: [String] = []
        // Each pair costs three lists typed and two texts shown; `FRR_PAIRS=300` for a longer look.
        let pairs = UInt64(ProcessInfo.processInfo.environment["FRR_PAIRS"] ?? "") ?? 100
        var before = try read()
        for seed in 1...pairs {
            let intended = CLITree(parsing: base + RandomRouter(seed: seed).text, dialect: dialect)
            let change = CLIRemediation(from: before, to: [(intended, .replace)], secrets: .shown)
            let model = CLIApplyModel.applying(change.forward, to: before)
            if !model.refused.isEmpty { wrong.append("seed \(seed), model refuses: \(model.refused)") }
            func send(_ commands: [CLICommand], _ what: String, _ expected: CLITree) throws -> CLITree {
                let answers = try router.type(commands.flatMap(\.lines))
                if !answers.isEmpty {
                    wrong.append("seed \(seed), \(what) answered: \(answers)")
                }
                let shown = try read()
                let difference = CLIDiff(from: expected, to: shown).text
                if !difference.isEmpty {
                    wrong.append("seed \(seed), \(what) differs:\n\(difference)")
                }
                return shown
            }
            let there = try send(change.forward, "forward", intended)
            let modelDifference = CLIDiff(from: model.tree, to: there).text
            if !modelDifference.isEmpty { wrong.append("seed \(seed), prediction differs:\n\(modelDifference)") }
            guard seed % 2 == 0 else {
                // Every other pair goes on from where this change leads.
                before = there
                continue
            }
            before = try send(change.backout, "backout", before)
        }
        if !wrong.isEmpty {
            Issue.record("\(wrong.count) findings; \(wrong.prefix(12).joined(separator: "\n---\n"))")
        }
    }

    /// A second opinion on the same changes, from the same start, on the same router.
    @Test func `the tool that comes with FRR gets no further from the same start`() throws {
        let dialect = try #require(CLIDialect.named("frr"))
        let router = try RealRouter()
        let base = Self.base(try router.running())
        func read() throws -> CLITree { CLITree(parsing: try router.running(), dialect: dialect) }
        func bring(to target: CLITree) throws {
            _ = try router.type(
                CLIRemediation(from: try read(), to: [(target, .replace)], secrets: .shown).forward.flatMap(\.lines))
        }
        let pairs = UInt64(ProcessInfo.processInfo.environment["FRR_PAIRS"] ?? "") ?? 20
        var (own, other, onlyOther) = (0, 0, [UInt64]())
        for seed in 1001...(1000 + pairs) {
            let text = base + RandomRouter(seed: seed).text
            let intended = CLITree(parsing: text, dialect: dialect)
            let before = try read()
            try router.reload("frr version 8.4.4\nfrr defaults traditional\n" + text)
            let reloaded = CLIDiff(from: intended, to: try read()).isEmpty
            try bring(to: before)
            #expect(CLIDiff(from: before, to: try read()).isEmpty, "seed \(seed): back to the start")
            try bring(to: intended)
            let arrived = CLIDiff(from: intended, to: try read()).isEmpty
            own += arrived ? 1 : 0
            other += reloaded ? 1 : 0
            if reloaded && !arrived { onlyOther.append(seed) }
        }
        print("of \(pairs) pairs, this product reaches \(own) and frr-reload \(other)")
        #expect(onlyOther.isEmpty)
        #expect(Double(own) >= 0.97 * Double(pairs))
        #expect(own >= other)
    }
}
