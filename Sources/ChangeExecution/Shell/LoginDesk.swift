internal import WorkspaceStore

/// Paces logins per AAA domain, and stops them at the first signs of an account being locked out.
actor LoginDesk {
    private struct Domain {
        var next: UTCInstant
        var refused = 0
    }
    private var domains: [String: Domain] = [:]
    private let clock: any ExecutionClock
    private let limits: ExecutionLimits

    init(clock: any ExecutionClock, limits: ExecutionLimits) { (self.clock, self.limits) = (clock, limits) }

    /// Waits for this login's turn. `isRecovery`: a change has to be confirmed or taken back, which a tripped breaker
    /// does not stop: those logins have worked before.
    func admit(_ domain: String, device: String, isRecovery: Bool) async throws {
        let now = clock.now()
        var state = domains[domain] ?? Domain(next: now)
        if state.refused >= limits.refusedLogins, !isRecovery {
            throw RunFailure(
                .loginsStopped,
                what: "\(state.refused) logins were refused in AAA domain '\(domain)': no more are tried",
                device: device, remedy: "check the credentials and whether the account is locked, then start again")
        }
        let turn = max(now, state.next)
        state.next = turn + .milliseconds(1000 / max(1, limits.loginsPerSecond))
        domains[domain] = state
        if now < turn { try await clock.sleep(until: turn) }
    }

    func refused(_ domain: String) { domains[domain, default: Domain(next: clock.now())].refused += 1 }
    func accepted(_ domain: String) { domains[domain]?.refused = 0 }
}

/// Lets a limited number in at a time, in the order they came.
actor Turnstile {
    private var free: Int
    private var waiting: [CheckedContinuation<Void, Never>] = []

    init(width: Int) { free = max(1, width) }

    func enter() async {
        if free > 0 {
            free -= 1
        } else {
            await withCheckedContinuation { waiting.append($0) }
        }
    }

    func leave() {
        if waiting.isEmpty {
            free += 1
        } else {
            waiting.removeFirst().resume()
        }
    }
}
