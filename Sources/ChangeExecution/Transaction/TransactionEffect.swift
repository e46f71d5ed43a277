package import WorkspaceStore

/// One thing the machine asks the shell to do. Its id follows from the journal, so a result always finds its question.
package struct Effect: Equatable, Sendable, Codable {
    package var id: Int
    package var action: EffectAction
    package init(id: Int, action: EffectAction) { (self.id, self.action) = (id, action) }
}

/// What can be asked. Each is answered by one `finished` event, `interrupt` by none.
///
/// Doing one twice does no harm: those that change a device begin by an intent in the journal, use the journaled token,
/// or read the device first.
package enum EffectAction: Equatable, Sendable, Codable {
    /// Are the approvals still valid, and does the wave fit into what is left of the window?
    case checkGate(wave: String)
    case lease(device: String)
    case connect(device: String)
    case lock(device: String)
    /// Read the device and decide whether the signed plan still fits it.
    case observe(device: String)
    case stage(device: String)
    case validate(device: String)
    /// Captures and checks from before the change.
    case checkBefore(devices: [String])
    /// Make it take effect; preceded by an `armStarting` event, on executor-only devices also by `stepStarting`.
    case arm(device: String, timeoutSeconds: Int)
    /// Read the device back and account for every difference.
    case readBack(device: String)
    /// A new connection and login; `last` also compares running with what was read back.
    case guardAccess(device: String, last: Bool)
    case soak(wave: String, until: UTCInstant)
    /// The contract's checks over all devices; must end before the deadline.
    case verify(devices: [String], deadline: UTCInstant?)
    /// Answered by a `decided` event: the commit point.
    case decide(devices: [String])
    case confirm(device: String, notBefore: UTCInstant, until: UTCInstant)
    /// Drop what was staged, if it is ours.
    case discard(device: String)
    case cancel(device: String, until: UTCInstant)
    /// Read the device, send what is left of the backout, read it again.
    case undo(device: String, reason: UndoReason, notBefore: UTCInstant, until: UTCInstant)
    /// Read the device and compare it with before and after.
    case read(device: String, notBefore: UTCInstant, until: UTCInstant)
    case save(device: String)
    case captureAfter(device: String)
    /// Close sessions, unlock, give the lease back unless it has to keep others away from an unsettled device.
    case release(device: String, keepLease: Bool)
    /// Stop waiting for this effect; it then fails as interrupted.
    case interrupt(effect: Int)
}

package enum UndoReason: String, Sendable, Codable {
    /// The transaction failed before its commit point.
    case failure
    /// Another device reverted by itself after the commit point.
    case split
}

extension EffectAction {
    /// The one device it is about; nil when it is about several.
    package var device: String? {
        switch self {
        case .lease(let device), .connect(let device), .lock(let device), .observe(let device), .stage(let device),
            .validate(let device), .arm(let device, _), .readBack(let device), .guardAccess(let device, _),
            .confirm(let device, _, _), .discard(let device), .cancel(let device, _), .undo(let device, _, _, _),
            .read(let device, _, _), .save(let device), .captureAfter(let device), .release(let device, _):
            device
        case .checkGate, .checkBefore, .soak, .verify, .decide, .interrupt: nil
        }
    }

    /// The phase that people see.
    package var phase: RunPhase {
        switch self {
        case .checkGate, .checkBefore: .preflight
        case .lease: .lease
        case .connect: .connect
        case .lock: .lock
        case .observe: .observe
        case .stage: .stage
        case .validate: .validate
        case .arm: .arm
        case .readBack: .readBack
        case .guardAccess: .guardAccess
        case .soak: .soak
        case .verify: .verify
        case .decide: .decide
        case .confirm: .confirm
        case .discard, .cancel, .undo: .backOut
        case .read, .captureAfter: .settle
        case .save: .save
        case .release, .interrupt: .release
        }
    }
}

/// Where a device or wave is in its life (DESIGN §7).
package enum RunPhase: String, Sendable, Codable, CaseIterable {
    case preflight, lease, connect, lock, observe, stage, validate, arm
    case readBack = "read back"
    case soak, verify
    case guardAccess = "guard"
    case decide, confirm
    case backOut = "back out"
    case settle, save, release
}
