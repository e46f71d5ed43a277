import CLibYANG
import NETCONFProtocol
import Testing
import XMLDocuments

@testable import YANGData

/// The YANG modules of the RFCs, read by libyang, judge what we send: names, order, namespaces and values.
@Suite struct `Requests by the modules of the RFCs` {
    private static let context = Result {
        try YANGContext(
            searchDirectories: ["/usr/share/yuma/modules", "/usr/share/yang/modules/libyang"],
            modules: [
                "ietf-netconf", "ietf-netconf-with-defaults", "ietf-netconf-monitoring", "ietf-netconf-partial-lock",
                "ietf-netconf-nmda", "notifications", "ietf-interfaces", "ietf-datastores",
                "ietf-origin",
            ].map { YANGContext.Module($0) }, netconfStub: false)
    }

    /// Nil when libyang takes the request; else what it says.
    private func complaint(_ operation: XMLElement) throws -> String? {
        let context = try Self.context.get()
        let rpc = XMLElement(
            XMLName("rpc", in: NETCONFNamespace.base),
            attributes: [XMLAttribute(XMLName("message-id"), value: "1")], children: [.element(operation)])
        return String(decoding: rpc.serialized(), as: UTF8.self).withCString { text in
            var input: OpaquePointer?
            guard ly_in_new_memory(text, &input) == LY_SUCCESS else { return "no memory" }
            var envelope: UnsafeMutablePointer<lyd_node>?
            var parsed: UnsafeMutablePointer<lyd_node>?
            var status = nx_parse_rpc(context.raw, input, &envelope, &parsed)
            // Parsing looks at names and values; this at what is missing.
            if status == LY_SUCCESS { status = lyd_validate_op(parsed, nil, LYD_TYPE_RPC_YANG, nil) }
            ly_in_free(input, 0)
            lyd_free_all(parsed)
            lyd_free_all(envelope)
            let issues = context.takeIssues().filter { !$0.isWarning }
            return status == LY_SUCCESS ? nil : issues.map(\.description).joined(separator: "; ")
        }
    }

    private static let content: [XMLElement] = {
        let namespace = "urn:ietf:params:xml:ns:yang:ietf-interfaces"
        let entry = XMLElement(
            "interface", in: namespace,
            [XMLElement("name", in: namespace, text: "eth0"), XMLElement("enabled", in: namespace, text: "true")])
        return [XMLElement("interfaces", in: namespace, [entry])]
    }()

    private static let origins: GetData = {
        var wanted = GetData(
            datastore: "operational", filter: .subtree(content), configFilter: true, maximumDepth: 9, withOrigin: true,
            withDefaults: .reportAll)
        wanted.origins = ["learned", "system"]
        return wanted
    }()

    static let operations: [NETCONFOperation] = [
        .getConfig(.running, filter: .subtree(content), withDefaults: .explicit), .getConfig(.startup), .get(),
        .get(filter: .xpath("/if:interfaces", namespaces: ["if": "urn:ietf:params:xml:ns:yang:ietf-interfaces"])),
        .editConfig(
            .init(
                target: .candidate, defaultOperation: EditConfig.DefaultOperation.none, testOption: .testOnly,
                errorOption: .continueOnError, content: .config(content))),
        .editConfig(.init(target: .running, defaultOperation: .replace, testOption: .set, content: .url("file:///a"))),
        .copyConfig(target: .startup, source: .datastore(.running), withDefaults: .trim),
        .copyConfig(target: .url("file:///a"), source: .content(content)), .deleteConfig(.startup),
        .deleteConfig(.url("file:///a")), .lock(.running), .unlock(.candidate), .lock(.identity("running")),
        .validate(.identitySource), .validate(.datastore(.candidate)), .validate(.content(content)), .closeSession,
        .killSession(4), .commit(.init()), .commit(.init(confirmed: true, confirmTimeoutSeconds: 5, persist: "t")),
        .commit(.init(persistID: "t")), .cancelCommit(persistID: nil), .cancelCommit(persistID: "t"), .discardChanges,
        .createSubscription(stream: nil, filter: nil, startTime: nil, stopTime: nil),
        .createSubscription(
            stream: "NETCONF", filter: .subtree(content), startTime: "2026-01-01T00:00:00Z",
            stopTime: "2026-01-02T00:00:00+01:00"),
        .getSchema(identifier: "m", version: "2026-01-01", format: nil),
        .getSchema(identifier: "m", version: nil, format: nil),
        .partialLock(select: ["/if:interfaces"], namespaces: ["if": "urn:ietf:params:xml:ns:yang:ietf-interfaces"]),
        .partialUnlock(lockID: 3), .getData(.init(datastore: "running")), .getData(origins),
        .getData(
            .init(
                datastore: "intended",
                filter: .xpath("/if:interfaces", namespaces: ["if": "urn:ietf:params:xml:ns:yang:ietf-interfaces"]))),
        .editData(datastore: "candidate", defaultOperation: .merge, content: .config(content)),
        .editData(datastore: "running", defaultOperation: nil, content: .url("file:///a")),
    ]

    @Test(arguments: operations.indices)
    func `GC-1 GC-2 G-1 CP-1 DC-1 LK-4 KS-1 CM-1 VA-1 N-1 MO-2 WD-2 NM-3 NM-5 NM-6 CA-10: each is taken as it is`(
        index: Int
    ) throws {
        let operation = Self.operations[index]
        #expect(try complaint(operation.element) == nil, "\(operation.element.text(indent: 1))")
        #expect(try NETCONFOperation(parsing: XMLElement(parsing: operation.element.serialized())) == operation)
    }

    @Test func `the judge refuses what is wrong`() throws {
        let base = NETCONFNamespace.base
        for text in [
            "<get-config xmlns='\(base)'/>", "<kill-session xmlns='\(base)'><session-id>0</session-id></kill-session>",
            "<commit xmlns='\(base)'><confirm-timeout>x</confirm-timeout></commit>", "<no-such xmlns='\(base)'/>",
        ] { #expect(try complaint(XMLElement(parsing: text)) != nil, "\(text)") }
    }
}

extension ConfigurationSource {
    fileprivate static let identitySource = ConfigurationSource.datastore(.identity("candidate"))
}
