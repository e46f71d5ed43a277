import NETCONFProtocol
import Testing
import XMLDocuments

@testable import LabDevices

@Suite struct `Access control of a lab router (RFC 8341)` {
    /// `netops` may do everything; `guest` has rules; `nobody` is in no group.
    private static func startup(_ settings: String = "", rules: String = "", enabled: Bool = true) -> String {
        """
        <config xmlns="urn:ietf:params:xml:ns:netconf:base:1.0">
          <system xmlns="urn:asbuilt:lab-router"><hostname>core</hostname><contact>x</contact></system>
          <interfaces xmlns="urn:asbuilt:lab-router">
            <interface><name>eth1</name><description>a</description></interface>
            <interface><name>eth2</name><description>b</description></interface>
          </interfaces>
          <bgp xmlns="urn:asbuilt:lab-router"><as>64500</as></bgp>
          <nacm xmlns="urn:ietf:params:xml:ns:yang:ietf-netconf-acm" xmlns:lr="urn:asbuilt:lab-router">
            <enable-nacm>\(enabled)</enable-nacm>\(settings)
            <groups>
              <group><name>admin</name><user-name>netops</user-name></group>
              <group><name>noc</name><user-name>guest</user-name></group>
            </groups>
            <rule-list><name>admin</name><group>admin</group>
              <rule><name>all</name><action>permit</action></rule></rule-list>
            <rule-list><name>noc</name><group>noc</group>\(rules)</rule-list>
          </nacm>
        </config>
        """
    }

    private static func rule(_ name: String, _ subject: String, _ accesses: String, _ action: String) -> String {
        "<rule><name>\(name)</name>\(subject)<access-operations>\(accesses)</access-operations><action>\(action)</action></rule>"
    }

    private func lab(_ rules: String = "", settings: String = "", enabled: Bool = true) throws -> (
        MemoryLab, LabChannelID
    ) {
        let startup = Self.startup(settings, rules: rules, enabled: enabled)
        #expect(LabRouter.complaints(startup) == [])
        var lab = MemoryLab(startup: startup)
        let guest = try lab.session(as: "guest")
        return (lab, guest)
    }

    @Test func `AC-1 AC-5: by default all is read but the rules, nothing is written, and operations are free`() throws {
        for user in ["guest", "nobody"] {
            var (lab, _) = try lab()
            let session = try lab.session(as: user)
            let running = try lab.read(.running, on: session)
            #expect(running.contains("64500") && !running.contains("nacm"), "\(running)")
            let refused = try #require(try lab.ask(MemoryLab.edit(LabRouterTests.contact("y")), on: session))
            #expect(refused.errors.map(\.tag) == [.accessDenied])
            #expect(refused.errors.first?.path == "/lr:system/lr:contact")
            #expect(refused.errors.first?.pathNamespaces["lr"] == MemoryLab.namespace)
            #expect(try lab.tags(.validate(.datastore(.running)), on: session) == [])
            #expect(try lab.tags(.lock(.candidate), on: session) == [])
        }
        var (lab, _) = try lab()
        let admin = try lab.session()
        #expect(try lab.edit(LabRouterTests.contact("y"), on: admin) == [])
        #expect(try lab.tags(.commit(CommitOptions()), on: admin) == [])
        #expect(try lab.read(.running, on: admin).contains("rule-list"))
    }

