internal import CanonicalData
internal import ChangePlanning
internal import DeviceDrivers
internal import StateChecks
internal import WorkspaceStore

extension DeviceDesk {
    /// Runs read-only commands; a command that fails is a result with its problem.
    func capture(_ commands: [String], memory: RunLedger.Device) async -> [CapturedOutput] {
        self.memory = memory
        var outputs: [CapturedOutput] = []
        for command in commands { outputs.append(await captureOne(command).output) }
        return outputs
    }

    /// One command's output, masked and stored, with its bytes.
    func captureOne(_ command: String) async -> (output: CapturedOutput, bytes: [UInt8]?) {
        let at = clock.now()
        do {
            let until = at + environment.limits.answerTimeout
            let raw = try await reading(until: until, isRecovery: true) {
                try await $0.capture(command, deadline: deadline(environment.limits.answerTimeout))
            }
            let bytes = work.secrets.mask(raw)
            let blob = try await environment.store.storeBlob(bytes)
            return (CapturedOutput(device: name, command: command, at: at, output: blob), bytes)
        } catch {
            let problem = (error as? DriverError).map { RunFailure($0).what } ?? "\(error)"
            return (CapturedOutput(device: name, command: command, at: at, output: nil, problem: problem), nil)
        }
    }

    /// Looks at each check as often as its timeline asks, until all are decided or the deadline has come.
    /// `before`: outputs from before the change, by command.
    func verify(_ checks: [StateCheck], before: [String: Digest], deadline: UTCInstant?) async throws -> CheckSummary {
        struct Running {
            var check: StateCheck
            var timeline: CheckTimeline
            var due: ContinuousClock.Instant
            var outcome: CheckOutcome?
        }
        let interval = plan.endpoint == "netconf" ? CheckTimeline.netconfInterval : CheckTimeline.cliInterval
        let start = clock.deadline(clock.now())
        var running = checks.map {
            Running(check: $0, timeline: CheckTimeline($0, start: start, interval: interval), due: start)
        }
        var captures: [CapturedOutput] = []
        while let next = running.indices.filter({ running[$0].outcome == nil }).min(by: {
            running[$0].due < running[$1].due
        }) {
            let now = clock.now()
            let wait = running[next].due - clock.deadline(now)
            let moment = now + max(.zero, wait)
            if let deadline, deadline < moment {
                let result = running[next].check.open("not decided before the devices revert by themselves")
                running[next].outcome = outcome(running[next].check, result, [], running[next].timeline.samples)
                continue
            }
            if wait > .zero { try await clock.sleep(until: moment) }
            try Task.checkCancellation()
            let check = running[next].check
            let (output, bytes) = await captureOne(check.show)
            let old = try await outputBefore(check, before)
            let result = check.evaluate(before: old, after: bytes)
            switch running[next].timeline.sampled(result, at: clock.deadline(clock.now())) {
            case .sample(let due): running[next].due = due
            case .decided(let decided):
                let evidence = [output.output, check.comparesWithBefore ? before[check.show] : nil].compactMap(\.self)
                running[next].outcome = outcome(check, decided, evidence, running[next].timeline.samples)
                captures.append(output)
            }
        }
        let outcomes = running.compactMap(\.outcome)
        return CheckSummary(
            results: outcomes, captures: captures, passed: outcomes.allSatisfy { $0.verdict == .proved })
    }

    private func outputBefore(_ check: StateCheck, _ before: [String: Digest]) async throws -> [UInt8]? {
        guard check.comparesWithBefore, let blob = before[check.show] else { return nil }
        return try await environment.store.blob(blob)
    }

    private func outcome(_ check: StateCheck, _ result: CheckResult, _ evidence: [Digest], _ samples: Int)
        -> CheckOutcome
    {
        let verdict: CheckOutcome.Verdict =
            switch result.verdict {
            case .proved: .proved
            case .failed: .failed
            case .open: .open
            }
        let details = result.expectations.prefix(50).map { "\($0.expectation): \($0.message)" }
        return CheckOutcome(
            id: check.id, device: name, proves: check.proves, show: check.show, verdict: verdict,
            why: [result.message] + details, evidence: evidence, samples: samples, decidedAt: clock.now())
    }
}
