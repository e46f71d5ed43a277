package import ChangePlanning
package import DeviceConfiguration
internal import Foundation
package import WorkspaceStore

/// A run as its journal tells it now, for people who look at it from outside: while it goes on, or after its executor died.
package struct RunView: Equatable, Sendable, Encodable {
    package struct Device: Equatable, Sendable, Encodable {
        package var device: String
        /// What was last done with it, or begun, in words.
        package var last: String
        /// How it ended; nil while it has not.
        package var end: DeviceEndState?
        /// True from the moment arming was journaled until the device is known to have kept the change or to be back.
        package var isPending: Bool
        /// With `isPending`: when it reverts by itself; nil when it does not.
        package var revertsAt: UTCInstant?
        package var confirmByHand: [String]
        package var cancelByHand: [String]
    }
    package var asbuilt = "run/v1"
    package var run: RunID
    package var engagement: String
    package var cycle: Int
    package var state: StoredRun.State
    package var openedAt: UTCInstant
    package var lastAt: UTCInstant?
    /// True once a commit point is journaled: recovery goes forward.
    package var isDecided: Bool
    package var devices: [Device]

    /// Replays a run's journal; contacts nothing.
    ///
    /// - Parameters:
    ///   - plan: the plan it carries out; nil when the folder no longer holds it, and then commands by hand are not known.
    ///   - showsTokens: write persist-ids in clear, for who has to act by hand.
    /// - Throws: `StoreError`, or `DecodingError` when an entry cannot be read.
    package static func read(
        _ stored: StoredRun, plan: ChangePlan?, showsTokens: Bool, from store: any WorkspaceStore
    ) async throws -> RunView {
        var (machine, ledger) = (TransactionMachine(), RunLedger())
        for entry in try await store.events(of: stored.id, from: 1) {
            let timed = try JSONDecoder().decode(TimedEvent.self, from: Data(entry.body))
            ledger.record(timed.event, at: timed.at, effects: machine.handle(timed.event, at: timed.at))
        }
        let ends = machine.endStates
        let devices = (ledger.plan?.devices ?? []).map { device in
            let known = ledger.devices[device.name]
            let exposure = machine.devices[device.name]?.pendingExposure
            let token = known?.token.map { showsTokens ? $0.text : $0.description } ?? "•••"
            var devicePlan = plan?.devices.first { $0.device == device.name }
            // The plan's steps lead the other way than a rollback does: its backout would not take that back.
            if stored.takesBack != nil { devicePlan?.steps = [] }
            let hands = ByHandCommands(devicePlan, token: token)
            return Device(
                device: device.name, last: ledger.timeline.last { $0.device == device.name }?.what ?? "not begun",
                end: ends[device.name], isPending: exposure != nil, revertsAt: exposure?.revertsAt,
                confirmByHand: exposure == nil ? [] : hands.confirm, cancelByHand: exposure == nil ? [] : hands.cancel)
        }
        return RunView(
            run: stored.id, engagement: stored.engagement, cycle: stored.cycle, state: stored.state,
            openedAt: stored.openedAt,
            lastAt: ledger.lastAt, isDecided: !ledger.decidedAt.isEmpty, devices: devices)
    }
}
