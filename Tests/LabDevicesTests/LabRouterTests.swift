import NETCONFProtocol
import Testing
import XMLDocuments

@testable import LabDevices

@Suite struct LabRouterTests {
    static let neighbor =
        "<bgp><as>64500</as><neighbor><address>10.0.0.1</address><remote-as>64500</remote-as></neighbor></bgp>"
    static func contact(_ text: String) -> String { "<system><contact>\(text)</contact></system>" }

    @Test func `says what it offers and counts its sessions`() throws {
        var lab = MemoryLab()
        let (first, second) = (try lab.session(), try lab.session())
        let hello = try #require(lab.hello(first))
        #expect(hello.sessionID == 1)
        #expect(lab.hello(second)?.sessionID == 2)
        for known: NETCONFCapability.Known in [
            .base10, .base11, .candidate, .confirmedCommit11, .validate11, .startup, .rollbackOnError,
        ] {
            #expect(hello.capabilities.contains(known))
        }
        #expect(hello.capabilities.modules.map(\.name).contains("lab-router"))
    }

    @Test func `refuses a shell and a command`() throws {
        var lab = MemoryLab()
        let opened = lab.network.connect(to: "core")
        let connection = try #require(opened)
        for kind: LabChannelKind in [.shell(columns: 80), .exec("show version"), .subsystem("sftp")] {
            let channel = lab.network.open(kind, on: connection, at: lab.now)
            #expect(channel == nil)
        }
    }

    @Test func `CM-1: edits change the candidate and commit makes them run`() throws {
        var lab = MemoryLab()
        let session = try lab.session()
        #expect(try lab.edit(Self.contact("noc@example.net"), on: session) == [])
        #expect(try lab.read(.running, "<system/>", on: session) == "<system><hostname>core</hostname></system>")
        #expect(try lab.tags(.validate(.datastore(.candidate)), on: session) == [])
        #expect(try lab.tags(.commit(CommitOptions()), on: session) == [])
        let expected = "<system><hostname>core</hostname><contact>noc@example.net</contact></system>"
        #expect(try lab.read(.running, "<system/>", on: session) == expected)
    }

