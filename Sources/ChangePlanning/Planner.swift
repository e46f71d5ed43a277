package import CanonicalData
package import DeviceConfiguration
package import Diagnostics

/// Computes a plan. Pure: the same input gives the same bytes.
package struct Planner: Sendable {
    private let input: PlanningInput
    package init(_ input: PlanningInput) { self.input = input }

    /// The plan of all devices, or every reason why there is none.
    package func plan() throws(Findings) -> PlanningResult {
        var findings = Findings()
        var devices: [DevicePlan] = []
        var files: [String: DevicePlanFiles] = [:]
        var planned: [String: ConfigurationSnapshot] = [:]
        for device in input.devices.sorted(by: { $0.name < $1.name }) {
            do {
                let change = try device.model.change(from: device.observed, to: device.intended)
                for finding in change.findings.all { findings.add(finding.about(device.name)) }
                findings.add(contentsOf: risks(of: change, on: device))
                devices.append(entry(for: device, change))
                files[device.name] = Self.files(for: device, change)
                planned[device.name] = change.planned
            } catch {
                for finding in error.all { findings.add(finding.about(device.name)) }
            }
        }
        let touched = devices.filter { !$0.steps.isEmpty }
        if let limit = input.terms.maximumDevices, touched.count > limit {
            findings.add(
                Finding(
                    code: "plan.too-many-devices",
                    what: "the plan changes \(touched.count) devices, the specification allows \(limit)",
                    remedy: "narrow the contract's selector, or amend the specification's max-devices"))
        }
        try findings.throwIfErrors()
        let terms = input.terms
        let plan = ChangePlan(
            engagement: input.engagement, cycle: input.cycle, transaction: terms.transaction, waves: terms.waves,
            stopWhen: terms.stopWhen, confirmTimeoutSeconds: terms.confirmTimeoutSeconds, onSplit: terms.onSplit,
            staleRule: terms.staleRule, save: terms.save, accepted: terms.accepted.sorted(),
            captures: terms.captures, devices: devices, findings: findings.sorted().all)
        return PlanningResult(plan: plan, files: files, planned: planned)
    }

    private func entry(for device: PlanningDevice, _ change: ComputedChange) -> DevicePlan {
        var unsaved: Digest?
        if let startup = device.startup, !device.model.areEquivalent(startup, device.observed) {
            unsaved = Self.unsavedDigest(startup: startup, running: device.observed)
        }
        return DevicePlan(
            device: device.name, platform: device.platform, endpoint: device.endpoint, strategy: device.strategy,
            protection: device.protection, protectionNotes: device.protectionNotes, exclusion: device.exclusion,
            baseDigest: device.observed.digest, touchedDigest: change.touchedDigest,
            plannedDigest: change.planned.digest, unsavedDigest: unsaved, backoutIsComplete: change.backoutIsComplete,
            steps: change.steps, secrets: device.secrets)
    }

    /// Stands for one very difference between startup and running, which approvers may sign.
    package static func unsavedDigest(startup: ConfigurationSnapshot, running: ConfigurationSnapshot) -> Digest {
        .sha256("startup \(startup.digest.hex)\nrunning \(running.digest.hex)\n")
    }

    private func risks(of change: ComputedChange, on device: PlanningDevice) -> Findings {
        var findings = Findings()
        guard !change.isEmpty else { return findings }
        func weigh(_ weakness: AcceptableWeakness, _ what: String, _ remedy: String) {
            let isAccepted = input.terms.accepted.contains(weakness.rawValue)
            findings.add(
                Finding(
                    isAccepted ? .warning : .error, code: "plan.\(weakness.rawValue)",
                    what: what + (isAccepted ? " (accepted by the contract)" : ""), device: device.name,
                    remedy: isAccepted ? "" : remedy + ", or list \(weakness.rawValue) under accept: in contract.yaml"))
        }
        if !device.legacyAlgorithms.isEmpty {
            findings.add(
                Finding(
                    .warning, code: "plan.legacy-algorithms",
                    what: "old SSH algorithms are allowed for it: \(device.legacyAlgorithms.joined(separator: ", "))",
                    device: device.name, remedy: "renew the device's SSH software or configuration, then take them off its list"))
        }
        if device.protection == .deviceReboot {
            weigh(.revertByReboot, "the device takes an unconfirmed change back by rebooting", "use another endpoint")
        }
        if !change.backoutIsComplete, device.protection != .deviceTimer {
            weigh(
                .backoutIncomplete, "the way back needs a secret that only the device knows",
                "supply it with secret() in the template")
        }
        if device.protection == .executorOnly, let line = ownPathLine(in: change, on: device) {
            weigh(
                .ownPath, "`\(line)` touches the path by which asbuilt reaches the device, and nothing but asbuilt "
                    + "could take it back", "reach the device another way")
        }
        if let startup = device.startup, !device.model.areEquivalent(startup, device.observed) {
            findings.add(
                Finding(
                    .warning, code: "plan.unsaved-changes",
                    what: "running differs from startup before the change; saving would make that difference permanent",
                    device: device.name, remedy: "approving the plan approves exactly this difference"))
        }
        return findings
    }

    /// The first line that could cut us off: the interface that has our address, remote access, AAA, default route.
    private func ownPathLine(in change: ComputedChange, on device: PlanningDevice) -> String? {
        let remoteAccess = ["line vty", "aaa ", "username ", "ip ssh", "ip access-group", "ip route 0.0.0.0/0", "no ip route 0.0.0.0/0"]
        let ours = Self.interface(holding: device.address, in: device.observed.canonical)
        for line in change.steps.flatMap(\.lines) where line.kind != .navigate {
            let text = (line.path + [line.text]).joined(separator: " ")
            if remoteAccess.contains(where: { line.text.hasPrefix($0) || line.path.first?.hasPrefix($0) == true }) {
                return text
            }
            if let ours, line.path.first == ours || line.text == "no \(ours)" { return text }
        }
        return nil
    }

    /// `interface X` in whose section the address stands, or nil.
    private static func interface(holding address: String, in configuration: String) -> String? {
        guard !address.isEmpty else { return nil }
        var current: String?
        for line in configuration.split(separator: "\n") {
            if !line.hasPrefix(" ") { current = line.hasPrefix("interface ") ? String(line) : nil }
            let words = line.split(separator: " ")
            if current != nil, words.contains(where: { $0 == address || $0.hasPrefix(address + "/") }) { return current }
        }
        return nil
    }

    private static func files(for device: PlanningDevice, _ change: ComputedChange) -> DevicePlanFiles {
        let mark = device.endpoint == "netconf" ? ("<!-- ", " -->") : ("! ", "")
        func commented(_ text: String) -> String { mark.0 + text + mark.1 + "\n" }
        var intended = ""
        for fragment in device.intended {
            intended += commented("clause \(fragment.clause), ownership \(fragment.ownership.rawValue)")
            intended += fragment.text.hasSuffix("\n") ? fragment.text : fragment.text + "\n"
        }
        func steps(_ list: [ChangeStep], _ text: (ChangeStep) -> String) -> String {
            list.map { step in
                let body = text(step)
                return commented("step \(step.id)") + (body.hasSuffix("\n") || body.isEmpty ? body : body + "\n")
            }.joined()
        }
        return DevicePlanFiles(
            intended: intended, diff: change.diff, forward: steps(change.steps, \.forward),
            backout: steps(change.steps.reversed(), \.backout))
    }
}

extension Finding {
    /// The same finding, said of a device.
    fileprivate func about(_ device: String) -> Finding {
        var copy = self
        if copy.device == nil { copy.device = device }
        return copy
    }
}
