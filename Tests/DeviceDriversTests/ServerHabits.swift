import NETCONFProtocol
import XMLDocuments

@testable import DeviceDrivers

/// Servers as their sources, manuals and recorded hellos show them.
extension Habits {
    private static let candidate = ["candidate:1.0", "confirmed-commit:1.1", "validate:1.1", "rollback-on-error:1.0"]
    private static let prefixed: @Sendable (String, String) -> String = { id, content in
        "<nc:rpc-reply xmlns:nc=\"\(NETCONFNamespace.base)\" xmlns=\"\(NETCONFNamespace.base)\" nc:extra=\"1\" message-id=\"\(id)\">\n"
            + content + "\n</nc:rpc-reply>\n"
    }

    static let all: [Habits] = [
        Habits(name: "as the RFC says", capabilities: candidate),
        // Persistent commits are taken back over a session of the server's own; locks name whoever asks.
        Habits(
            name: "netopeer2",
            capabilities: candidate + [
                "writable-running:1.0", "startup:1.0", "xpath:1.0", "notification:1.0", "interleave:1.0",
                "with-defaults:1.0?basic-mode=explicit&amp;also-supported=report-all,report-all-tagged,trim,explicit",
                "urn:ietf:params:xml:ns:yang:1?module=yang&amp;revision=2021-04-07",
                "urn:ietf:params:netconf:capability:yang-library:1.1?revision=2019-01-04&amp;content-id=27",
            ],
            refuses: { operation, state, session in
                if case .commit(let options) = operation, options.confirmed, options.persistID != nil {
                    return .invalidValue("Persist ID given in confirmed commit rpc.")
                }
                guard operation == .lock(.running), state.pending != nil else { return nil }
                return .lockDenied(holder: session, message: "There is an ongoing confirmed commit.")
            },
            timerNeedsRunning: true),
        // Takes no options with an edit; what was committed stays in the candidate after a rollback.
        Habits(
            name: "clixon",
            capabilities: [
                "candidate:1.0", "validate:1.1", "startup:1.0", "xpath:1.0", "notification:1.0", "confirmed-commit:1.1",
                "with-defaults:1.0?basic-mode=explicit", "yang-library:1.1?module-set-id=0",
            ],
            refuses: { operation, _, _ in
                guard case .editConfig(let edit) = operation, edit.testOption != nil || edit.errorOption != nil else {
                    return nil
                }
                return .unknownElement("test-option")
            }, keepsCandidate: true),
        // Many capabilities of its own, prefixes everywhere.
        Habits(
            name: "ConfD",
            capabilities: candidate + [
                "confirmed-commit:1.0", "validate:1.0", "xpath:1.0", "url:1.0?scheme=ftp,sftp,file",
                "http://tail-f.com/ns/netconf/actions/1.0", "http://tail-f.com/ns/netconf/extensions",
                "with-defaults:1.0?basic-mode=explicit&amp;also-supported=report-all-tagged,report-all",
            ],
            reply: prefixed),
        // base:1.0 in an old spelling, comments before the hello, warnings beside ok, marks that differ between datastores.
        Habits(
            name: "Junos",
            capabilities: [
                "urn:ietf:params:xml:ns:netconf:capability:candidate:1.0",
                "urn:ietf:params:xml:ns:netconf:capability:confirmed-commit:1.0",
                "urn:ietf:params:xml:ns:netconf:capability:validate:1.0",
                "urn:ietf:params:xml:ns:netconf:capability:url:1.0?protocol=http,ftp,file",
                "http://xml.juniper.net/netconf/junos/1.0",
            ],
            bases: ["1.0"],
            hello: { capabilities, session in
                "<!-- No zombies were killed during the creation of this user interface -->\n<!-- user netops, class j-super-user -->\n"
                    + "<hello xmlns=\"\(NETCONFNamespace.base)\">\n <capabilities>\n"
                    + capabilities.map { "  <capability>\n\($0)\n</capability>\n" }.joined()
                    + " </capabilities>\n <session-id>\(session)</session-id>\n</hello>\n"
            },
            reply: { id, content in
                "<rpc-reply xmlns=\"\(NETCONFNamespace.base)\" xmlns:junos=\"http://xml.juniper.net/junos/22.2R0/junos\" message-id=\"\(id)\">\n"
                    + content + "\n</rpc-reply>\n"
            },
            data: { datastore, content in
                let mark =
                    datastore == "running"
                    ? "junos:commit-seconds=\"1574828031\" junos:commit-user=\"netops\""
                    : "junos:changed-seconds=\"1574829999\" junos:changed-localtime=\"2019-11-27 04:46:39 UTC\""
                return "<data>\n"
                    + content.replacing("<top xmlns=\"urn:top\">", with: "<top xmlns=\"urn:top\" \(mark)>")
                    + "\n</data>"
            },
            warnings: { operation in
                switch operation {
                case .editConfig, .commit:
                    [RPCError(.protocol, .operationFailed, message: "statement not found", isWarning: true)]
                default: []
                }
            },
            locksRunning: false, strategy: .candidateConfirmed),
        // Prefixed hello, one capability a line, no lock on running for anybody.
        Habits(
            name: "IOS-XR", capabilities: candidate,
            hello: { capabilities, session in
                "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<nc:hello xmlns:nc=\"\(NETCONFNamespace.base)\">\n<nc:capabilities>"
                    + capabilities.map { "<nc:capability>\($0)</nc:capability>\n" }.joined()
                    + "</nc:capabilities><nc:session-id> \(session) </nc:session-id>\n</nc:hello>"
            },
            reply: { id, content in
                "<?xml version=\"1.0\"?>\n<rpc-reply message-id=\"\(id)\" xmlns=\"\(NETCONFNamespace.base)\">\n \(content)\n</rpc-reply>\n"
            },
            bytesPerRead: 1),
        Habits(
            name: "IOS-XE",
            capabilities: [
                "writable-running:1.0", "rollback-on-error:1.0", "validate:1.0", "validate:1.1", "xpath:1.0",
                "notification:1.1",
                "with-defaults:1.0?basic-mode=explicit&amp;also-supported=report-all-tagged,report-all",
            ],
            strategy: .runningRollback),
        Habits(
            name: "NX-OS",
            capabilities: candidate + [
                "writable-running:1.0",
                "http://cisco.com/ns/yang/cisco-nx-os-device?revision=2020-04-20&amp;module=Cisco-NX-OS-device",
            ],
            unasked:
                "<notification xmlns=\"\(NETCONFNamespace.notification)\"><eventTime>2026-11-27T10:00:00Z</eventTime><event xmlns=\"urn:e\"/></notification>"
        ),
        // Either lock blocks both; startup may be copied to and not read.
        Habits(
            name: "SR OS",
            capabilities: candidate + [
                "confirmed-commit:1.0", "validate:1.0", "startup:1.0", "url:1.0?scheme=ftp,tftp,file",
            ],
            refuses: { operation, _, _ in
                if case .getConfig(.startup, _, _) = operation { return .invalidValue("startup is not a source") }
                return nil
            }, oneLock: true),
        Habits(
            name: "SR Linux", capabilities: candidate + ["startup:1.0", "xpath:1.0"], answersCloseSession: false),
        // A simulator: a candidate and nothing else, not even validate.
        Habits(
            name: "testtool",
            capabilities: ["candidate:1.0", "urn:ietf:params:netconf:capability:exi:1.0"], strategy: .candidate),
        Habits(
            name: "Huawei",
            capabilities: ["candidate:1.0", "confirmed-commit:1.0", "validate:1.0", "rollback-on-error:1.0"],
            bases: ["1.0"],
            reply: { id, content in
                "<?xml version=\"1.0\" encoding=\"utf-8\"?><rpc-reply xmlns=\"\(NETCONFNamespace.base)\" message-id=\"\(id)\">\(content)</rpc-reply>\u{0}\u{0}"
            },
            strategy: .candidateConfirmed),
        Habits(
            name: "running and startup",
            capabilities: ["writable-running:1.0", "startup:1.0"], strategy: .running),
    ]
}
