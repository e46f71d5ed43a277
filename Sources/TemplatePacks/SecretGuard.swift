import JinjaTemplates

/// Filters that make another text of every byte cannot work on what stands for a secret: its value is known only when
/// the change is sent.
enum SecretGuard {
    /// How a placeholder begins that `secret("…")` prints.
    private static let mark = Array("@secret(".utf8)

    static func check(_ text: String, _ filter: String) throws(EvaluationError) {
        // Few texts hold the first byte at all.
        let bytes = Array(text.utf8)
        for index in bytes.indices where bytes[index] == 0x40 && bytes[index...].starts(with: mark) {
            throw EvaluationError(
                .valueError,
                "\(filter) would work on the placeholder of a secret, not on its value, which no template sees. Let the secret hold the finished text"
            )
        }
    }
}