    @Test func `AC-1: defaults can be turned around, and all of it off`() throws {
        var (closed, a) = try lab(settings: "<read-default>deny</read-default><exec-default>deny</exec-default>")
        #expect(try closed.tags(.getConfig(.running), on: a) == ["access-denied"])
        #expect(try closed.tags(.closeSession, on: a) == [])
        var (blind, b) = try lab(settings: "<read-default>deny</read-default>")
        #expect(try blind.read(.running, on: b) == "")
        var (open, c) = try lab(settings: "<write-default>permit</write-default>")
        #expect(try open.edit(LabRouterTests.contact("y"), on: c) == [])
        #expect(
            try open.edit(
                "<nacm xmlns=\"\(LabAccessControl.namespace)\"><enable-nacm>false</enable-nacm></nacm>", on: c)
                == ["access-denied"])
        var (off, d) = try lab(enabled: false)
        #expect(try off.edit(LabRouterTests.contact("y"), on: d) == [])
    }

    @Test func `AC-2: close-session is always there, kill-session and delete-config only where a rule says so`() throws
    {
        var (lab, guest) = try lab()
        #expect(try lab.tags(.killSession(99), on: guest) == ["access-denied"])
        #expect(try lab.tags(.deleteConfig(.startup), on: guest) == ["access-denied"])
        let admin = try lab.session()
        #expect(try lab.tags(.killSession(1), on: admin) == [])
        var (named, other) = try self.lab(
            Self.rule(
                "kill", "<module-name>ietf-netconf</module-name><rpc-name>kill-session</rpc-name>", "exec", "permit")
                + Self.rule("schema", "<rpc-name>get-schema</rpc-name>", "exec", "deny")
                + Self.rule("rest", "<rpc-name>*</rpc-name>", "exec", "deny"))
        #expect(try named.tags(.killSession(99), on: other) == ["invalid-value"])
        #expect(try named.tags(.get(), on: other) == ["access-denied"])
        #expect(try named.tags(.closeSession, on: other) == [])
    }

    @Test func `AC-3 AC-4: what may not be read is left out, in every way of reading`() throws {
        let path = "<path>/lr:interfaces/lr:interface[lr:name='eth2']</path>"
        var (lab, guest) = try lab(
            Self.rule("bgp", "<module-name>lab-router</module-name><path>/lr:bgp</path>", "read", "deny")
                + Self.rule("eth2", path, "read", "deny")
                + Self.rule("all", "<module-name>lab-router</module-name>", "*", "permit"))
        let texts = [
            try lab.read(.running, on: guest), try lab.get("<interfaces/><bgp/>", on: guest),
            String(
                decoding: try lab.ask(.getData(GetData(datastore: "operational")), on: guest)?.data?.serialized() ?? [],
                as: UTF8.self),
        ]
        for text in texts {
            #expect(text.contains("eth1") && !text.contains("eth2") && !text.contains("64500"), "\(text)")
        }
        // A filter cannot find out what is there either.
        #expect(try lab.read(.running, "<bgp><as>64500</as></bgp>", on: guest) == "")
        _ = try lab.tags(.copyConfig(target: .url("file:///x"), source: .datastore(.running)), on: guest)
        _ = try lab.tags(.copyConfig(target: .candidate, source: .datastore(.url("file:///x"))), on: try lab.session())
        #expect(try !lab.read(.candidate, on: try lab.session()).contains("64500"))
    }

    @Test func `AC-4 AC-6: each node that a change touches is judged, when it is edited and when it is committed`()
        throws
    {
        let path = "<path>/lr:interfaces/lr:interface[lr:name='eth1']</path>"
        var (lab, guest) = try lab(Self.rule("eth1", path, "update", "permit"))
        func description(_ interface: String, _ text: String) -> String {
            "<interfaces><interface><name>\(interface)</name><description>\(text)</description></interface></interfaces>"
        }
        #expect(try lab.edit(description("eth1", "new"), on: guest) == [])
        #expect(try lab.edit(description("eth2", "new"), on: guest) == ["access-denied"])
        #expect(try lab.edit(description("eth3", "new"), on: guest) == ["access-denied"])
        #expect(try lab.edit("<interfaces nc:operation=\"delete\"/>", on: guest) == ["access-denied"])
        #expect(try lab.tags(.commit(CommitOptions()), on: guest) == [])
        #expect(try lab.read(.running, on: guest).contains("<description>new</description>"))
        // Another's uncommitted work is not taken along with rights that are not his.
        #expect(try lab.edit(description("eth2", "admin"), on: try lab.session()) == [])
        #expect(try lab.tags(.commit(CommitOptions()), on: guest) == ["access-denied"])
    }

    @Test func `AC-3 N-9: notifications that may not be read are not sent`() throws {
        let name = "<notification-name>netconf-session-start</notification-name>"
        var (lab, guest) = try lab(Self.rule("quiet", name, "read", "deny"))
        let admin = try lab.session()
        let listen = NETCONFOperation.createSubscription(stream: nil, filter: nil, startTime: nil, stopTime: nil)
        for session in [guest, admin] { #expect(try lab.tags(listen, on: session) == []) }
        lab.hangUp(try lab.session(as: "nobody"))
        func heard(_ session: LabChannelID) -> [String] { (lab.notifications[session] ?? []).map(\.event.local) }
        #expect(heard(admin) == ["netconf-session-start", "netconf-session-end"])
        #expect(heard(guest) == ["netconf-session-end"])
    }
}
