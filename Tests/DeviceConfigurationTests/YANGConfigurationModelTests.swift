import DeviceConfiguration
import Diagnostics
import Testing

@Suite struct `NETCONF configurations in the planner's vocabulary` {
    private let running = """
        <data xmlns="urn:ietf:params:xml:ns:netconf:base:1.0">
          <system xmlns="urn:asbuilt:lab-router"><hostname>core-1</hostname><contact>old@example.net</contact></system>
          <interfaces xmlns="urn:asbuilt:lab-router">
            <interface><name>eth0</name><mtu>9000</mtu></interface>
            <interface><name>eth1</name><description>spare</description></interface>
          </interfaces>
          <vendor xmlns="urn:vendor"><level>3</level></vendor>
        </data>
        """

    private func model() throws -> YANGConfigurationModel {
        YANGConfigurationModel(schema: try #require(try YANGSchema.named("lab_router")))
    }

    private func fragment(_ text: String, _ ownership: Ownership = .merge) -> IntendedFragment {
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false).indices
        return IntendedFragment(
            clause: "core-bgp", ownership: ownership, text: text,
            provenance: lines.map {
                LineProvenance(clause: "core-bgp", positions: [SourcePosition(file: "core.xml.j2", line: $0 + 1)])
            })
    }

    private let bgp = """
        <system xmlns="urn:asbuilt:lab-router">
          <contact>noc@example.net</contact>
        </system>
        <bgp xmlns="urn:asbuilt:lab-router">
          <as>64500</as>
          <neighbor>
            <address>10.0.1.1</address>
            <remote-as>64500</remote-as>
            <password>@secret(env:BGP)@</password>
          </neighbor>
        </bgp>
        """

    private func edited(_ snapshot: ConfigurationSnapshot, _ from: String, _ to: String) throws -> ConfigurationSnapshot
    {
        let text = String(decoding: snapshot.raw, as: UTF8.self)
        #expect(text.contains(from))
        return try model().snapshot(Array(text.replacing(from, with: to).utf8))
    }

