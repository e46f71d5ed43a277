import DeviceConfiguration
import Diagnostics
import Testing

@Suite struct `CLI configurations in the planner's vocabulary` {
    private let running = """
        Building configuration...

        Current configuration:
        !
        frr version 8.4.4
        hostname r1
        !
        interface eth0
         description to-transit
         ip address 198.51.100.1/30
        exit
        !
        router bgp 64500
         neighbor 10.0.1.2 remote-as 64500
        exit
        !
        end

        """

    private func model() throws -> CLIConfigurationModel { try #require(CLIConfigurationModel(platform: "frr")) }

    private func fragment(_ text: String, _ ownership: Ownership = .merge) -> IntendedFragment {
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false).indices
        return IntendedFragment(
            clause: "transit", ownership: ownership, text: text,
            provenance: lines.map {
                LineProvenance(clause: "transit", positions: [SourcePosition(file: "t.j2", line: $0 + 1)])
            })
    }

    private let transit = """
        router bgp 64500
         neighbor 198.51.100.2 remote-as 64496
         neighbor 198.51.100.2 password @secret(env:BGP)@
        exit
        """

    @Test func `a change has steps, a way back, provenance and the state it leads to`() throws {
        let model = try model()
        let observed = try model.snapshot(Array(running.utf8))
        let change = try model.change(from: observed, to: [fragment(transit)])
        let sent = change.steps.flatMap(\.lines).filter { $0.kind == .set }
        #expect(
            sent.map(\.text) == [
                "neighbor 198.51.100.2 remote-as 64496", "neighbor 198.51.100.2 password @secret(env:BGP)@",
            ])
        #expect(sent.map { $0.provenance?.positions.first?.line } == [2, 3])
        #expect(change.backoutIsComplete)
        #expect(!change.findings.hasErrors)
        #expect(model.areEquivalent(try model.applying(change.steps, to: observed), change.planned))
        let again = try model.change(from: change.planned, to: [fragment(transit)])
        #expect(again.isEmpty)
    }

    @Test func `undo sends the backouts of what took effect and reaches the base`() throws {
        let model = try model()
        let base = try model.snapshot(Array(running.utf8))
        let change = try model.change(
            from: base,
            to: [fragment(transit + "\ninterface eth0\n description changed\nexit\nip route 10.9.0.0/16 blackhole\n")])
        #expect(try model.undo(change.steps, observed: base, base: base).isEmpty)
        for count in 0...change.steps.count {
            let partial = try model.applying(Array(change.steps.prefix(count)), to: base)
            let undone = try model.applying(model.undo(change.steps, observed: partial, base: base), to: partial)
            let left = model.differences(from: base, to: undone).map {
                "\($0.kind) \($0.path) \($0.old ?? "") \($0.new ?? "")"
            }
            #expect(left.isEmpty, "after \(count) of \(change.steps.map { [$0.forward, $0.backout] })")
        }
    }

    @Test func `every sent line has a verdict and a line nobody sent is unexplained`() throws {
        let model = try model()
        let before = try model.snapshot(Array(running.utf8))
        let change = try model.change(from: before, to: [fragment(transit)])
        let clean = try model.reconcile(before: before, steps: change.steps, after: change.planned)
        #expect(clean.isClean)
        #expect(clean.entries.map(\.verdict) == [.asDesigned, .asDesigned])
        #expect(clean.entries.first?.provenance?.positions.first?.file == "t.j2")
        let stranger = String(decoding: change.planned.raw, as: UTF8.self).replacing(
            "hostname r1\n", with: "hostname r1\nip route 10.66.0.0/16 blackhole\n")
        let dirty = try model.reconcile(
            before: before, steps: change.steps, after: model.snapshot(Array(stranger.utf8)))
        #expect(!dirty.isClean)
        #expect(
            dirty.entries.contains { $0.verdict == .unexplained && $0.captured == "ip route 10.66.0.0/16 blackhole" })
        let nothing = try model.reconcile(before: before, steps: change.steps, after: before)
        #expect(nothing.entries.map(\.verdict) == [.missing, .missing])
    }

    @Test func `another password is a difference, though no text shows it`() throws {
        let model = try model()
        func with(_ password: String) throws -> ConfigurationSnapshot {
            try model.snapshot(
                Array(
                    "router bgp 1\n neighbor 192.0.2.1 remote-as 2\n neighbor 192.0.2.1 password \(password)\nexit\n"
                        .utf8))
        }
        let (old, new) = (try with("hunter2"), try with("@secret(env:BGP)@"))
        #expect(!model.areEquivalent(old, new))
        #expect(!old.canonical.contains("hunter2"))
        for difference in model.differences(from: old, to: new) {
            #expect(difference.old?.contains("hunter2") != true)
        }
        let change = try model.change(
            from: old, to: [fragment("router bgp 1\n neighbor 192.0.2.1 password @secret(env:BGP)@\nexit\n")])
        #expect(!change.isEmpty && !change.backoutIsComplete)
        #expect(!change.diff.contains("hunter2"))
        #expect(!change.steps.contains { $0.backout.contains("hunter2") })
    }

    @Test func `movement elsewhere leaves the touched part's digest alone`() throws {
        let model = try model()
        let observed = try model.snapshot(Array(running.utf8))
        let moved = try model.snapshot(Array(running.replacing("to-transit", with: "moved").utf8))
        let here = try model.change(from: observed, to: [fragment(transit)])
        let there = try model.change(from: moved, to: [fragment(transit)])
        #expect(observed.digest != moved.digest)
        #expect(here.touchedDigest == there.touchedDigest)
        #expect(here.steps == there.steps)
    }

    @Test func `elements are lines with the sections around them`() throws {
        let model = try model()
        let elements = model.elements(of: try model.snapshot(Array(running.utf8)))
        #expect(
            elements.contains { $0.path == ["interface eth0"] && $0.text == "description to-transit" && $0.line == 9 })
        #expect(elements.contains { $0.path.isEmpty && $0.text == "hostname r1" })
        #expect(!elements.contains { $0.text.contains("Building") })
    }

    @Test func `an unknown platform has no model`() {
        #expect(CLIConfigurationModel(platform: "nokia_isam") == nil)
        #expect(CLIConfigurationModel.knownPlatforms.contains("frr"))
    }

    @Test func `what is too large to be read is refused, not cut`() throws {
        let model = try #require(CLIConfigurationModel(platform: "frr", maximumBytes: 300))
        let refusal = #expect(throws: Findings.self) {
            try model.snapshot([UInt8](repeating: UInt8(ascii: "x"), count: 301))
        }
        #expect(refusal?.all.map(\.code) == ["cli.too-large"])
        let observed = try model.snapshot(Array(running.utf8))
        let long = fragment(String(repeating: " description x\n", count: 20))
        #expect(throws: Findings.self) { try model.change(from: observed, to: [long]) }
    }
}