    @Test(arguments: [
        ("<system><nonsense/></system>", ["unknown-element"]), ("<x xmlns=\"urn:no\"/>", ["unknown-namespace"]),
        ("<bgp><as>many</as></bgp>", ["invalid-value"]),
        ("<bgp><neighbor><remote-as>1</remote-as></neighbor></bgp>", ["missing-element"]),
        ("<interfaces><interface nc:operation=\"create\"><name>eth1</name></interface></interfaces>", ["data-exists"]),
        ("<interfaces><interface nc:operation=\"delete\"><name>eth7</name></interface></interfaces>", ["data-missing"]),
        ("<interfaces><interface nc:operation=\"remove\"><name>eth7</name></interface></interfaces>", []),
        (
            "<interfaces><interface nc:operation=\"replace\"><name>eth1</name><mtu>9000</mtu></interface></interfaces>",
            []
        ),
        ("<system><hostname nc:operation=\"delete\"/></system>", []),
        ("<system><location nc:operation=\"delete\"/></system>", ["data-missing"]),
    ])
    func `an edit is answered with the error of its operation`(content: String, tags: [String]) throws {
        var lab = MemoryLab()
        let session = try lab.session()
        let before = try lab.read(.candidate, on: session)
        #expect(try lab.edit(content, on: session) == tags)
        if !tags.isEmpty { #expect(try lab.read(.candidate, on: session) == before) }
    }

    @Test func `an edit with one wrong part changes nothing`() throws {
        var lab = MemoryLab()
        let session = try lab.session()
        let both =
            Self.contact("x")
            + "<interfaces><interface nc:operation=\"delete\"><name>eth7</name></interface></interfaces>"
        #expect(try lab.edit(both, on: session) == ["data-missing"])
        #expect(try !lab.read(.candidate, on: session).contains("contact"))
    }

    @Test func `VA-1 CM-1: a candidate that breaks the schema is refused by test-then-set, validate and commit`() throws {
        var lab = MemoryLab()
        let session = try lab.session()
        let wrong = "<bgp><as>1</as><neighbor><address>10.0.0.1</address></neighbor></bgp>"
        #expect(try lab.edit(wrong, on: session, test: .testThenSet) == ["missing-element"])
        #expect(try lab.read(.candidate, "<bgp/>", on: session) == "")
        #expect(try lab.edit(wrong, on: session) == [])
        #expect(try lab.tags(.validate(.datastore(.candidate)), on: session) == ["missing-element"])
        #expect(try lab.tags(.commit(CommitOptions()), on: session) == ["missing-element"])
        #expect(try lab.tags(.discardChanges, on: session) == [])
        #expect(try lab.tags(.validate(.datastore(.candidate)), on: session) == [])
        let must =
            "<bgp><as>1</as><neighbor><address>10.0.0.1</address><remote-as>1</remote-as><keepalive>80</keepalive></neighbor></bgp>"
        _ = try lab.edit(must, on: session)
        let reply = try #require(try lab.ask(.commit(CommitOptions()), on: session))
        #expect(reply.errors.map(\.tag) == [.operationFailed])
        #expect(reply.errors.first?.appTag == "keepalive-too-long")
        #expect(reply.errors.first?.message == "keepalive must be at most a third of hold-time")
    }

    @Test func `E-18: test-only changes nothing and running is not to be edited`() throws {
        var lab = MemoryLab()
        let session = try lab.session()
        #expect(try lab.edit(Self.contact("x"), on: session, test: .testOnly) == [])
        #expect(try !lab.read(.candidate, on: session).contains("contact"))
        guard case .editConfig(var edit) = try MemoryLab.edit(Self.contact("x")) else { return }
        edit.target = .running
        #expect(try lab.tags(.editConfig(edit), on: session) == ["operation-not-supported"])
    }

    @Test func `a session with a neighbour configured on both ends comes up, and is told as state`() throws {
        var lab = MemoryLab()
        let session = try lab.session()
        _ = try lab.edit(Self.neighbor, on: session)
        _ = try lab.tags(.commit(CommitOptions()), on: session)
        lab.wait(.seconds(60))
        let filter = "<bgp><neighbor><state/></neighbor></bgp>"
        func state(_ word: String) -> String {
            "<bgp><neighbor><address>10.0.0.1</address><state>\(word)</state></neighbor></bgp>"
        }
        #expect(try lab.get(filter, on: session) == state("active"))
        try lab.type("conf t", "router bgp 64500", "neighbor 10.0.0.2 remote-as 64500", "end")
        #expect(try lab.get(filter, on: session) == state("connect"))
        lab.wait(.seconds(3))
        #expect(try lab.get(filter, on: session) == state("established"))
        #expect(try lab.type("show bgp summary json").contains("\"state\":\"Established\""))
        // The far end goes away again.
        _ = try lab.edit("<bgp nc:operation=\"delete\"/>", on: session)
        _ = try lab.tags(.commit(CommitOptions()), on: session)
        #expect(try lab.type("show bgp summary json").contains("\"state\":\"Active\""))
    }

    @Test func `routes cross from the NETCONF router to the CLI router`() throws {
        var lab = MemoryLab()
        let session = try lab.session()
        _ = try lab.edit(Self.neighbor + "<bgp><network><prefix>192.0.2.0/24</prefix></network></bgp>", on: session)
        _ = try lab.tags(.commit(CommitOptions()), on: session)
        try lab.type("conf t", "router bgp 64500", "neighbor 10.0.0.2 remote-as 64500", "end")
        lab.wait(.seconds(3))
        #expect(try lab.type("show ip bgp").contains("192.0.2.0/24"))
    }

    @Test func `an interface is down when the far end is shut`() throws {
        var lab = MemoryLab()
        let session = try lab.session()
        let filter = "<interfaces><interface><name>eth1</name><oper-status/></interface></interfaces>"
        #expect(try lab.get(filter, on: session).contains("<oper-status>up</oper-status>"))
        try lab.type("conf t", "interface eth1", "shutdown", "end")
        #expect(try lab.get(filter, on: session).contains("<oper-status>down</oper-status>"))
    }

    @Test func `CP-1 CA-7: what is copied to startup survives a reboot`() throws {
        var lab = MemoryLab()
        var session = try lab.session()
        for (contact, saves) in [("kept", true), ("lost", false)] {
            _ = try lab.edit(Self.contact(contact), on: session)
            _ = try lab.tags(.commit(CommitOptions()), on: session)
            if saves {
                #expect(try lab.tags(.copyConfig(target: .startup, source: .datastore(.running)), on: session) == [])
            }
        }
        lab.network.reboot("core", at: lab.now)
        lab.wait(.seconds(20))
        #expect(lab.ended.contains(session))
        session = try lab.session()
        #expect(
            try lab.read(.running, "<system><contact/></system>", on: session)
                == "<system><contact>kept</contact></system>")
    }

