import FuzzChecks
import NETCONFProtocol

/// Any bytes, in any split, give the same messages and the same end; whole messages survive framing again. The first
/// byte chooses the mode and one of the splits.
@main struct NETCONFFramingFuzz {
    static func main() {
        FuzzChecks.run { input in
            guard let head = input.first else { return }
            let mode: FramingMode = head & 1 == 0 ? .chunked : .endOfMessage
            let bytes = Array(input.dropFirst())
            let whole = Outcome(bytes, mode, piece: bytes.count + 1)
            for piece in [1, 2, 5, Int(head >> 1) + 1] {
                FuzzChecks.expect(Outcome(bytes, mode, piece: piece) == whole, "pieces of \(piece) differ")
            }
            for message in whole.messages {
                guard let framed = try? FramingEncoder(mode: mode, maximumChunkBytes: Int(head) + 1).frame(message)
                else { continue }
                FuzzChecks.expect(Outcome(framed, mode, piece: 3).messages == [message], "framing is not reversible")
            }
        }
    }
}

private struct Outcome: Equatable {
    var messages: [[UInt8]] = []
    var failure: NETCONFError.Code?

    init(_ bytes: [UInt8], _ mode: FramingMode, piece: Int) {
        var decoder = FramingDecoder(mode: mode, maximumMessageBytes: 4_096)
        var start = 0
        while start < bytes.count, failure == nil {
            decoder.feed(bytes[start..<min(start + piece, bytes.count)])
            start += piece
            do throws(NETCONFError) {
                while let message = try decoder.next() { messages.append(message) }
            } catch {
                failure = error.code
            }
        }
    }
}
