/// How big a document may be.
package struct DocumentLimits: Equatable, Sendable {
    /// Size of the file, in bytes.
    package var maximumBytes: Int
    /// Nesting of lists and mappings.
    package var maximumDepth: Int
    /// Nodes after aliases were followed.
    package var maximumNodes: Int

    package init(maximumBytes: Int, maximumDepth: Int, maximumNodes: Int) {
        self.maximumBytes = maximumBytes
        self.maximumDepth = maximumDepth
        self.maximumNodes = maximumNodes
    }

    /// For files that people write.
    package static let standard = DocumentLimits(maximumBytes: 16 << 20, maximumDepth: 64, maximumNodes: 1_000_000)
    /// For what devices print.
    package static let deviceOutput = DocumentLimits(maximumBytes: 64 << 20, maximumDepth: 256, maximumNodes: 8_000_000)
}
