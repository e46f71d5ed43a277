/// The ways a stream of bytes can arrive: every decoder must give the same for each.
package enum ChunkVerifier {
    /// Whole; byte by byte; in pieces of 2, 3 and 7; cut once at every offset (of the first `maximumCuts`).
    package static func splits(of bytes: [UInt8], maximumCuts: Int = 2_000) -> [[[UInt8]]] {
        var result: [[[UInt8]]] = [[bytes]]
        for size in [1, 2, 3, 7] {
            result.append(
                stride(from: 0, to: bytes.count, by: size).map { Array(bytes[$0..<min($0 + size, bytes.count)]) })
        }
        for cut in 1..<max(2, min(bytes.count, maximumCuts)) where cut < bytes.count {
            result.append([Array(bytes[..<cut]), Array(bytes[cut...])])
        }
        return result
    }
}
