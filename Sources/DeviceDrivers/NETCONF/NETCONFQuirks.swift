internal import ByteTransport
internal import NETCONFProtocol
internal import XMLDocuments

/// What devices of one platform do beside or against the RFCs, as data.
package struct NETCONFQuirks: Equatable, Sendable {
    /// How a kept change is made to survive a reboot.
    enum Save: Equatable, Sendable {
        /// Running to startup where the device has `:startup` (RFC 6241 §8.7); otherwise a commit is for good.
        case toStartup
        /// An operation of the vendor's.
        case operation(XMLElement)
        /// There is none over NETCONF; the text says what a person does.
        case byHand(String)
    }

    package let platform: String
    /// Tried in this order while the device refuses them.
    let channels: [ChannelKind]
    /// False where only the candidate can be locked.
    let locksRunning: Bool
    let save: Save
    /// Asked once a change is staged: the device's own words for what would change, which then stand in the transcript.
    let difference: XMLElement?
    /// How this platform's entry was verified.
    package let verifiedBy: String
    /// Sentences for approvers.
    let notes: [String]

    private init(
        _ platform: String, channels: [ChannelKind] = [.subsystem("netconf")], locksRunning: Bool = true,
        save: Save = .toStartup, difference: XMLElement? = nil, verifiedBy: String = "no device of this platform", notes: [String] = []
    ) {
        self.platform = platform
        self.channels = channels
        self.locksRunning = locksRunning
        self.save = save
        self.difference = difference
        self.verifiedBy = verifiedBy
        self.notes = notes
    }

    /// Nil when the platform is not known to speak NETCONF; `knownPlatforms` lists them. `netconf` is any server that
    /// keeps to the RFCs.
    package static func named(_ platform: String) -> NETCONFQuirks? {
        let name = aliases[platform] ?? platform
        return all.first { $0.platform == name }
    }

    private static let aliases = ["cisco_iosxe": "cisco_ios", "cisco_xe": "cisco_ios", "cisco_xr": "cisco_iosxr"]

    /// Sorted.
    package static var knownPlatforms: [String] { all.map(\.platform).sorted() }

    private static let all: [NETCONFQuirks] = [
        NETCONFQuirks("netconf", verifiedBy: "vendor software"),
        NETCONFQuirks("lab_router", verifiedBy: "lab"),
        NETCONFQuirks("netconfd", verifiedBy: "vendor software"),
        NETCONFQuirks("netopeer2"),
        NETCONFQuirks("clixon"),
        NETCONFQuirks("arista_eos"),
        // IOS-XE has no :startup; its own operation saves (CP-2).
        NETCONFQuirks(
            "cisco_ios", save: .operation(XMLElement("save-config", in: "http://cisco.com/yang/cisco-ia")),
            notes: ["Locks may be denied for a while after CLI changes, until they are synchronised."]),
        NETCONFQuirks("cisco_iosxr"),
        // Releases before the one with the model-driven agent serve the subsystem xmlagent (T-2).
        NETCONFQuirks(
            "cisco_nxos", channels: [.subsystem("netconf"), .subsystem("xmlagent")],
            save: .byHand("type `copy running-config startup-config` on the device")),
        NETCONFQuirks("huawei_vrp"),
        // Old releases refuse the subsystem and take a command (T-2); lock means `configure exclusive` (LK-2).
        NETCONFQuirks(
            "juniper_junos", channels: [.subsystem("netconf"), .exec("xml-mode netconf need-trailer")],
            locksRunning: false, difference: junosDifference,
            notes: ["Before Junos 10 the confirm timeout of a commit is counted in minutes, not in seconds."]),
        NETCONFQuirks("nokia_srlinux"),
        // Its lock of the candidate keeps everybody out of both datastores and of the CLI (LK-2).
        NETCONFQuirks("nokia_sros", locksRunning: false),
    ]

    /// `show | compare`.
    private static let junosDifference = XMLElement(
        XMLName("get-configuration", in: NETCONFNamespace.base),
        attributes: [("compare", "rollback"), ("rollback", "0"), ("format", "text")].map {
            XMLAttribute(XMLName($0.0), value: $0.1)
        })

    /// Deviation: netconfd answers <ok/> to `<validate>` of the candidate and to the `<commit>` after it, and loses what was
    /// staged; and it keeps the change when the session that holds the lock on running cancels.
    static func isYuma(_ capabilities: NETCONFCapabilities) -> Bool {
        capabilities.all.contains {
            $0.uri.hasPrefix("http://netconfcentral.org/ns/") || $0.uri.hasPrefix("http://yuma123.org/ns/")
        }
    }

    /// netopeer2 over sysrepo, whatever it serves (notconf among it): it announces libyang's own module `yang`, or
    /// sysrepo's.
    static func isSysrepo(_ capabilities: NETCONFCapabilities) -> Bool {
        capabilities.all.contains {
            $0.uri.hasPrefix("urn:sysrepo:") || $0.uri.hasPrefix("http://www.sysrepo.org/")
                || ($0.uri == NETCONFNamespace.yang && $0.parameter("module") == "yang")
        }
    }
}
