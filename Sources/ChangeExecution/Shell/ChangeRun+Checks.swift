internal import CanonicalData
internal import ChangePlanning
internal import StateChecks
internal import WorkspaceStore

extension ChangeRun {
    /// Captures before the change, what `compare: before` will need, and the checks that must hold before.
    func checkBefore(_ devices: [String], _ ledger: RunLedger) async -> EffectResult {
        await eachDevice(devices) { [request] name, desk in
            let compared = request.checks
                .filter { $0.moment == .after && $0.check.comparesWithBefore && $0.devices.contains(name) }
                .map(\.check.show)
            var commands: [String] = []
            for command in request.capturesOf(name) + compared where !commands.contains(command) {
                commands.append(command)
            }
            let captures = await desk.capture(commands, memory: ledger.devices[name] ?? RunLedger.Device())
            let checks = request.checks.filter { $0.moment == .before && $0.devices.contains(name) }.map(\.check)
            var summary = try await desk.verify(checks, before: [:], deadline: nil)
            summary.captures = captures + summary.captures
            return summary
        }
    }

    /// The contract's checks over the whole set, before anything is confirmed.
    func verify(_ devices: [String], _ ledger: RunLedger, _ deadline: UTCInstant?) async -> EffectResult {
        await eachDevice(devices) { [request] name, desk in
            let checks = request.checks.filter { $0.moment == .after && $0.devices.contains(name) }.map(\.check)
            var before: [String: Digest] = [:]
            for output in ledger.capturesBefore where output.device == name { before[output.command] = output.output }
            return try await desk.verify(checks, before: before, deadline: deadline)
        }
    }

    func captureAfter(_ device: String, _ ledger: RunLedger) async -> EffectResult {
        guard let desk = desks[device], ledger.devices[device]?.observed != nil, await desk.session != nil else {
            return .captured([])
        }
        return .captured(
            await desk.capture(request.capturesOf(device), memory: ledger.devices[device] ?? RunLedger.Device()))
    }

    private func eachDevice(
        _ devices: [String], _ body: @escaping @Sendable (String, DeviceDesk) async throws -> CheckSummary
    ) async -> EffectResult {
        let answers = await withTaskGroup(of: (String, Result<CheckSummary, any Error>).self) { group in
            for name in devices {
                guard let desk = desks[name] else { continue }
                group.addTask { [turnstile] in
                    await turnstile.enter()
                    let answer: Result<CheckSummary, any Error>
                    do { answer = .success(try await body(name, desk)) } catch { answer = .failure(error) }
                    await turnstile.leave()
                    return (name, answer)
                }
            }
            var all: [String: Result<CheckSummary, any Error>] = [:]
            for await (name, answer) in group { all[name] = answer }
            return all
        }
        var total = CheckSummary(results: [], captures: [], passed: true)
        for name in devices {
            switch answers[name] {
            case .success(let summary)?:
                total.results += summary.results
                total.captures += summary.captures
                total.passed = total.passed && summary.passed
            case .failure(let error)?:
                return .failed(
                    error is CancellationError
                        ? RunFailure(.interrupted, what: "checks were not waited for any longer", remedy: "")
                        : RunFailure(
                            .checksFailed, what: "checks could not be carried out: \(error)", device: name,
                            remedy: "look at the device and its transcript"))
            case nil: break
            }
        }
        return .checked(total)
    }
}

extension RunRequest {
    /// The contract's captures that suit a device: filters go to NETCONF, commands to CLI.
    func capturesOf(_ device: String) -> [String] {
        guard let endpoint = plan.devices.first(where: { $0.device == device })?.endpoint else { return [] }
        return plan.captures.filter { $0.hasPrefix("<") == (endpoint == "netconf") }
    }
}
