import NETCONFProtocol
import Testing
import XMLDocuments

@testable import LabDevices

@Suite struct `Notifications of a lab router` {
    private func subscribe(
        stream: String? = nil, filter: NETCONFFilter? = nil, from start: String? = nil, to stop: String? = nil
    ) -> NETCONFOperation { .createSubscription(stream: stream, filter: filter, startTime: start, stopTime: stop) }

    private func commit(_ lab: inout MemoryLab, _ contact: String, on session: LabChannelID) throws {
        #expect(try lab.edit(LabRouterTests.contact(contact), on: session) == [])
        #expect(try lab.tags(.commit(CommitOptions()), on: session) == [])
    }

    private func names(_ lab: MemoryLab, _ session: LabChannelID) -> [String] {
        lab.notifications[session]?.map(\.event.local) ?? []
    }

    @Test func `N-1 N-4 N-5 N-10: a subscriber hears of other sessions' commits, who made them and where`() throws {
        var lab = MemoryLab()
        let (listener, worker) = (try lab.session(), try lab.session())
        #expect(try lab.tags(subscribe(stream: "NETCONF"), on: listener) == [])
        #expect(names(lab, listener) == [])
        lab.wait(.seconds(5))
        try commit(&lab, "new", on: worker)
        let heard = try #require(lab.notifications[listener]?.first)
        #expect(heard.event.local == "netconf-config-change" && heard.eventTime == "2026-01-01T00:00:05Z")
        #expect(heard.event.first("changed-by")?.first("session-id")?.text == "2")
        #expect(heard.event.first("datastore")?.text == "running")
        #expect(heard.event.first("edit")?.first("target")?.text == "/lr:system")
        // The session goes on as any other: the router has :interleave (N-5).
        #expect(try lab.read(.running, "<system><contact/></system>", on: listener).contains("new"))
        #expect(names(lab, worker) == [])
    }

    @Test func `N-10: confirmed commits tell how they begin and end`() throws {
        var lab = MemoryLab()
        let (listener, worker) = (try lab.session(), try lab.session())
        _ = try lab.tags(subscribe(), on: listener)
        for token in [nil, "t"] as [String?] {
            _ = try lab.edit(LabRouterTests.contact(token ?? "x"), on: worker)
            let confirmed = CommitOptions(confirmed: true, confirmTimeoutSeconds: 30, persist: token)
            #expect(try lab.tags(.commit(confirmed), on: worker) == [])
            if token == nil {
                lab.wait(.seconds(30))
            } else {
                _ = try lab.tags(.cancelCommit(persistID: "t"), on: worker)
            }
        }
        let told = lab.notifications[listener]?.filter { $0.event.local == "netconf-confirmed-commit" }.map {
            [
                $0.event.first("confirm-event")?.text, $0.event.first("timeout")?.text,
                $0.event.first("session-id")?.text,
            ]
        }
        #expect(told == [["start", "30", "2"], ["timeout", nil, nil], ["start", "30", "2"], ["cancel", nil, "2"]])
        let last = try #require(lab.notifications[listener]?.last { $0.event.local == "netconf-config-change" })
        #expect(last.event.first("changed-by")?.first("session-id")?.text == "2")
    }

