package import ChangePlanning
package import DeviceConfiguration

/// What the transaction machine has to know of a plan: who, in which order, protected how.
package struct TransactionPlan: Equatable, Sendable, Codable {
    package var scope: TransactionScope
    package var waves: [Wave]
    /// Start nothing new when this many devices have failed.
    package var stopAfterFailures: Int
    package var onSplit: SplitPolicy
    /// Running is made to survive a reboot once everything is confirmed.
    package var saves: Bool
    package var devices: [Device]
    package var limits: TransactionLimits

    package struct Wave: Equatable, Sendable, Codable {
        package var name: String
        package var devices: [String]
        package var soakSeconds: Int
        package init(name: String, devices: [String], soakSeconds: Int) {
            (self.name, self.devices, self.soakSeconds) = (name, devices, soakSeconds)
        }
    }

    package struct Device: Equatable, Sendable, Codable {
        package var name: String
        package var protection: ProtectionClass
        /// False when the plan has no steps for it: it is only read and checked.
        package var hasSteps: Bool
        /// What the device is asked to wait for the confirm.
        package var timerSeconds: Int
        /// The same, rounded up to the device's unit: by then it has certainly begun to revert.
        package var roundedTimerSeconds: Int
        package init(
            name: String, protection: ProtectionClass, hasSteps: Bool, timerSeconds: Int, roundedTimerSeconds: Int
        ) {
            self.name = name
            self.protection = protection
            self.hasSteps = hasSteps
            self.timerSeconds = timerSeconds
            self.roundedTimerSeconds = roundedTimerSeconds
        }

        /// True when the device takes an armed change back without us.
        package var revertsByItself: Bool {
            switch protection {
            case .deviceTimer, .deviceReboot: true
            case .executorOnly: false
            }
        }
    }

    package init(
        scope: TransactionScope, waves: [Wave], stopAfterFailures: Int, onSplit: SplitPolicy, saves: Bool,
        devices: [Device], limits: TransactionLimits = TransactionLimits()
    ) {
        self.scope = scope
        self.waves = waves
        self.stopAfterFailures = stopAfterFailures
        self.onSplit = onSplit
        self.saves = saves
        self.devices = devices
        self.limits = limits
    }
}

/// Times and counts of a transaction, in seconds where the name says so.
package struct TransactionLimits: Equatable, Sendable, Codable {
    /// Added to a device's own timer before we believe that it has reverted.
    package var graceSeconds = 5
    /// The same for a device that reverts by rebooting.
    package var rebootGraceSeconds = 240
    /// Nothing is decided when a device would revert by itself in less than this.
    package var decisionMarginSeconds = 10
    /// How long a device is tried before it counts as unreadable.
    package var settleSeconds = 120
    /// After something unanswered, a device that shows the old state is read again this much later.
    package var recheckSeconds = 5
    /// Pause between two attempts to confirm or to undo.
    package var retryPauseSeconds = 2
    /// How often the undo is computed and sent.
    package var undoAttempts = 4
    /// How many transactions of one device each run at the same time (`transaction: device`).
    package var concurrentTransactions = 16

    package init() {}
}

extension TransactionPlan {
    /// Takes from a plan what the transaction needs. `timerUnit` is the smallest step of a device's confirm timer.
    package init(
        _ plan: ChangePlan, timerUnit: (String) -> Duration, limits: TransactionLimits = TransactionLimits()
    ) {
        let devices = plan.devices.map { device in
            let unit = max(1, Int(timerUnit(device.device).components.seconds))
            return Device(
                name: device.device, protection: device.protection, hasSteps: !device.steps.isEmpty,
                timerSeconds: plan.confirmTimeoutSeconds,
                roundedTimerSeconds: (plan.confirmTimeoutSeconds + unit - 1) / unit * unit)
        }
        self.init(
            scope: plan.transaction,
            waves: plan.waves.map { Wave(name: $0.name, devices: $0.devices, soakSeconds: $0.soakSeconds) },
            stopAfterFailures: plan.stopWhen.failed, onSplit: plan.onSplit, saves: plan.save == .afterConfirm,
            devices: devices, limits: limits)
    }
}
