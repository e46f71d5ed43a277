import DeviceConfiguration
import Diagnostics
import TestSupport
import Testing

@Suite struct `NETCONF configurations without YANG modules` {
    private let running = """
        <data xmlns="urn:ietf:params:xml:ns:netconf:base:1.0">
          <native xmlns="http://vendor.example/ns/yang/vendor-native">
            <hostname>core-1</hostname>
            <interface><name>eth0</name><mtu>9000</mtu></interface>
            <interface><name>eth1</name><description>spare</description></interface>
            <dns><server>192.0.2.1</server><server>192.0.2.2</server></dns>
            <acl><name>in</name>
              <rule><id>10</id><action>permit</action></rule><rule><id>20</id><action>deny</action></rule></acl>
          </native>
        </data>
        """
    private let model = XMLConfigurationModel(platform: "netconf", modulesFolder: "inventory/yang/netconf")

    private func snapshot() throws -> ConfigurationSnapshot { try model.snapshot(Array(running.utf8)) }

    private func edited(_ snapshot: ConfigurationSnapshot, _ from: String, _ to: String) throws -> ConfigurationSnapshot
    {
        let text = String(decoding: snapshot.raw, as: UTF8.self)
        #expect(text.contains(from), "\(text)")
        return try model.snapshot(Array(text.replacing(from, with: to).utf8))
    }

