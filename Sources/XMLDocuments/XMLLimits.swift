/// How much a document may ask for. Everything from a device is parsed under these.
package struct XMLLimits: Equatable, Sendable {
    /// Size of the text.
    package var maximumBytes: Int
    /// Elements inside each other; libxml2 itself stops at 256.
    package var maximumDepth: Int
    /// Elements and attributes together.
    package var maximumNodes: Int
    /// Length of one element, attribute or prefix name.
    package var maximumNameBytes: Int
    /// Attributes and namespace declarations of one tag: comparing them with each other is quadratic in libxml2.
    package var maximumAttributesPerTag: Int
    /// Length of one start tag; checked before libxml2 sees it, for the same reason.
    package var maximumTagBytes: Int
    /// Different names in one document.
    package var maximumDistinctNames: Int

    package init(
        maximumBytes: Int = 256 << 20, maximumDepth: Int = 200, maximumNodes: Int = 20_000_000,
        maximumNameBytes: Int = 1_024, maximumAttributesPerTag: Int = 512, maximumTagBytes: Int = 64 << 10,
        maximumDistinctNames: Int = 100_000
    ) {
        self.maximumBytes = maximumBytes
        self.maximumDepth = maximumDepth
        self.maximumNodes = maximumNodes
        self.maximumNameBytes = maximumNameBytes
        self.maximumAttributesPerTag = maximumAttributesPerTag
        self.maximumTagBytes = maximumTagBytes
        self.maximumDistinctNames = maximumDistinctNames
    }

    /// 256 MiB of text, 200 levels, 20 million nodes.
    package static let standard = XMLLimits()
}