    @Test func `WD-4: a filter sees the defaults that are reported, and no others`() throws {
        var lab = MemoryLab()
        let session = try lab.session()
        let wanted = try XMLElement.fragments(
            parsing: "<interfaces><interface><mtu>1500</mtu></interface></interfaces>", namespaces: ["": MemoryLab.namespace])
        for (mode, isFound) in [(WithDefaultsMode.reportAll, true), (.explicit, false), (.trim, false)] {
            let reply = try lab.ask(.getConfig(.running, filter: .subtree(wanted), withDefaults: mode), on: session)
            #expect((reply?.data?.first("interfaces") != nil) == isFound, "\(mode)")
        }
    }

    @Test func `WD-3: defaults are reported as asked`() throws {
        var lab = MemoryLab()
        let session = try lab.session()
        _ = try lab.edit("<interfaces><interface><name>eth1</name><mtu>1500</mtu></interface></interfaces>", on: session)
        _ = try lab.tags(.commit(CommitOptions()), on: session)
        func interface(_ mode: WithDefaultsMode?) throws -> String {
            let reply = try lab.ask(.getConfig(.running, withDefaults: mode), on: session)
            let element = try #require(reply?.data?.first("interfaces")?.first("interface")?.element)
            return String(decoding: element.serialized(), as: UTF8.self)
        }
        #expect(try interface(nil).contains("<mtu>1500</mtu>"))
        #expect(try !interface(nil).contains("enabled"))
        #expect(try !interface(.trim).contains("mtu"))
        #expect(try interface(.reportAll).contains("<enabled>true</enabled>"))
        #expect(try lab.tags(.getConfig(.running, withDefaults: .reportAllTagged), on: session) == ["invalid-value"])
    }