    private func fragment(_ text: String, _ ownership: Ownership = .merge) -> IntendedFragment {
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false).indices
        return IntendedFragment(
            clause: "core", ownership: ownership, text: text,
            provenance: lines.map {
                LineProvenance(clause: "core", positions: [SourcePosition(file: "core.xml.j2", line: $0 + 1)])
            })
    }

    private func native(_ text: String) -> String {
        "<native xmlns=\"http://vendor.example/ns/yang/vendor-native\">\n\(text)\n</native>"
    }

    private let uplink = """
        <hostname>core-2</hostname>
        <interface>
          <name>eth2</name>
          <type xmlns:t="urn:types">t:ethernet</type>
        </interface>
        <dns><server>192.0.2.3</server></dns>
        """

    @Test func `a change has a readable diff, a way back, provenance, and says what it cannot check`() throws {
        let observed = try snapshot()
        let change = try model.change(from: observed, to: [fragment(native(uplink))])
        #expect(!change.findings.hasErrors && change.backoutIsComplete)
        #expect(change.findings.all.map(\.code) == ["yang.no-modules"])
        #expect(
            change.diff == """
                  vendor-native:native
                   dns
                +   server 192.0.2.3
                -  hostname core-1
                +  hostname core-2
                +  interface[name='eth2']
                +   type types:ethernet

                """,
            "\(change.diff)")
        let lines = change.steps[0].lines
        #expect(lines.map { $0.provenance?.positions.first?.line } == [7, 2, 3, 5])
        #expect(try model.areEquivalent(model.applying(change.steps, to: observed), change.planned))
        #expect(try model.change(from: change.planned, to: [fragment(native(uplink))]).isEmpty)
        let back = ChangeStep(id: 1, forward: change.steps[0].backout, backout: "", lines: [])
        #expect(try model.areEquivalent(model.applying([back], to: change.planned), observed))
    }

    @Test func `undo takes back what took effect and leaves what others did`() throws {
        let observed = try snapshot()
        let change = try model.change(from: observed, to: [fragment(native(uplink))])
        let undo = try model.undo(change.steps, observed: change.planned, base: observed)
        #expect(try model.areEquivalent(model.applying(undo, to: change.planned), observed))
        #expect(try model.undo(change.steps, observed: observed, base: observed).isEmpty)
        let moved = try edited(change.planned, "<description>spare</description>", "<description>used</description>")
        let back = try model.applying(try model.undo(change.steps, observed: moved, base: observed), to: moved)
        #expect(model.differences(from: observed, to: back).map(\.new) == ["description used"])
    }

    @Test func `reconciliation names what is missing, what came along and what is as designed`() throws {
        let observed = try snapshot()
        let change = try model.change(from: observed, to: [fragment(native(uplink))])
        let good = try model.reconcile(before: observed, steps: change.steps, after: change.planned)
        #expect(good.isClean && good.entries.count == 4, "\(good.entries)")
        let lost = try edited(change.planned, "<hostname>core-2</hostname>", "<hostname>core-3</hostname>")
        let bad = try model.reconcile(before: observed, steps: change.steps, after: lost)
        #expect(bad.entries.filter { $0.verdict == .missing }.map(\.captured) == ["hostname core-3"])
        let strange = try edited(change.planned, "<description>spare</description>", "<description>x</description>")
        let stray = try model.reconcile(before: observed, steps: change.steps, after: strange)
        #expect(stray.entries.filter { $0.verdict == .unexplained }.map(\.captured) == ["description x"])
        let nothing = try model.reconcile(before: observed, steps: change.steps, after: observed)
        #expect(nothing.entries.allSatisfy { $0.verdict == .missing })
    }

    @Test func `entries that change places are noticed, where a device puts new ones is its affair`() throws {
        let observed = try snapshot()
        let swapped = try edited(
            observed, "<rule><id>10</id><action>permit</action></rule><rule><id>20</id><action>deny</action></rule>",
            "<rule><id>20</id><action>deny</action></rule><rule><id>10</id><action>permit</action></rule>")
        #expect(!model.areEquivalent(observed, swapped))
        #expect(model.differences(from: observed, to: swapped).map(\.kind) == [.moved])
        let change = try model.change(
            from: observed, to: [fragment(native("<dns><server>192.0.2.0</server></dns>"))])
        let sorted = try edited(
            observed, "<dns><server>192.0.2.1</server>", "<dns><server>192.0.2.0</server><server>192.0.2.1</server>")
        #expect(try model.reconcile(before: observed, steps: change.steps, after: sorted).isClean)
        let shuffled = try edited(
            sorted, "<server>192.0.2.1</server><server>192.0.2.2</server>",
            "<server>192.0.2.2</server><server>192.0.2.1</server>")
        #expect(try !model.reconcile(before: observed, steps: change.steps, after: shuffled).isClean)
    }

    @Test func `prefixes, white space and layout make no difference, values under other namespaces do`() throws {
        let one = try model.snapshot(
            Array("<data xmlns:a='urn:m/a'><a:x><a:type xmlns:t='urn:types'>t:e</a:type></a:x></data>".utf8))
        let same = try model.snapshot(
            Array("<x xmlns='urn:m/a' xmlns:k='urn:types'>\n <type> k:e </type>\n</x>".utf8))
        let other = try model.snapshot(Array("<x xmlns='urn:m/a' xmlns:k='urn:others'><type>k:e</type></x>".utf8))
        #expect(model.areEquivalent(one, same) && one.digest == same.digest)
        #expect(!model.areEquivalent(one, other))
    }

    @Test func `what may be a container with a name in it is never deleted by a backout`() throws {
        let observed = try model.snapshot(
            Array("<system xmlns='urn:s'><name>old</name><location>ams</location></system>".utf8))
        let change = try model.change(
            from: observed, to: [fragment("<system xmlns='urn:s'><name>new</name></system>")])
        #expect(!change.backoutIsComplete)
        #expect(change.findings.all.map(\.code).contains("yang.backout-incomplete"))
        #expect(!change.steps[0].backout.contains("delete"), "\(change.steps[0].backout)")
    }

    @Test func `a section is replaced as a whole, and comes back as it was`() throws {
        let observed = try snapshot()
        let wanted = native("<acl><name>in</name><rule><id>10</id><action>deny</action></rule></acl>")
        let change = try model.change(from: observed, to: [fragment(wanted, .section)])
        #expect(change.steps[0].forward.contains("operation=\"replace\""))
        #expect(change.diff.contains("-   rule[id='20']"), "\(change.diff)")
        let back = ChangeStep(id: 1, forward: change.steps[0].backout, backout: "", lines: [])
        let returned = try model.applying([back], to: change.planned)
        #expect(model.differences(from: observed, to: returned).isEmpty)
        #expect {
            try model.change(from: observed, to: [fragment(wanted, .replace)])
        } throws: { ($0 as? Findings)?.all.first?.code == "yang.replace-without-modules" }
    }

    @Test func `what cannot be carried out names the template line`() throws {
        for (text, code, line) in [
            (native("<dns/>\n<interface nc:operation=\"delete\"><name>eth9</name></interface>"), "yang.edit", 3),
            (native("<a>"), "yang.not-xml", 3), ("<x>1</x>", "yang.unknown-namespace", 1),
        ] {
            #expect { try model.change(from: try snapshot(), to: [fragment(text)]) } throws: { error in
                let finding = (error as? Findings)?.all.first
                return finding?.code == code && finding?.position?.line == line
            }
        }
    }

    @Test func `secrets that only the device knows are masked and not sent back`() throws {
        let observed = try model.snapshot(
            Array(
                "<bgp xmlns='urn:b'><neighbor><address>10.0.0.1</address><password>hush</password></neighbor></bgp>"
                    .utf8))
        #expect(!observed.canonical.contains("hush"))
        let change = try model.change(
            from: observed,
            to: [
                fragment(
                    "<bgp xmlns='urn:b'><neighbor><address>10.0.0.1</address><password>@secret(env:X)@</password></neighbor></bgp>"
                )
            ])
        #expect(!change.backoutIsComplete && !change.steps[0].backout.contains("hush") && !change.diff.contains("hush"))
    }

    /// libyang knows the lists and keys that are guessed here, and judges what an edit leads to.
    @Test func `edits and their backouts lead where they lead with modules`() throws {
        let typed = YANGConfigurationModel(schema: try #require(try YANGSchema.named("lab_router")))
        for seed in 0..<40 as Range<UInt64> {
            var random = SeededGenerator(seed: seed)
            func interfaces(_ count: Int) -> String {
                let names = (0..<5).shuffled(using: &random).prefix(count)
                return names.map { number in
                    let mtu =
                        Bool.random(using: &random) ? "<mtu>\(Int.random(in: 100...9000, using: &random))</mtu>" : ""
                    let address = (0..<Int.random(in: 0...2, using: &random)).map {
                        "<address><ip>10.0.\(number).\($0)</ip><prefix-length>\(Int.random(in: 8...30, using: &random))</prefix-length></address>"
                    }.joined()
                    return "<interface><name>eth\(number)</name>\(mtu)<ipv4>\(address)</ipv4></interface>"
                }.joined()
            }
            let raw = Array(
                "<data><interfaces xmlns='urn:asbuilt:lab-router'>\(interfaces(3))</interfaces></data>".utf8)
            let wanted = fragment("<interfaces xmlns='urn:asbuilt:lab-router'>\(interfaces(2))</interfaces>")
            let change = try model.change(from: try model.snapshot(raw), to: [wanted])
            guard let step = change.steps.first else { continue }
            #expect(change.backoutIsComplete, "seed \(seed)")
            let observed = try typed.snapshot(raw)
            let expected = try typed.change(from: observed, to: [wanted]).planned
            #expect(try typed.areEquivalent(typed.snapshot(change.planned.raw), expected), "seed \(seed)")
            let there = try typed.applying([step], to: observed)
            #expect(typed.areEquivalent(there, expected), "seed \(seed)")
            let back = try typed.applying(
                [ChangeStep(id: 1, forward: step.backout, backout: "", lines: [])], to: there)
            #expect(typed.areEquivalent(back, observed), "seed \(seed): \(step.backout)")
        }
    }

    @Test(arguments: ["cleartext-private-key", "private-key", "cleartext-symmetric-key", "password"])
    func `keys of a keystore are not shown`(_ leaf: String) throws {
        let raw = "<data><keystore xmlns='urn:k'><key><name>a</name><\(leaf)>QUFBQQ</\(leaf)></key></keystore></data>"
        let canonical = try XMLConfigurationModel(platform: "netconf", modulesFolder: "yang").snapshot(Array(raw.utf8)).canonical
        #expect(canonical.contains("\(leaf) \(Secret.mask)") && !canonical.contains("QUFB"))
    }
}
