/// Namespaces of the NETCONF family.
package enum NETCONFNamespace {
    /// Messages, operations and the `operation` attribute; the same for base 1.0 and 1.1 (RFC 6241).
    package static let base = "urn:ietf:params:xml:ns:netconf:base:1.0"
    /// `create-subscription`, `notification`, `eventTime` (RFC 5277).
    package static let notification = "urn:ietf:params:xml:ns:netconf:notification:1.0"
    /// `netconf/streams`, `replayComplete`, `notificationComplete` (RFC 5277).
    package static let streams = "urn:ietf:params:xml:ns:netmod:notification"
    /// `get-schema`, `netconf-state` (RFC 6022).
    package static let monitoring = "urn:ietf:params:xml:ns:yang:ietf-netconf-monitoring"
    /// The `with-defaults` parameter (RFC 6243).
    package static let withDefaults = "urn:ietf:params:xml:ns:yang:ietf-netconf-with-defaults"
    /// The `default` attribute of report-all-tagged (RFC 6243 §6).
    package static let defaultAttribute = "urn:ietf:params:xml:ns:netconf:default:1.0"
    /// Base notifications (RFC 6470).
    package static let baseNotifications = "urn:ietf:params:xml:ns:yang:ietf-netconf-notifications"
    /// `partial-lock` (RFC 5717).
    package static let partialLock = "urn:ietf:params:xml:ns:netconf:partial-lock:1.0"
    /// `get-data`, `edit-data` (RFC 8526).
    package static let nmda = "urn:ietf:params:xml:ns:yang:ietf-netconf-nmda"
    /// Datastore identities (RFC 8342).
    package static let datastores = "urn:ietf:params:xml:ns:yang:ietf-datastores"
    /// Origin identities (RFC 8342).
    package static let origin = "urn:ietf:params:xml:ns:yang:ietf-origin"
    /// `insert`, `key`, `value` attributes (RFC 7950 §7.8.6).
    package static let yang = "urn:ietf:params:xml:ns:yang:1"
    /// `xml:lang` and friends.
    package static let xml = "http://www.w3.org/XML/1998/namespace"
}
