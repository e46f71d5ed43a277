import Testing
import XMLDocuments

@testable import NETCONFProtocol

@Suite struct `Operations as they are sent` {
    private let base = NETCONFNamespace.base

    /// The text of an operation with the namespace of the RFC as default.
    private func text(_ operation: NETCONFOperation) -> String { operation.element.text(indent: 0) }

    @Test func `GC-1 GC-2 G-1 CA-9: source comes before filter, and the filter's attributes have no namespace`() throws
    {
        #expect(
            text(.getConfig(.candidate, filter: .subtree([XMLElement("top", in: "urn:t")])))
                == "<get-config xmlns=\"\(base)\"><source><candidate/></source><filter type=\"subtree\"><top xmlns=\"urn:t\"/></filter></get-config>"
        )
        #expect(
            text(.get(filter: .xpath("/t:top", namespaces: ["t": "urn:t"])))
                == "<get xmlns=\"\(base)\"><filter xmlns:t=\"urn:t\" type=\"xpath\" select=\"/t:top\"/></get>")
        for (filter, tag) in [
            ("<filter type='xpath'/>", RPCError.Tag.missingAttribute), ("<filter type='regex'/>", .badAttribute),
        ] {
            #expect {
                try NETCONFOperation(parsing: XMLElement(parsing: "<get xmlns='\(base)'>\(filter)</get>"))
            } throws: { ($0 as? RPCError)?.tag == tag }
        }
        #expect { try NETCONFOperation(parsing: XMLElement(parsing: "<get-config xmlns='\(base)'/>")) } throws: {
            ($0 as? RPCError)?.tag == .missingElement && ($0 as? RPCError)?.info("bad-element") == "source"
        }
    }

    @Test func `SF-7 SF-8: no filter and an empty filter are two things`() throws {
        #expect(text(.get()) == "<get xmlns=\"\(base)\"/>")
        #expect(text(.get(filter: .subtree([]))) == "<get xmlns=\"\(base)\"><filter type=\"subtree\"/></get>")
        #expect(
            try NETCONFOperation(parsing: XMLElement(parsing: "<get xmlns='\(base)'><filter/></get>"))
                == .get(filter: .subtree([])))
    }

    @Test func `WD-1 WD-2: with-defaults is of its own namespace, and asked for only where it is offered`() throws {
        #expect(
            text(.getConfig(.running, withDefaults: .reportAllTagged)).contains(
                "<with-defaults xmlns=\"\(NETCONFNamespace.withDefaults)\">report-all-tagged</with-defaults>"))
        let offered = NETCONFCapabilities([
            "urn:ietf:params:netconf:capability:with-defaults:1.0?basic-mode=explicit&also-supported=trim"
        ])
        for (mode, isOffered) in [
            (WithDefaultsMode.explicit, true), (.trim, true), (.reportAll, false), (.reportAllTagged, false),
        ] {
            #expect((NETCONFOperation.get(withDefaults: mode).missingCapability(in: offered) == nil) == isOffered)
        }
        #expect {
            try NETCONFOperation(
                parsing: XMLElement(
                    parsing:
                        "<get xmlns='\(base)'><with-defaults xmlns='\(NETCONFNamespace.withDefaults)'>all</with-defaults></get>"
                ))
        } throws: { ($0 as? RPCError)?.tag == .invalidValue }
    }

    @Test func `E-1 E-2 E-11: edit-config's parameters come in the order of the RFC, and are left out when not given`()
    {
        let full = EditConfig(
            target: .candidate, defaultOperation: EditConfig.DefaultOperation.none, testOption: .testThenSet,
            errorOption: .rollbackOnError, content: .config([XMLElement("t", in: "urn:t", text: "1")]))
        #expect(
            NETCONFOperation.editConfig(full).element.elements.map(\.local) == [
                "target", "default-operation", "test-option", "error-option", "config",
            ])
        #expect(
            text(.editConfig(.init(target: .running, content: .url("file:///x"))))
                == "<edit-config xmlns=\"\(base)\"><target><running/></target><url>file:///x</url></edit-config>")
    }

    @Test func `E-1 M-10: prefixes declared around the configuration are still known inside it`() throws {
        let request = """
            <edit-config xmlns='\(base)' xmlns:o='urn:outer'><target><candidate/></target>
            <config xmlns:i='urn:inner'><t xmlns='urn:t'><ref>o:a</ref><ref>i:b</ref></t></config></edit-config>
            """
        guard case .editConfig(let edit) = try NETCONFOperation(parsing: XMLElement(parsing: request)),
            case .config(let content) = edit.content
        else {
            Issue.record("unexpected")
            return
        }
        let declared = Dictionary(
            content[0].namespaces.map { ($0.prefix, $0.uri) }, uniquingKeysWith: { first, _ in first })
        #expect(declared["o"] == "urn:outer" && declared["i"] == "urn:inner")
    }

    @Test func `CP-1 DC-1 LK-4 KS-1 CS-1 CM-1 DX-1 VA-1: the other operations of RFC 6241`() {
        let content = [XMLElement("t", in: "urn:t")]
        for (operation, expected) in [
            (
                NETCONFOperation.copyConfig(target: .startup, source: .datastore(.running)),
                "<copy-config><target><startup/></target><source><running/></source></copy-config>"
            ),
            (
                .copyConfig(target: .url("ftp://x/y"), source: .content(content)),
                "<copy-config><target><url>ftp://x/y</url></target><source><config><t xmlns=\"urn:t\"/></config></source></copy-config>"
            ),
            (.deleteConfig(.startup), "<delete-config><target><startup/></target></delete-config>"),
            (.lock(.candidate), "<lock><target><candidate/></target></lock>"),
            (.unlock(.running), "<unlock><target><running/></target></unlock>"),
            (.killSession(4), "<kill-session><session-id>4</session-id></kill-session>"),
            (.closeSession, "<close-session/>"), (.discardChanges, "<discard-changes/>"),
            (.commit(.init()), "<commit/>"),
            (
                .validate(.content(content)),
                "<validate><source><config><t xmlns=\"urn:t\"/></config></source></validate>"
            ),
        ] { #expect(text(operation).replacing(" xmlns=\"\(base)\"", with: "") == expected) }
    }

    @Test func `CC-1 CC-2 CC-7 CC-9 CC-11: the forms of a confirmed commit`() {
        for (operation, expected) in [
            (
                NETCONFOperation.commit(.init(confirmed: true, confirmTimeoutSeconds: 120, persist: "t")),
                "<commit><confirmed/><confirm-timeout>120</confirm-timeout><persist>t</persist></commit>"
            ),
            (
                .commit(.init(confirmed: true, persistID: "t")),
                "<commit><confirmed/><persist-id>t</persist-id></commit>"
            ),
            (.commit(.init(persistID: "t")), "<commit><persist-id>t</persist-id></commit>"),
            (.cancelCommit(persistID: "t"), "<cancel-commit><persist-id>t</persist-id></cancel-commit>"),
            (.cancelCommit(persistID: nil), "<cancel-commit/>"),
        ] { #expect(text(operation).replacing(" xmlns=\"\(base)\"", with: "") == expected) }
    }

    @Test func `NM-3 NM-6: datastores are identities, filters are elements, origins are asked for or excluded`() throws
    {
        var wanted = GetData(
            datastore: "operational", filter: .xpath("/t:x", namespaces: ["t": "urn:t"]), configFilter: false,
            maximumDepth: 3,
            withOrigin: true, withDefaults: .trim)
        wanted.origins = ["learned", "system"]
        #expect(
            NETCONFOperation.getData(wanted).element.elements.map(\.local) == [
                "datastore", "xpath-filter", "config-filter", "origin-filter", "origin-filter", "max-depth",
                "with-origin",
                "with-defaults",
            ])
        wanted.excludesOrigins = true
        let sent = text(.getData(wanted))
        #expect(
            sent.contains(
                "<negated-origin-filter xmlns:or=\"\(NETCONFNamespace.origin)\">or:learned</negated-origin-filter>"))
        #expect(try NETCONFOperation(parsing: XMLElement(parsing: sent)) == .getData(wanted))
        #expect(
            text(.lock(.identity("intended"))).contains(
                "<datastore xmlns=\"\(NETCONFNamespace.nmda)\" xmlns:ds=\"\(NETCONFNamespace.datastores)\">ds:intended</datastore>"
            ))
        #expect {
            try NETCONFOperation(parsing: XMLElement(parsing: sent.replacing("<max-depth>3<", with: "<max-depth>0<")))
        } throws: {
            ($0 as? RPCError)?.tag == .invalidValue
        }
    }

    @Test func `NM-4: defaults are asked of operational only where that is announced`() {
        let nmda = [NETCONFCapability.Known.yangLibrary11.rawValue]
        let defaults = NETCONFCapability.Known.withDefaults.rawValue + "?basic-mode=explicit"
        let operational = NETCONFCapability.Known.withOperationalDefaults.rawValue
        func missing(_ datastore: String, _ announced: [String]) -> String? {
            NETCONFOperation.getData(GetData(datastore: datastore, withDefaults: .explicit))
                .missingCapability(in: NETCONFCapabilities(nmda + announced))
        }
        #expect(missing("operational", [defaults]) == operational)
        #expect(missing("operational", [operational]) == nil)
        #expect(missing("running", [defaults]) == nil)
        #expect(missing("running", []) == NETCONFCapability.Known.withDefaults.rawValue)
    }

    @Test(arguments: [
        ("ftp://netops:s3cret@192.0.2.1/r1.xml", "ftp://•••@192.0.2.1/r1.xml"),
        ("scp://netops@host", "scp://•••@host"), ("file:///a@b", "file:///a@b"), ("cf3:\\backup", "cf3:\\backup"),
        ("sftp://a:b@c@host/x", "sftp://•••@host/x"),
    ])
    func `CA-8: a password in a URL is sent and not shown`(_ url: String, _ shown: String) {
        #expect(NETCONFDatastore.url(url).description == shown)
        let copy = NETCONFOperation.copyConfig(target: .url(url), source: .datastore(.running))
        #expect(copy.element.first("target")?.first("url")?.text == url)
    }

    @Test func `NM-5: edit-data names a datastore and has no options of edit-config`() {
        let edit = NETCONFOperation.editData(
            datastore: "running", defaultOperation: .merge, content: .config([XMLElement("t", in: "urn:t")]))
        #expect(edit.element.elements.map(\.local) == ["datastore", "default-operation", "config"])
    }

    @Test func `MO-2 MO-3: get-schema asks by name, revision and format`() {
        let namespace = NETCONFNamespace.monitoring
        #expect(
            text(.getSchema(identifier: "m", version: "2026-01-01", format: "yang"))
                == "<get-schema xmlns=\"\(namespace)\"><identifier>m</identifier><version>2026-01-01</version><format>yang</format></get-schema>"
        )
        #expect(text(.getSchema(identifier: "m", version: nil, format: nil)).contains("version") == false)
    }

    @Test func `N-1 N-3: a subscription may name stream, filter and times`() throws {
        let subscription = NETCONFOperation.createSubscription(
            stream: "NETCONF", filter: .subtree([XMLElement("e", in: "urn:e")]), startTime: "2026-01-01T00:00:00Z",
            stopTime: "2026-01-02T00:00:00Z")
        #expect(subscription.element.elements.map(\.local) == ["stream", "filter", "startTime", "stopTime"])
        #expect(subscription.element.elements.allSatisfy { $0.namespace == NETCONFNamespace.notification })
        #expect(try NETCONFOperation(parsing: XMLElement(parsing: text(subscription))) == subscription)
    }

    @Test func `CA-10: partial locks carry the prefixes of their expressions`() throws {
        let lock = NETCONFOperation.partialLock(select: ["/t:a", "/t:b"], namespaces: ["t": "urn:t"])
        #expect(
            lock.element.elements.count == 2 && lock.element.elements.allSatisfy { $0.namespaces.first?.uri == "urn:t" }
        )
        #expect(try NETCONFOperation(parsing: XMLElement(parsing: text(lock))) == lock)
    }

    @Test
    func
        `CA-1 CA-2 CA-3 CA-4 CA-5 CA-6 CA-7 CA-8 CA-9 CA-10 N-1 NM-2: what needs a capability is sent only where it is announced`()
    {
        typealias Known = NETCONFCapability.Known
        let edit = { (target: NETCONFDatastore, test: EditConfig.TestOption?, error: EditConfig.ErrorOption?) in
            NETCONFOperation.editConfig(
                .init(target: target, testOption: test, errorOption: error, content: .config([])))
        }
        let needs: [(NETCONFOperation, [Known])] = [
            (edit(.running, nil, nil), [.writableRunning]), (edit(.candidate, nil, nil), [.candidate]),
            (edit(.running, nil, .rollbackOnError), [.writableRunning, .rollbackOnError]),
            (edit(.running, .testThenSet, nil), [.writableRunning, .validate10]),
            (edit(.running, .testOnly, nil), [.writableRunning, .validate11]),
            (.editConfig(.init(target: .candidate, content: .url("file:///x"))), [.candidate, .url]),
            (.commit(.init()), [.candidate]), (.commit(.init(confirmed: true)), [.candidate, .confirmedCommit10]),
            (.commit(.init(confirmed: true, persist: "t")), [.candidate, .confirmedCommit11]),
            (.commit(.init(persistID: "t")), [.candidate, .confirmedCommit11]),
            (.cancelCommit(persistID: nil), [.candidate, .confirmedCommit11]), (.discardChanges, [.candidate]),
            (.validate(.datastore(.running)), [.validate10]), (.lock(.candidate), [.candidate]),
            (.lock(.startup), [.startup]),
            (.copyConfig(target: .startup, source: .datastore(.running)), [.startup]),
            (.copyConfig(target: .url("u"), source: .datastore(.running)), [.url]),
            (.deleteConfig(.startup), [.startup]),
            (.get(filter: .xpath("/", namespaces: [:])), [.xpath]),
            (.createSubscription(stream: nil, filter: nil, startTime: nil, stopTime: nil), [.notification]),
            (.partialLock(select: ["/"], namespaces: [:]), [.partialLock]), (.partialUnlock(lockID: 1), [.partialLock]),
            (.getData(.init(datastore: "running")), [.yangLibrary11]), (.lock(.identity("intended")), [.yangLibrary11]),
        ]
        for (operation, needed) in needs {
            let all = NETCONFCapabilities(needed.map(\.rawValue))
            #expect(operation.missingCapability(in: all) == nil, "\(operation.name)")
            for one in needed {
                let rest = NETCONFCapabilities(needed.filter { $0 != one }.map(\.rawValue))
                #expect(operation.missingCapability(in: rest) != nil, "\(operation.name) without \(one)")
            }
        }
        for free in [NETCONFOperation.get(), .getConfig(.running), .lock(.running), .closeSession, .killSession(2)] {
            #expect(free.missingCapability(in: NETCONFCapabilities([])) == nil)
        }
    }

    @Test func `CA: what was not announced is not sent`() throws {
        var (client, _) = try BothRolesTests.opened()
        #expect { try client.request(.copyConfig(target: .startup, source: .datastore(.running))) } throws: {
            ($0 as? NETCONFError)?.code == .notSupported
        }
    }

    @Test func `every operation is read back as it was made`() throws {
        let operations: [NETCONFOperation] = [
            .getConfig(.running, filter: .subtree([XMLElement("a", in: "urn:a")]), withDefaults: .explicit),
            .get(filter: .xpath("/a:x", namespaces: ["a": "urn:a"])), .lock(.candidate), .unlock(.running),
            .closeSession,
            .killSession(4), .commit(.init(confirmed: true, confirmTimeoutSeconds: 60, persist: "t")),
            .cancelCommit(persistID: "t"), .discardChanges, .validate(.datastore(.candidate)), .deleteConfig(.startup),
            .copyConfig(target: .startup, source: .datastore(.running)),
            .createSubscription(stream: "NETCONF", filter: nil, startTime: "2026-01-01T00:00:00Z", stopTime: nil),
            .getSchema(identifier: "m", version: "2026-01-01", format: nil), .partialUnlock(lockID: 3),
            .getData(.init(datastore: "operational", configFilter: false, maximumDepth: 3, withOrigin: true)),
            .editConfig(
                .init(
                    target: .candidate, defaultOperation: EditConfig.DefaultOperation.none, testOption: .testThenSet,
                    errorOption: .rollbackOnError, content: .config([XMLElement("a", in: "urn:a", text: "1")]))),
        ]
        for operation in operations {
            let parsed = try NETCONFOperation(parsing: try XMLElement(parsing: operation.element.serialized()))
            #expect(parsed == operation, "\(operation.name)")
        }
    }

    @Test func `KS-1 CC-1: numbers that are none, or 0, are refused with the element's name`() throws {
        for request in [
            "<kill-session xmlns='\(base)'><session-id>0</session-id></kill-session>",
            "<kill-session xmlns='\(base)'><session-id>4294967296</session-id></kill-session>",
            "<commit xmlns='\(base)'><confirmed/><confirm-timeout>-1</confirm-timeout></commit>",
        ] {
            #expect { try NETCONFOperation(parsing: XMLElement(parsing: request)) } throws: {
                ($0 as? RPCError)?.tag == .invalidValue
            }
        }
    }

    @Test func `M-9: an operation nobody knows is kept as it came`() throws {
        let element = try XMLElement(parsing: "<save-config xmlns='http://cisco.com/yang/cisco-ia'/>")
        #expect(try NETCONFOperation(parsing: element) == .other(element))
    }
}