    @Test func `E-15: an entry goes where its user wants it`() throws {
        var lab = MemoryLab()
        let session = try lab.session()
        _ = try lab.edit("<system><dns><server>10.0.0.1</server><server>10.0.0.2</server></dns></system>", on: session)
        let first = "<system><dns><server yang:insert=\"before\" yang:value=\"10.0.0.2\">10.0.0.3</server></dns></system>"
        #expect(try lab.edit(first, on: session) == [])
        #expect(
            try lab.read(.candidate, "<system><dns/></system>", on: session)
                == "<system><dns><server>10.0.0.1</server><server>10.0.0.3</server><server>10.0.0.2</server></dns></system>")
        #expect(try lab.edit(first.replacing("10.0.0.2", with: "10.9.9.9").replacing("0.0.3", with: "0.0.4"), on: session) == ["bad-attribute"])
    }

    @Test func `CA-9: a filter by XPath is refused where it is not offered`() throws {
        var lab = MemoryLab(profile: .runningStartup)
        let session = try lab.session()
        #expect(
            try lab.tags(.get(filter: .xpath("/lr:bgp", namespaces: ["lr": MemoryLab.namespace])), on: session)
                == ["operation-not-supported"])
        #expect(try lab.tags(.other(XMLElement("reload", in: "urn:vendor")), on: session) == ["operation-not-supported"])
    }

    @Test func `MO-1 MO-2: monitoring tells sessions and locks, and the schema can be fetched`() throws {
        var lab = MemoryLab()
        let session = try lab.session()
        _ = try lab.tags(.lock(.candidate), on: session)
        let state = "<netconf-state xmlns=\"\(NETCONFNamespace.monitoring)\"><datastores/></netconf-state>"
        #expect(
            try lab.get(state, on: session).contains(
                "<name>candidate</name><locks><global-lock><locked-by-session>1</locked-by-session>"))
        let schema = try lab.ask(.getSchema(identifier: "lab-router", version: nil, format: nil), on: session)
        #expect(schema?.data?.text.contains("module lab-router {") == true)
        #expect(
            try lab.tags(.getSchema(identifier: "other", version: nil, format: nil), on: session) == ["invalid-value"])
    }

    @Test func `a startup file that is not valid is told with its line`() {
        func complaints(_ text: String) -> [LabDeviceSpec.StartupComplaint] {
            LabDeviceSpec(name: "c", personality: .labRouter, ports: [], startup: text).startupComplaints()
        }
        #expect(complaints(MemoryLab.startup) == [])
        let broken = complaints("<config>\n<system>\n</config>")
        #expect(broken.map(\.isFatal) == [true])
        #expect(broken.first?.line == 3)
        #expect(complaints("<bgp xmlns=\"urn:asbuilt:lab-router\"><router-id>1.1.1.1</router-id></bgp>").count == 1)
        #expect(complaints("<other xmlns=\"urn:no\"/>").first?.text.contains("urn:no") == true)
    }
}

@Suite struct LabRouterLockTests {
    @Test func `LK-2 LK-3 LK-5: a lock held by another session is denied with its number`() throws {
        var lab = MemoryLab()
        let (a, b) = (try lab.session(), try lab.session())
        #expect(try lab.tags(.lock(.candidate), on: a) == [])
        let reply = try #require(try lab.ask(.lock(.candidate), on: b))
        #expect(reply.errors.map(\.tag) == [.lockDenied])
        #expect(reply.errors.first?.lockHolder == 1)
        #expect(try lab.tags(.lock(.candidate), on: a) == ["lock-denied"])
        #expect(try lab.edit(LabRouterTests.contact("x"), on: b) == ["in-use"])
        #expect(try lab.tags(.commit(CommitOptions()), on: b) == ["in-use"])
        #expect(try lab.tags(.discardChanges, on: b) == ["in-use"])
        #expect(try lab.tags(.unlock(.candidate), on: b) == ["lock-denied"])
        #expect(try lab.tags(.unlock(.candidate), on: a) == [])
        #expect(try lab.tags(.unlock(.candidate), on: a) == ["operation-failed"])
        #expect(try lab.tags(.lock(.candidate), on: b) == [])
    }

    @Test func `LK-1 LK-4: a candidate with changes is not locked, and releasing a lock discards`() throws {
        var lab = MemoryLab()
        let (a, b) = (try lab.session(), try lab.session())
        _ = try lab.edit(LabRouterTests.contact("x"), on: a)
        let reply = try lab.ask(.lock(.candidate), on: b)
        #expect(reply?.errors.first?.lockHolder == 0)
        _ = try lab.tags(.discardChanges, on: a)
        _ = try lab.tags(.lock(.candidate), on: b)
        _ = try lab.edit(LabRouterTests.contact("y"), on: b)
        lab.hangUp(b)
        #expect(try !lab.read(.candidate, on: a).contains("contact"))
        #expect(try lab.tags(.lock(.candidate), on: a) == [])
    }

