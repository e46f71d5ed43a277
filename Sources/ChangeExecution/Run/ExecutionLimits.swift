/// Widths, rates and times of a run.
package struct ExecutionLimits: Sendable, Equatable {
    /// Devices worked on at the same time.
    package var fanOut = 32
    /// New logins per second and AAA domain.
    package var loginsPerSecond = 10
    /// Refused logins in one AAA domain after which no more are tried before the commit point.
    package var refusedLogins = 3
    /// Attempts to connect before anything was sent.
    package var connectAttempts = 4
    /// One connection with its login.
    package var connectTimeout = Duration.seconds(30)
    /// One question to a device: lock, read, validate, confirm, cancel, save.
    package var answerTimeout = Duration.seconds(60)
    /// Staging, arming or undoing one device.
    package var changeTimeout = Duration.seconds(300)
    /// How long a lock that somebody else holds is asked for again; some servers deny locks for seconds after a change at
    /// their CLI, and a backup's session holds one no longer.
    package var lockPatience = Duration.seconds(10)
    /// How long a lease holds without being renewed.
    package var lease = Duration.seconds(120)
    /// Transcript kept per session.
    package var maximumTranscriptBytes = 8 << 20
    package var transaction = TransactionLimits()

    package init() {}
}
