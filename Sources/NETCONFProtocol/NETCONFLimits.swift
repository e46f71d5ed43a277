package import XMLDocuments

/// How much a peer may ask of us.
package struct NETCONFLimits: Equatable, Sendable {
    /// One message, framing not counted.
    package var maximumMessageBytes: Int
    /// The peer's `<hello>`: 1,000 capabilities are about 160 kB.
    package var maximumHelloBytes: Int
    /// Capabilities in one `<hello>`.
    package var maximumCapabilities: Int
    /// Requests sent and not answered yet.
    package var maximumOutstanding: Int
    /// Abandoned requests whose late answer is still recognised.
    package var maximumAbandoned: Int
    /// Under which messages are parsed.
    package var xml: XMLLimits

    package init(
        maximumMessageBytes: Int = 256 << 20, maximumHelloBytes: Int = 8 << 20, maximumCapabilities: Int = 20_000,
        maximumOutstanding: Int = 256, maximumAbandoned: Int = 1_024, xml: XMLLimits = .standard
    ) {
        self.maximumMessageBytes = maximumMessageBytes
        self.maximumHelloBytes = maximumHelloBytes
        self.maximumCapabilities = maximumCapabilities
        self.maximumOutstanding = maximumOutstanding
        self.maximumAbandoned = maximumAbandoned
        self.xml = xml
    }

    package static let standard = NETCONFLimits()
}