    @Test func `KS-1 T-6: kill-session ends the other session and frees its locks`() throws {
        var lab = MemoryLab()
        let (a, b) = (try lab.session(), try lab.session())
        _ = try lab.tags(.lock(.running), on: a)
        #expect(try lab.tags(.killSession(2), on: b) == ["invalid-value"])
        #expect(try lab.tags(.killSession(9), on: b) == ["invalid-value"])
        #expect(try lab.tags(.killSession(1), on: b) == [])
        #expect(lab.ended.contains(a))
        #expect(try lab.tags(.lock(.running), on: b) == [])
    }

    @Test func `T-4: a user whose name XML cannot hold gets no session`() throws {
        var lab = MemoryLab()
        let session = try lab.session(as: "net\u{1}ops")
        #expect(lab.ended.contains(session) && lab.hello(session) == nil)
        let other = try lab.session(as: "Łukasz & <co>")
        #expect(lab.hello(other) != nil)
    }

    @Test func `CS-1 T-5: close-session is answered and ends the channel`() throws {
        var lab = MemoryLab()
        let session = try lab.session()
        #expect(try lab.tags(.closeSession, on: session) == [])
        #expect(lab.ended.contains(session))
    }
}

@Suite struct LabRouterConfirmedCommitTests {
    /// A candidate with a contact, not committed.
    func staged(_ contact: String = "new") throws -> (MemoryLab, LabChannelID) {
        var lab = MemoryLab()
        let session = try lab.session()
        _ = try lab.edit(LabRouterTests.contact(contact), on: session)
        return (lab, session)
    }

    func contact(_ lab: inout MemoryLab, _ session: LabChannelID) throws -> String {
        try lab.read(.running, "<system><contact/></system>", on: session)
    }

    static func confirmed(_ seconds: UInt32?, persist: String? = nil, persistID: String? = nil) -> NETCONFOperation {
        .commit(CommitOptions(confirmed: true, confirmTimeoutSeconds: seconds, persist: persist, persistID: persistID))
    }

    @Test func `CC-5: reverts when the timer runs out, not a second before`() throws {
        var (lab, session) = try staged()
        #expect(try lab.tags(Self.confirmed(30), on: session) == [])
        #expect(lab.network.nextWake == lab.now + .seconds(30))
        lab.wait(.seconds(29))
        #expect(try contact(&lab, session).contains("new"))
        lab.wait(.seconds(1))
        #expect(try contact(&lab, session) == "")
        #expect(try lab.tags(.commit(CommitOptions(persistID: "x")), on: session) == ["invalid-value"])
    }

    @Test func `CC-1: waits ten minutes when no timeout is given`() throws {
        var (lab, session) = try staged()
        _ = try lab.tags(Self.confirmed(nil), on: session)
        lab.wait(.seconds(599))
        #expect(try contact(&lab, session).contains("new"))
        lab.wait(.seconds(1))
        #expect(try contact(&lab, session) == "")
    }

    @Test func `CC-4: a timeout of a commit that is not to be confirmed means nothing`() throws {
        var (lab, session) = try staged()
        #expect(try lab.tags(.commit(CommitOptions(confirmTimeoutSeconds: 5)), on: session) == [])
        lab.wait(.seconds(60))
        #expect(try contact(&lab, session).contains("new"))
    }

    @Test func `CC-3: a plain commit keeps it`() throws {
        var (lab, session) = try staged()
        _ = try lab.tags(Self.confirmed(30), on: session)
        #expect(try lab.tags(.commit(CommitOptions()), on: session) == [])
        lab.wait(.seconds(3600))
        #expect(try contact(&lab, session).contains("new"))
    }

    @Test func `CC-2: a second confirmed commit restarts the timer and keeps the way back`() throws {
        var (lab, session) = try staged("one")
        _ = try lab.tags(Self.confirmed(30), on: session)
        lab.wait(.seconds(20))
        _ = try lab.edit(LabRouterTests.contact("two"), on: session)
        #expect(try lab.tags(Self.confirmed(30), on: session) == [])
        lab.wait(.seconds(29))
        #expect(try contact(&lab, session).contains("two"))
        lab.wait(.seconds(1))
        #expect(try contact(&lab, session) == "")
    }

