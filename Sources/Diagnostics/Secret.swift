/// A value that is never shown: interpolating, dumping or encoding it gives `•••`.
///
/// Only `withRevealed` hands out the text, so that every use can be found by name.
public struct Secret: Sendable, Equatable, CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    private let text: String
    public init(_ text: String) { self.text = text }

    public var description: String { Self.mask }
    public var debugDescription: String { Self.mask }
    public var customMirror: Mirror { Mirror(self, children: []) }
    /// What is shown instead of a secret.
    public static let mask = "•••"

    /// Calls `body` with the text. The text must not outlive the call in anything that is written.
    public func withRevealed<R, E: Error>(_ body: (String) throws(E) -> R) throws(E) -> R { try body(text) }

    /// Compares without leaving early at the first difference.
    public static func == (a: Secret, b: Secret) -> Bool {
        let (x, y) = (Array(a.text.utf8), Array(b.text.utf8))
        var difference = x.count == y.count ? 0 : 1
        for index in 0..<min(x.count, y.count) { difference |= Int(x[index] ^ y[index]) }
        return difference == 0
    }
}
