internal import ChangePlanning
internal import DeviceConfiguration
internal import WorkspaceStore

extension ChangeRun {
    /// One run per device at a time in a workspace.
    func lease(_ device: String) async -> EffectResult {
        let resource = Lease.resource(device: device)
        do {
            let now = environment.clock.now()
            let held = try await environment.store.lease(on: resource)
            var replacing: Lease?
            if let held, let run = held.run, run != request.run {
                // A lease outlives its time while its run is open: that run may still have to settle the device.
                guard try await environment.store.run(run)?.state != .open else { return .refused(Self.taken(held)) }
                replacing = held
            } else if let held, held.run == request.run {
                replacing = held
            }
            _ = try await environment.store.acquireLease(
                on: resource, for: request.run, owner: environment.owner, until: now + environment.limits.lease,
                at: now, replacing: replacing)
            return .done
        } catch {
            if error.code == .leaseHeld, let held = error.holder { return .refused(Self.taken(held)) }
            return .failed(RunFailure(error, device: device))
        }
    }

    private static func taken(_ lease: Lease) -> RunFailure {
        RunFailure(
            .lease, what: "another run has it: \(lease.run?.text ?? "unnamed"), \(lease.owner)",
            device: String(lease.resource.dropFirst("device/".count)),
            remedy: "wait for it, or `asbuilt resume \(lease.run?.text ?? "RUN")` when its executor is gone")
    }

    /// After a restart: the devices that are not settled are this process's now.
    func takeLeases(_ machine: TransactionMachine) async throws {
        let ends = machine.endStates
        for plan in request.plan.devices where ends[plan.device] == nil || ends[plan.device] == .unknown {
            switch await lease(plan.device) {
            case .refused(let failure), .failed(let failure): throw failure
            default: break
            }
        }
    }

    func giveBack(_ device: String) async {
        // A lease that cannot be given back runs out by itself, and no longer counts once its run is finished.
        guard let held = try? await environment.store.lease(on: Lease.resource(device: device)),
            held.run == request.run
        else { return }
        try? await environment.store.releaseLease(held)
    }
}