    @Test func `CC-6 T-6: the end of the session takes back one without persist at once`() throws {
        for ends in ["close", "hang up", "kill"] {
            var (lab, session) = try staged()
            let other = try lab.session()
            _ = try lab.tags(Self.confirmed(30), on: session)
            switch ends {
            case "close": _ = try lab.tags(.closeSession, on: session)
            case "kill": _ = try lab.tags(.killSession(1), on: other)
            default: lab.hangUp(session)
            }
            #expect(try contact(&lab, other) == "", "\(ends)")
        }
    }

    @Test func `CC-16: the end of another session takes nothing back`() throws {
        var (lab, session) = try staged()
        let other = try lab.session()
        _ = try lab.tags(Self.confirmed(30), on: session)
        lab.hangUp(other)
        #expect(try contact(&lab, session).contains("new"))
    }

    @Test func `CC-7 CC-9: a persistent one survives its session and needs its token`() throws {
        var (lab, session) = try staged()
        _ = try lab.tags(.lock(.candidate), on: session)
        #expect(try lab.tags(Self.confirmed(30, persist: "tok"), on: session) == [])
        lab.hangUp(session)
        let other = try lab.session()
        #expect(try contact(&lab, other).contains("new"))
        #expect(try lab.tags(.commit(CommitOptions()), on: other) == ["invalid-value"])
        #expect(try lab.tags(.commit(CommitOptions(persistID: "wrong")), on: other) == ["invalid-value"])
        #expect(try lab.tags(.cancelCommit(persistID: nil), on: other) == ["invalid-value"])
        #expect(try lab.tags(Self.confirmed(60, persistID: "tok"), on: other) == [])
        lab.wait(.seconds(59))
        #expect(try lab.tags(.commit(CommitOptions(persistID: "tok")), on: other) == [])
        lab.wait(.seconds(3600))
        #expect(try contact(&lab, other).contains("new"))
    }

    @Test func `CC-11: cancel-commit takes it back now`() throws {
        var (lab, session) = try staged()
        _ = try lab.tags(Self.confirmed(30, persist: "tok"), on: session)
        let other = try lab.session()
        #expect(try lab.tags(.cancelCommit(persistID: "tok"), on: other) == [])
        #expect(try contact(&lab, other) == "")
        #expect(try lab.tags(.cancelCommit(persistID: "tok"), on: other) == ["invalid-value"])
    }

    @Test func `CC-8 CC-14: another session can neither confirm nor cancel one that is not persistent, nor lock running`() throws {
        var (lab, session) = try staged()
        let other = try lab.session()
        _ = try lab.tags(Self.confirmed(30), on: session)
        #expect(try lab.tags(.commit(CommitOptions()), on: other) == ["in-use"])
        #expect(try lab.tags(.cancelCommit(persistID: nil), on: other) == ["in-use"])
        #expect(try lab.tags(.lock(.running), on: other) == ["lock-denied"])
    }

    @Test func `CC-12: a reboot inside the window boots what was saved before`() throws {
        var (lab, session) = try staged()
        lab.network.add(try LabFault("reboot line=\"commit confirmed\""), to: "core")
        _ = try lab.tags(Self.confirmed(300, persist: "tok"), on: session)
        #expect(!lab.network.isReachable("core"))
        lab.wait(.seconds(20))
        let other = try lab.session()
        #expect(try contact(&lab, other) == "")
    }

    @Test func `a session that BGP needs goes down with the revert`() throws {
        var lab = MemoryLab()
        let session = try lab.session()
        try lab.type("conf t", "router bgp 64500", "neighbor 10.0.0.2 remote-as 64500", "end")
        _ = try lab.edit(LabRouterTests.neighbor, on: session)
        _ = try lab.tags(Self.confirmed(30), on: session)
        lab.wait(.seconds(3))
        #expect(try lab.type("show bgp summary json").contains("\"state\":\"Established\""))
        lab.wait(.seconds(27))
        #expect(try lab.type("show bgp summary json").contains("\"state\":\"Active\""))
    }
}