    @Test func `a change has an edit, a way back, provenance and the state it leads to`() throws {
        let model = try model()
        let observed = try model.snapshot(Array(running.utf8))
        let change = try model.change(from: observed, to: [fragment(bgp)])
        #expect(!change.findings.hasErrors)
        #expect(change.steps.count == 1 && change.backoutIsComplete)
        let lines = change.steps[0].lines
        #expect(
            lines.map(\.text) == [
                "lab-router:bgp", "as 64500", "neighbor[address='10.0.1.1']", "password @secret(env:BGP)@",
                "remote-as 64500", "contact noc@example.net",
            ])
        #expect(lines.map { $0.provenance?.positions.first?.line } == [4, 5, 6, 9, 8, 2])
        #expect(lines[4].path == ["lab-router:bgp", "neighbor[address='10.0.1.1']"])
        #expect(change.diff.contains("- ") && change.diff.contains("+  contact noc@example.net"))
        #expect(try model.areEquivalent(model.applying(change.steps, to: observed), change.planned))
        #expect(try model.change(from: change.planned, to: [fragment(bgp)]).isEmpty)
        #expect(change.planned.canonical.contains("urn:vendor"))
    }

    @Test func `undo takes back what took effect and leaves what others did`() throws {
        let model = try model()
        let observed = try model.snapshot(Array(running.utf8))
        let change = try model.change(from: observed, to: [fragment(bgp)])
        let undo = try model.undo(change.steps, observed: change.planned, base: observed)
        #expect(try model.areEquivalent(model.applying(undo, to: change.planned), observed))
        #expect(try model.undo(change.steps, observed: observed, base: observed).isEmpty)
        let moved = try edited(change.planned, "<description>spare</description>", "<description>used</description>")
        let back = try model.applying(try model.undo(change.steps, observed: moved, base: observed), to: moved)
        #expect(model.differences(from: observed, to: back).map(\.new) == ["description used"])
    }

    @Test func `a list entry in a container that is not there otherwise is taken back too`() throws {
        let model = try model()
        let observed = try model.snapshot(Array(running.utf8))
        let wanted = fragment(
            "<system xmlns=\"urn:asbuilt:lab-router\"><ntp><server><address>192.0.2.1</address></server></ntp></system>"
        )
        let change = try model.change(from: observed, to: [wanted])
        #expect(change.steps[0].backout.contains("operation=\"delete\""), "\(change.steps[0].backout)")
        let undo = try model.undo(change.steps, observed: change.planned, base: observed)
        #expect(try model.areEquivalent(model.applying(undo, to: change.planned), observed))
        #expect(!change.findings.hasErrors)
    }

    @Test func `reconciliation names what is missing, what came along and what is as designed`() throws {
        let model = try model()
        let observed = try model.snapshot(Array(running.utf8))
        let change = try model.change(from: observed, to: [fragment(bgp)])
        let good = try model.reconcile(before: observed, steps: change.steps, after: change.planned)
        #expect(good.isClean && good.entries.allSatisfy { $0.verdict == .asDesigned } && good.entries.count == 6)
        let lost = try edited(change.planned, "<remote-as>64500</remote-as>", "<remote-as>64501</remote-as>")
        let bad = try model.reconcile(before: observed, steps: change.steps, after: lost)
        #expect(bad.entries.filter { $0.verdict == .missing }.map(\.captured) == ["remote-as 64501"])
        let strange = try edited(change.planned, "<description>spare</description>", "<description>x</description>")
        let stray = try model.reconcile(before: observed, steps: change.steps, after: strange)
        #expect(stray.entries.filter { $0.verdict == .unexplained }.map(\.captured) == ["description x"])
        let nothing = try model.reconcile(before: observed, steps: change.steps, after: observed)
        #expect(nothing.entries.allSatisfy { $0.verdict == .missing })
        let vendor = try edited(change.planned, "<level>3</level>", "<level>4</level>")
        #expect(try !model.reconcile(before: observed, steps: change.steps, after: vendor).isClean)
    }

    @Test func `a value that equals its default is the same as none`() throws {
        let model = try model()
        let observed = try model.snapshot(Array(running.utf8))
        let shown = try edited(
            observed, "<description>spare</description>", "<description>spare</description><enabled>true</enabled>")
        #expect(model.areEquivalent(observed, shown) && observed.digest == shown.digest)
        let wanted = fragment(
            "<interfaces xmlns=\"urn:asbuilt:lab-router\"><interface><name>eth0</name><mtu>1500</mtu></interface></interfaces>"
        )
        let change = try model.change(from: observed, to: [wanted])
        #expect(change.steps[0].lines.map(\.text) == ["mtu 1500"])
        let trimmed = try edited(change.planned, "<mtu>1500</mtu>", "")
        let judged = try model.reconcile(before: observed, steps: change.steps, after: trimmed)
        #expect(judged.isClean && judged.entries[0].rule?.contains("RFC 6243") == true)
    }

    @Test func `an owned section loses what the contract does not have, and nothing around it`() throws {
        let model = try model()
        let observed = try model.snapshot(Array(running.utf8))
        let wanted = fragment(
            "<interfaces xmlns=\"urn:asbuilt:lab-router\"><interface><name>eth0</name><description>up</description></interface></interfaces>",
            .section)
        let change = try model.change(from: observed, to: [wanted])
        #expect(
            change.steps[0].lines.map { "\($0.kind) \($0.text)" }.sorted() == ["remove mtu 9000", "set description up"])
        #expect(change.steps[0].forward.contains("operation=\"delete\""))
        #expect(change.planned.canonical.contains("spare") && change.planned.canonical.contains("old@example.net"))
        #expect(throws: Findings.self) { try model.change(from: observed, to: [fragment(bgp, .replace)]) }
    }

    @Test func `what the schema refuses is named at the template's line`() throws {
        let model = try model()
        let observed = try model.snapshot(Array(running.utf8))
        func refusal(_ from: String, _ to: String) throws -> String {
            do {
                let change = try model.change(from: observed, to: [fragment(bgp.replacing(from, with: to))])
                return change.findings.description
            } catch { return error.description }
        }
        #expect(try refusal("<as>64500</as>", "<as>none</as>").contains("core.xml.j2:5"))
        #expect(try refusal("<as>64500</as>", "<asn>1</asn>").contains("core.xml.j2:5"))
        #expect(try refusal("<as>64500</as>", "<as>64500").contains("yang.not-xml"))
        #expect(
            try refusal("<bgp xmlns=\"urn:asbuilt:lab-router\">", "<bgp xmlns=\"urn:x\">").contains(
                "yang.unknown-namespace"))
        #expect(try refusal("<remote-as>64500</remote-as>", "").contains("yang.invalid-plan"))
    }

    @Test func `movement elsewhere leaves the touched digest alone, movement underneath does not`() throws {
        let model = try model()
        let observed = try model.snapshot(Array(running.utf8))
        let digest = try model.change(from: observed, to: [fragment(bgp)]).touchedDigest
        let elsewhere = try edited(observed, "<description>spare</description>", "<description>used</description>")
        #expect(try model.change(from: elsewhere, to: [fragment(bgp)]).touchedDigest == digest)
        let beneath = try edited(observed, "old@example.net", "new@example.net")
        #expect(try model.change(from: beneath, to: [fragment(bgp)]).touchedDigest != digest)
    }

    @Test func `a secret that only the device knows is never written down`() throws {
        let model = try model()
        let observed = try model.snapshot(
            Array(
                running.replacing(
                    "<vendor ",
                    with: """
                        <bgp xmlns="urn:asbuilt:lab-router"><as>64500</as><neighbor><address>10.0.1.1</address>
                        <remote-as>64500</remote-as><password>0ld-canary</password></neighbor></bgp><vendor
                        """ + " "
                ).utf8))
        let change = try model.change(from: observed, to: [fragment(bgp)])
        #expect(!change.backoutIsComplete)
        let written =
            change.diff + change.steps[0].forward + change.steps[0].backout + change.planned.canonical
            + observed.canonical + change.steps[0].lines.map(\.text).joined() + change.findings.description
        #expect(!written.contains("0ld-canary"))
        #expect(change.findings.description.contains("yang.secret-only-on-device"))
    }

    @Test func `the elements of a configuration have their line`() throws {
        let model = try model()
        let elements = model.elements(of: try model.snapshot(Array(running.utf8)))
        let spare = try #require(elements.first { $0.text == "description spare" })
        #expect(spare.path == ["lab-router:interfaces", "interface[name='eth1']"] && spare.line == 5)
        #expect(!elements.contains { $0.text.contains("name eth") })
    }

    @Test func `the modules of a real NETCONF server load and plan an interface`() throws {
        let model = YANGConfigurationModel(schema: try #require(try YANGSchema.named("netconfd")))
        let observed = try model.snapshot(Array("<data/>".utf8))
        let change = try model.change(
            from: observed,
            to: [
                fragment(
                    """
                    <interfaces xmlns="urn:ietf:params:xml:ns:yang:ietf-interfaces"><interface><name>tun7</name>
                    <type xmlns:ianaift="urn:ietf:params:xml:ns:yang:iana-if-type">ianaift:tunnel</type></interface></interfaces>
                    """)
            ])
        #expect(change.steps[0].lines.map(\.text) == ["interface[name='tun7']", "type iana-if-type:tunnel"])
        #expect(!change.findings.hasErrors)
    }
}