    @Test func `N-10: sessions are told as they come and go, with the reason`() throws {
        var lab = MemoryLab()
        let listener = try lab.session()
        _ = try lab.tags(subscribe(), on: listener)
        let (one, two, three) = (try lab.session(), try lab.session(), try lab.session())
        _ = try lab.tags(.closeSession, on: one)
        _ = try lab.tags(.killSession(4), on: two)
        lab.hangUp(three)
        lab.hangUp(two)
        lab.wait(.zero)
        let ends = lab.notifications[listener]?.filter { $0.event.local == "netconf-session-end" }.map {
            [
                $0.event.first("session-id")?.text, $0.event.first("termination-reason")?.text,
                $0.event.first("killed-by")?.text,
            ]
        }
        #expect(
            ends?.contains(["2", "closed", nil]) == true && ends?.contains(["4", "killed", "3"]) == true,
            "\(ends ?? [])")
        #expect(ends?.contains(["3", "dropped", nil]) == true)
        #expect(names(lab, listener).count { $0 == "netconf-session-start" } == 3)
    }

    @Test func `N-2 N-3: what a subscription may not be is refused with its error`() throws {
        var lab = MemoryLab()
        lab.wait(.seconds(100))
        let session = try lab.session()
        let (past, now, future) = ("2026-01-01T00:00:10Z", "2026-01-01T00:01:30Z", "2026-01-01T01:00:00Z")
        for (operation, tag) in [
            (subscribe(stream: "SNMP"), "invalid-value"), (subscribe(to: now), "missing-element"),
            (subscribe(from: future), "bad-element"), (subscribe(from: now, to: past), "bad-element"),
            (subscribe(from: "yesterday"), "bad-element"), (subscribe(from: "2026-13-01T00:00:10Z"), "bad-element"),
            (subscribe(filter: .xpath("/x", namespaces: [:])), "bad-attribute"),
        ] { #expect(try lab.tags(operation, on: session) == [tag], "\(operation)") }
        #expect(try lab.tags(subscribe(), on: session) == [])
        #expect(try lab.tags(subscribe(), on: session) == ["operation-failed"])
    }

    @Test func `N-6: what was said before comes again, then the mark, then what follows`() throws {
        var lab = MemoryLab()
        let worker = try lab.session()
        lab.wait(.seconds(10))
        try commit(&lab, "one", on: worker)
        lab.wait(.seconds(10))
        try commit(&lab, "two", on: worker)
        let listener = try lab.session()
        #expect(
            try lab.tags(subscribe(from: "2026-01-01T01:00:20.5+01:00", to: "2026-01-01T00:00:25Z"), on: listener) == []
        )
        #expect(names(lab, listener) == ["netconf-config-change", "netconf-session-start", "replayComplete"])
        try commit(&lab, "three", on: worker)
        lab.wait(.seconds(5))
        #expect(names(lab, listener).suffix(2) == ["netconf-config-change", "notificationComplete"])
        lab.wait(.seconds(1))
        try commit(&lab, "four", on: worker)
        #expect(names(lab, listener).last == "notificationComplete")
        #expect(lab.notifications[listener]?.last?.kind == .subscriptionComplete)
        // The session is a normal one again.
        #expect(try lab.tags(subscribe(), on: listener) == [])
    }

    @Test func `N-7 N-8: a filter chooses among events, and the stream is listed`() throws {
        var lab = MemoryLab()
        let (listener, worker) = (try lab.session(), try lab.session())
        let wanted = XMLElement("netconf-session-end", in: NETCONFNamespace.baseNotifications)
        #expect(try lab.tags(subscribe(filter: .subtree([wanted])), on: listener) == [])
        try commit(&lab, "one", on: worker)
        _ = try lab.tags(.closeSession, on: worker)
        #expect(names(lab, listener) == ["netconf-session-end"])
        let streams = try lab.get("<netconf xmlns=\"\(NETCONFNamespace.streams)\"/>", on: listener)
        #expect(streams.contains("<name>NETCONF</name>") && streams.contains("<replaySupport>true</replaySupport>"))
    }

    @Test func `times are read with zones and fractions`() {
        #expect(LabRouter.seconds("1970-01-01T00:00:00Z") == 0)
        #expect(LabRouter.seconds("2026-11-28T01:02:03.999Z") == 1_795_827_723)
        #expect(LabRouter.seconds("2000-03-01T00:00:00+00:30") == 951_868_800 - 1_800)
        #expect(LabRouter.seconds("2024-02-29T23:59:60-01:00") == 1_709_254_800)
        for bad in [
            "", "2026-11-28", "2026-11-28T01:02:03", "2026-11-28T25:00:00Z", "2026-11-28T01:02:03Zx",
            "２０２６-11-28T01:02:03Z",
        ] {
            #expect(LabRouter.seconds(bad) == nil, "\(bad)")
        }
    }
}

@Suite struct `XPath filters of a lab router` {
    private static let startup = """
        <system xmlns="urn:asbuilt:lab-router"><hostname>core</hostname></system>
        <interfaces xmlns="urn:asbuilt:lab-router">
          <interface><name>eth1</name><mtu>9000</mtu></interface>
          <interface><name>eth2</name><description>x</description></interface>
        </interfaces>
        """

    private func select(_ text: String) throws -> String {
        var lab = MemoryLab(startup: Self.startup)
        let session = try lab.session()
        let reply = try lab.ask(
            .getConfig(.running, filter: .xpath(text, namespaces: ["l": MemoryLab.namespace])), on: session)
        if let error = reply?.errors.first { return error.tag.rawValue }
        return (reply?.data?.elements.map(\.element) ?? []).map { String(decoding: $0.serialized(), as: UTF8.self) }
            .joined()
            .replacing(" xmlns=\"urn:asbuilt:lab-router\"", with: "")
    }

    @Test(arguments: [
        ("/l:system", "<system><hostname>core</hostname></system>"),
        (
            "/l:interfaces/l:interface[l:name='eth2']/l:description",
            "<interfaces><interface><name>eth2</name><description>x</description></interface></interfaces>"
        ),
        ("//l:mtu", "<interfaces><interface><name>eth1</name><mtu>9000</mtu></interface></interfaces>"),
        ("/l:none", ""), ("count(//l:mtu)", "invalid-value"), ("/x:system", "invalid-value"),
        ("/l:system[", "invalid-value"),
    ])
    func `CA-9: give what is selected, what encloses it and its keys`(_ filter: String, _ expected: String) throws {
        #expect(try select(filter) == expected)
    }
}
