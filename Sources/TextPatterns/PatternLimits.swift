/// What compiling and matching may cost before it is given up.
package struct PatternLimits: Equatable, Hashable, Sendable {
    /// Longest pattern, in bytes of UTF-8.
    package var maximumPatternBytes = 16_384
    /// Longest text, in bytes.
    package var maximumTextBytes = 64 << 20
    /// Backtracking steps from one start position.
    package var maximumSteps: UInt32 = 2_000_000
    /// Nesting of backtracking points.
    package var maximumDepth: UInt32 = 200_000
    /// Memory for backtracking, in KiB.
    package var maximumHeapKiB: UInt32 = 32_768
    /// Time for one search. Looked at between windows of start positions, so a search may take a little longer.
    package var maximumTime: Duration = .seconds(5)
    /// Matches that `allMatches` and `replacing` may find.
    package var maximumMatches = 1_000_000

    package init() {}
    /// The limits used unless others are given.
    package static let standard = PatternLimits()
}
