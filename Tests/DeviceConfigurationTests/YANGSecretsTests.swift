import DeviceConfiguration
import Diagnostics
import Testing

/// Secrets in leaves whose type a placeholder can never meet: patterns, numbers, lengths.
@Suite struct `Secrets of strict types` {
    private let running = """
        <data xmlns="urn:ietf:params:xml:ns:netconf:base:1.0">
          <system xmlns="urn:asbuilt:lab-router"><hostname>core-1</hostname></system>
        </data>
        """
    private let wanted = """
        <system xmlns="urn:asbuilt:lab-router">
          <hostname>@secret(env:NAME)@</hostname>
        </system>
        <interfaces xmlns="urn:asbuilt:lab-router">
          <interface><name>eth0</name><mtu>@secret(env:MTU)@</mtu></interface>
        </interfaces>
        """

    private func model() throws -> YANGConfigurationModel {
        YANGConfigurationModel(schema: try #require(try YANGSchema.named("lab_router")))
    }

    private func fragment(_ text: String) -> IntendedFragment {
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
        return IntendedFragment(
            clause: "c", ownership: .merge, text: text,
            provenance: lines.indices.map {
                LineProvenance(clause: "c", positions: [SourcePosition(file: "t.j2", line: $0 + 1, column: 1)])
            }, templateLines: lines.map(String.init))
    }

    @Test func `are planned with a note, and every other value is checked as always`() throws {
        let model = try model()
        let checked = model.check([fragment(wanted)])
        #expect(!checked.hasErrors)
        #expect(
            checked.all.map { "\($0.severity) \($0.code) \($0.position?.description ?? "")" } == [
                "note yang.secret-unchecked t.j2:2:3", "note yang.secret-unchecked t.j2:5:31",
            ])
        let observed = try model.snapshot(Array(running.utf8))
        let change = try model.change(from: observed, to: [fragment(wanted)])
        #expect(!change.findings.hasErrors && change.backoutIsComplete)
        #expect(change.findings.all.filter { $0.code == "yang.secret-unchecked" }.count == 2)
        #expect(change.steps[0].forward.contains("@secret(env:MTU)@"))
        let bad = model.check([fragment(wanted.replacing("eth0", with: "ETH 0"))])
        #expect(bad.hasErrors)
        let mixed = model.check([
            fragment(wanted.replacing("<mtu>@secret(env:MTU)@</mtu>", with: "<mtu>12</mtu>"))
        ])
        #expect(mixed.hasErrors)
    }

    @Test func `are read back as placeholders, compared, explained and taken back`() throws {
        let model = try model()
        let observed = try model.snapshot(Array(running.utf8))
        let change = try model.change(from: observed, to: [fragment(wanted)])
        // What the device shows, with the values turned back.
        let shown = try model.snapshot(
            Array(
                """
                <data xmlns="urn:ietf:params:xml:ns:netconf:base:1.0">
                  <interfaces xmlns="urn:asbuilt:lab-router"><interface><name>eth0</name><mtu>@secret(env:MTU)@</mtu></interface></interfaces>
                  <system xmlns="urn:asbuilt:lab-router"><hostname>@secret(env:NAME)@</hostname></system>
                </data>
                """.utf8))
        #expect(model.areEquivalent(shown, change.planned))
        #expect(try model.reconcile(before: observed, steps: change.steps, after: shown).isClean)
        let undo = try model.undo(change.steps, observed: shown, base: observed)
        #expect(try model.areEquivalent(model.applying(undo, to: shown), observed))
        #expect(model.differences(from: observed, to: shown).count == 3)
        #expect(model.elements(of: shown).contains { $0.text == "mtu @secret(env:MTU)@" })
        #expect(try model.change(from: shown, to: [fragment(wanted)]).isEmpty)
    }

    @Test func `are checked with their values before anything is sent, and never shown`() throws {
        let model = try model()
        let observed = try model.snapshot(Array(running.utf8))
        let step = try model.change(from: observed, to: [fragment(wanted)]).steps[0]
        func revealed(_ name: String, _ mtu: String) -> Secret {
            Secret(
                step.forward.replacing("@secret(env:NAME)@", with: name).replacing("@secret(env:MTU)@", with: mtu))
        }
        #expect(model.checkSecrets(of: step, revealed: revealed("core-9", "9000")).all.isEmpty)
        let found = model.checkSecrets(of: step, revealed: revealed("hunter2!!", "9000"))
        #expect(found.all.map(\.code) == ["yang.secret-value"])
        #expect(found.all[0].what.contains("secret(env:NAME)") && found.all[0].what.contains("lab-router:hostname"))
        let both = model.checkSecrets(of: step, revealed: revealed("hunter2!!", "70000"))
        #expect(both.all.count == 2)
        let broken = model.checkSecrets(of: step, revealed: revealed("<hunter2", "1"))
        #expect(broken.hasErrors)
        #expect(!"\(found)\(both)\(broken)".contains("hunter2") && !"\(both)".contains("70000"))
    }
}
