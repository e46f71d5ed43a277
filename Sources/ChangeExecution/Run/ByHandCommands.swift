package import ChangePlanning
internal import DeviceConfiguration

/// What a person types on a device, without us, to make an armed change permanent or to take it back.
package struct ByHandCommands: Equatable, Sendable {
    package var confirm: [String] = []
    package var cancel: [String] = []

    /// - Parameters:
    ///   - plan: nil when the plan of the run is not at hand; then nothing is known.
    ///   - token: the text in place of the persist-id.
    package init(_ plan: DevicePlan?, token: String) {
        guard let plan else { return }
        if plan.endpoint == "netconf", plan.protection != .executorOnly {
            let hasToken = plan.strategy.contains("persist")
            let element = hasToken ? "<persist-id>\(token)</persist-id>" : ""
            confirm = ["<commit>\(element)</commit>"]
            cancel = hasToken ? ["<cancel-commit>\(element)</cancel-commit>"] : ["end the session"]
        } else if plan.protection == .executorOnly {
            let backout = plan.steps.reversed().map(\.backout).filter { !$0.isEmpty }
                .flatMap { $0.split(separator: "\n").map(String.init) }
            guard !backout.isEmpty else { return }
            cancel = plan.endpoint == "cli" ? ["configure terminal"] + backout + ["end"] : backout
        }
    }
}
