internal import CanonicalData
package import ChangePlanning
internal import DeviceConfiguration
internal import Diagnostics

/// A plan for those who approve it: per device what changes, how it is protected, how it is taken back.
package struct PlanText {
    private let plan: ChangePlan
    /// `+`/`-` text by device, as in `plan/DEVICE.diff`.
    private let diffs: [String: String]

    package init(_ plan: ChangePlan, diffs: [String: String]) { (self.plan, self.diffs) = (plan, diffs) }

    /// The approver's view.
    package var text: String {
        var page = "Plan for \(plan.engagement), cycle \(plan.cycle)\n"
        page += "\(plan.devices.count) devices, transaction: \(plan.transaction.rawValue), "
        page += "confirm timeout \(plan.confirmTimeoutSeconds) s, on split: \(plan.onSplit.rawValue)\n"
        for wave in plan.waves {
            page += "  wave \(wave.name): \(wave.devices.joined(separator: ", ")), soak \(wave.soakSeconds) s\n"
        }
        for device in plan.devices { page += "\n" + section(device) }
        if !plan.findings.isEmpty {
            page += "\nRisks and doubts\n"
            for finding in plan.findings { page += indent(finding.description, by: 2) }
        }
        return safeForDisplay(page)
    }

    private func section(_ device: DevicePlan) -> String {
        var text = "── \(device.device) (\(device.platform) over \(device.endpoint)) "
        text += String(repeating: "─", count: max(3, 60 - text.count)) + "\n"
        if device.steps.isEmpty { return text + "  nothing to do\n" }
        text += "  strategy    \(device.strategy)\n"
        text += "  protection  \(device.protection.rawValue)\n"
        for note in device.protectionNotes { text += "              \(note)\n" }
        text += "  exclusion   \(device.exclusion == "none" ? "none: others can change it meanwhile" : device.exclusion)\n"
        text += "  base        \(device.baseDigest.prefix)  touched \(device.touchedDigest.prefix)"
        text += "  planned \(device.plannedDigest.prefix)\n"
        if device.unsavedDigest != nil {
            text += "  unsaved     running differs from startup; approving signs that very difference\n"
        }
        text += "  backout     \(device.backoutIsComplete ? "complete" : "INCOMPLETE")\n\n"
        text += indent(diffs[device.device] ?? "", by: 2)
        return text
    }

    private func indent(_ text: String, by count: Int) -> String {
        let pad = String(repeating: " ", count: count)
        return text.split(separator: "\n", omittingEmptySubsequences: false)
            .map { $0.isEmpty ? "" : pad + $0 }.joined(separator: "\n") + (text.hasSuffix("\n") ? "" : "\n")
    }

    /// Method of procedure: what a person would type, device by device, to do the same by hand.
    package var methodOfProcedure: String {
        var page = "# Method of procedure: \(plan.engagement), cycle \(plan.cycle)\n\n"
        page += "By hand there is no network-wide transaction: keep the order, stop at the first surprise, and use the\n"
        page += "backout of what was done, newest first.\n"
        for wave in plan.waves {
            page += "\n## Wave \(wave.name)\n"
            for name in wave.devices {
                guard let device = plan.devices.first(where: { $0.device == name }), !device.steps.isEmpty else { continue }
                page += "\n### \(name) (\(device.platform) over \(device.endpoint), \(device.strategy))\n"
                for step in device.steps {
                    page += "\nStep \(step.id)\n\n" + MarkupText.block(step.forward)
                    page += "\nBackout of step \(step.id)\n\n" + MarkupText.block(step.backout)
                }
            }
            page += "\nWait \(wave.soakSeconds) s, then check.\n"
        }
        return page
    }
}