@Suite struct LabRouterFaultTests {
    @Test(arguments: [
        ("refuse-line line=\"edit-config *\" text=no", ["operation-failed"]),
        ("hang line=\"edit-config *\"", ["no answer"]),
        ("drop line=\"edit-config *\"", ["no answer"]), ("lie line=\"edit-config *\"", []),
        ("lock-held", ["lock-denied"]),
    ])
    func `an operation goes wrong as its fault says`(fault: String, tags: [String]) throws {
        var lab = MemoryLab()
        let session = try lab.session()
        lab.network.add(try LabFault(fault), to: "core")
        if fault == "lock-held" {
            #expect(try lab.tags(.lock(.candidate), on: session) == tags)
            return
        }
        #expect(try lab.edit(LabRouterTests.contact("x"), on: session) == tags)
        #expect(lab.ended.contains(session) == fault.hasPrefix("drop"))
        let other = try lab.session()
        #expect(try !lab.read(.candidate, on: other).contains("contact"))
    }

    @Test func `a commit whose answer is lost took effect`() throws {
        var lab = MemoryLab()
        let session = try lab.session()
        _ = try lab.edit(LabRouterTests.contact("x"), on: session)
        lab.network.add(try LabFault("drop line=commit effect=after"), to: "core")
        #expect(try lab.tags(.commit(CommitOptions()), on: session) == ["no answer"])
        let other = try lab.session()
        #expect(try lab.read(.running, on: other).contains("<contact>x</contact>"))
    }

    @Test(arguments: LabFault.forms.map { $0.split(separator: " [").first.map(String.init) ?? "" })
    func `a fault is written as it is read`(form: String) throws {
        let text = form.replacing("PATTERN", with: "\"a * b\"").replacing("bytes=N", with: "bytes=7")
        let fault = try LabFault(text)
        #expect(try LabFault(fault.description) == fault)
    }
}

@Suite struct SubtreeFilterTests {
    static let data = """
        <users><user><name>fred</name><type>admin</type></user><user><name>root</name><type>super</type></user></users><other>1</other>
        """

    /// Checklist §8.
    @Test(arguments: [
        ("", ""), ("<users/>", "<users>*</users>"), ("<nothing/>", ""),
        ("<users><user/></users>", "<users>*</users>"),
        (
            "<users><user><name/></user></users>",
            "<users><user><name>fred</name></user><user><name>root</name></user></users>"
        ),
        (
            "<users><user><name>fred</name></user></users>",
            "<users><user><name>fred</name><type>admin</type></user></users>"
        ),
        (
            "<users><user><name> fred </name><type/></user></users>",
            "<users><user><name>fred</name><type>admin</type></user></users>"
        ),
        (
            "<users><user><type>super</type><name/></user></users>",
            "<users><user><name>root</name><type>super</type></user></users>"
        ),
        ("<users><user><name>nobody</name></user></users>", ""),
        ("<users><user><name>fred</name></user><user><name>root</name></user></users>", "<users>*</users>"),
        ("<users><user><name>fred</name><type>super</type></user></users>", ""), ("<other/>", "<other>1</other>"),
        ("<users><user><name/></user><user><type/></user></users>", "<users>*</users>"),
        ("<users xmlns=\"urn:other\"/>", ""),
    ])
    func `selects what RFC 6241 section 6 says`(filter: String, expected: String) throws {
        let all = try XMLElement.fragments(parsing: Self.data)
        let selected = SubtreeFilter(try XMLElement.fragments(parsing: filter)).select(all)
        let text = selected.map { String(decoding: $0.serialized(), as: UTF8.self) }.joined()
        let whole = all.first?.elements.map { String(decoding: $0.serialized(), as: UTF8.self) }.joined() ?? ""
        #expect(text == expected.replacing("*", with: whole))
    }
}
