internal import ByteTransport
internal import DeviceDrivers
internal import WorkspaceStore

/// Opens sessions with one device: paced per AAA domain, tried again with growing and scattered pauses.
struct SessionOpener: Sendable {
    let device: String
    let driver: any DeviceDriver
    let environment: ExecutionEnvironment
    let logins: LoginDesk
    let domain: String

    /// A new connection and login. Before anything was sent a bounded number of attempts is made; to settle a device
    /// (`isRecovery`) it is tried until `until`.
    func open(until: UTCInstant, isRecovery: Bool, transcript: TranscriptBuffer) async throws -> any DeviceSession {
        let clock = environment.clock
        var attempt = 1
        while true {
            do {
                try await logins.admit(domain, device: device, isRecovery: isRecovery)
                let latest = clock.now() + environment.limits.connectTimeout
                let session = try await driver.open(
                    device: device, connector: environment.connector, transcript: transcript,
                    deadline: clock.deadline(latest))
                await logins.accepted(domain)
                return session
            } catch let error as DriverError {
                if error.transport?.code == .authenticationRefused { await logins.refused(domain) }
                let pause = Duration.milliseconds(Int64(250) << min(attempt, 6) + Int64.random(in: 0...250))
                let isLast = !isRecovery && attempt >= environment.limits.connectAttempts
                guard error.isWorthRetrying, !isLast, clock.now() + pause < until else { throw error }
                attempt += 1
                try await clock.sleep(until: clock.now() + pause)
            }
        }
    }
}
