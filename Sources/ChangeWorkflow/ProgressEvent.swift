package import ChangeExecution

/// One line of the event stream that `--format jsonl` prints while a run goes on.
package struct ProgressEvent: Encodable, Sendable {
    var asbuilt = "progress/v1"
    var event: RunProgress

    /// Canonical JSON, one line.
    package static func line(_ progress: RunProgress) -> String { CanonicalText.of(ProgressEvent(event: progress)) }
}
