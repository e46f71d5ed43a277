package import DeviceDrivers
package import WorkspaceStore

/// Reads many devices and changes none: for `assess`, `plan`, `capture` and `compliance`.
package struct DeviceSurvey: Sendable {
    /// One device to read.
    package struct Target: Sendable {
        package var device: String
        package var driver: any DeviceDriver
        package var secrets: any SecretValues
        /// Read-only commands or filters to run, beside reading the configuration.
        package var commands: [String]
        /// Namespaces whose YANG modules the device is asked for; none asks for nothing.
        package var namespaces: Set<String> = []
        package init(device: String, driver: any DeviceDriver, secrets: any SecretValues, commands: [String] = []) {
            (self.device, self.driver, self.secrets, self.commands) = (device, driver, secrets, commands)
        }
    }

    /// What one device said.
    package struct Answer: Sendable {
        package var device: String
        package var facts: SessionFacts?
        /// Configurations, with secrets masked; nil when it could not be read: `failure` then says why.
        package var observed: ObservedDevice?
        /// By command; one that failed has a problem and no bytes.
        package var outputs: [Output]
        /// What was asked for by namespace; nil when nothing was, or the device gives no modules.
        package var modules: DeviceModules?
        package var failure: RunFailure?
        package var readAt: UTCInstant
    }
    package struct Output: Sendable {
        package var command: String
        package var bytes: [UInt8]?
        package var problem: RunFailure?
    }

    private let environment: ExecutionEnvironment
    private let loginDomain: @Sendable (String) -> String

    package init(
        _ environment: ExecutionEnvironment, loginDomain: @escaping @Sendable (String) -> String = { _ in "default" }
    ) {
        (self.environment, self.loginDomain) = (environment, loginDomain)
    }

    /// One answer per target, in their order; a device that fails does not stop the others. Cancelling the task stops
    /// what has not begun. `answered` is called with each device as its answer arrives.
    package func read(_ targets: [Target], answered: @Sendable (String) -> Void = { _ in }) async -> [Answer] {
        let logins = LoginDesk(clock: environment.clock, limits: environment.limits)
        let turnstile = Turnstile(width: environment.limits.fanOut)
        return await withTaskGroup(of: (Int, Answer).self) { group in
            for (index, target) in targets.enumerated() {
                group.addTask {
                    await turnstile.enter()
                    let answer = await read(target, logins)
                    await turnstile.leave()
                    return (index, answer)
                }
            }
            var answers: [Int: Answer] = [:]
            for await (index, answer) in group {
                answers[index] = answer
                answered(answer.device)
            }
            return targets.indices.compactMap { answers[$0] }
        }
    }

    private func read(_ target: Target, _ logins: LoginDesk) async -> Answer {
        let clock = environment.clock
        var answer = Answer(device: target.device, outputs: [], readAt: clock.now())
        func failed(_ error: any Error) -> RunFailure {
            switch error {
            case let error as DriverError: RunFailure(error)
            case let failure as RunFailure: failure
            default:
                RunFailure(
                    .interrupted, what: "not waited for any longer", device: target.device, remedy: "start again")
            }
        }
        let session: any DeviceSession
        do {
            try Task.checkCancellation()
            let opener = SessionOpener(
                device: target.device, driver: target.driver, environment: environment, logins: logins,
                domain: loginDomain(target.device))
            session = try await opener.open(
                until: clock.now() + environment.limits.connectTimeout * environment.limits.connectAttempts,
                isRecovery: false,
                transcript: TranscriptBuffer(clock: clock, limit: environment.limits.maximumTranscriptBytes))
        } catch {
            answer.failure = failed(error)
            return answer
        }
        answer.facts = session.facts
        let deadline = { clock.deadline(clock.now() + environment.limits.answerTimeout) }
        do {
            var observed = try await session.observe(deadline: deadline())
            observed.running = target.secrets.mask(observed.running)
            observed.startup = observed.startup.map(target.secrets.mask)
            observed.dirtyCandidate = observed.dirtyCandidate.map(target.secrets.mask)
            answer.observed = observed
            if !target.namespaces.isEmpty {
                do {
                    answer.modules = try await session.modules(of: target.namespaces, deadline: deadline())
                } catch {
                    answer.modules = DeviceModules(modules: [], problems: [failed(error).what])
                    if error.endsSession { throw error }
                }
            }
            for command in target.commands {
                do {
                    let bytes = try await session.capture(command, deadline: deadline())
                    answer.outputs.append(Output(command: command, bytes: target.secrets.mask(bytes)))
                } catch {
                    answer.outputs.append(Output(command: command, bytes: nil, problem: failed(error)))
                    if error.endsSession { throw error }
                }
            }
        } catch {
            answer.failure = failed(error)
        }
        await session.close()
        answer.readAt = clock.now()
        return answer
    }
}
