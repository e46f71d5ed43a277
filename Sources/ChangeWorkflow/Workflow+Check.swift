internal import ConfigRendering
internal import DesignContracts
internal import DeviceConfiguration
internal import DeviceInventory
package import Diagnostics
internal import Foundation

/// Looking at an engagement's files: offline, nothing is changed.
extension Workflow {
    /// Reads every file of an engagement and of its site, and renders every template for every device.
    package func check(engagement path: String?) async throws(Findings) -> WorkflowAnswer {
        let context = try await engagement(path)
        let loaded = try context.load()
        var findings = loaded.findings
        var report = CheckReport(engagement: loaded.engagement.id, devices: [])
        var lines = ["engagement \(loaded.engagement.id): \(loaded.engagement.title)"]
        lines.append("  spec.md        \(loaded.specification.acceptance.count) acceptance criteria")
        if let contract = loaded.contract {
            let (rendered, warnings) = try await context.render(loaded)
            findings.add(contentsOf: warnings)
            findings.add(contentsOf: Self.contentFindings(rendered, in: context.workspace))
            try findings.throwIfErrors()
            let checks = contract.checksBefore.count + contract.checksAfter.count
            lines.append("  contract.yaml  \(contract.configurations.count) clauses, \(checks) checks")
            for device in rendered {
                let count = device.fragments.reduce(0) { $0 + $1.text.split(separator: "\n").count }
                lines.append("  \(device.device.name)  \(device.device.platform) over \(device.endpoint.kind.rawValue), \(count) lines")
                report.devices.append(
                    .init(
                        name: device.device.name, platform: device.device.platform,
                        endpoint: device.endpoint.kind.rawValue, lines: count, secrets: device.secrets.map(\.text)))
            }
        } else {
            lines.append("  contract.yaml  not written yet")
        }
        lines.append("trust: \(context.site.verdict)")
        let gate: Gate = context.folder.isLocked(by: .spec) ? .design : .spec
        let next = context.folder.isLocked(by: gate) ? "asbuilt status" : "asbuilt approve \(gate.rawValue) --as PRINCIPAL --key FILE"
        return WorkflowAnswer(
            text: safeForDisplay(lines.joined(separator: "\n")), json: CanonicalText.of(report), findings: findings,
            next: next)
    }

    /// What is wrong with rendered NETCONF content by the modules of its platform; the same for many devices is said once.
    private static func contentFindings(_ rendered: [DeviceRendering], in workspace: Workspace) -> Findings {
        var order: [Finding] = []
        var devices: [Finding: [String]] = [:]
        for rendering in rendered where rendering.endpoint.kind == .netconf {
            var found: Findings
            do throws(Findings) {
                let model = try DeviceAccess.model(rendering.device.platform, .netconf, in: workspace)
                found = model.check(rendering.fragments)
            } catch { found = error }
            for finding in found.all {
                if devices[finding] == nil { order.append(finding) }
                devices[finding, default: []].append(rendering.device.name)
            }
        }
        return Findings(
            order.map { finding in
                var finding = finding
                finding.device = (devices[finding] ?? []).joined(separator: ", ")
                return finding
            })
    }

    /// What each device shall hold, as the templates give it now.
    package func render(engagement path: String?, device: String?, annotate: Bool) async throws(Findings)
        -> WorkflowAnswer
    {
        let context = try await engagement(path)
        let (chosen, warnings) = try await context.render(try context.load(), only: device, tracingOrigins: annotate)
        var text = ""
        for rendering in chosen {
            let mark = rendering.endpoint.kind == .netconf ? ("<!-- ", " -->") : ("! ", "")
            for fragment in rendering.fragments {
                text +=
                    "\(mark.0)\(rendering.device.name): clause \(fragment.clause), ownership \(fragment.ownership.rawValue)\(mark.1)\n"
                text += annotate ? Self.annotated(fragment) : fragment.text
                if text.utf8.last != 0x0A { text += "\n" }
            }
        }
        let report = RenderReport(
            devices: chosen.map { rendering in
                .init(
                    name: rendering.device.name, endpoint: rendering.endpoint.kind.rawValue,
                    fragments: rendering.fragments.map {
                        .init(
                            clause: $0.clause, ownership: $0.ownership.rawValue, text: $0.text,
                            provenance: annotate ? $0.provenance : nil)
                    })
            })
        return WorkflowAnswer(
            text: safeForDisplay(Self.withoutLastNewline(text)), makingJSON: { CanonicalText.of(report) }, findings: warnings)
    }

    private static func withoutLastNewline(_ text: String) -> String { text.hasSuffix("\n") ? String(text.dropLast()) : text }

    /// Each line with the template lines that wrote it, innermost first, and the variables on it.
    private static func annotated(_ fragment: IntendedFragment) -> String {
        let lines = withoutLastNewline(fragment.text).split(separator: "\n", omittingEmptySubsequences: false)
        let width = min(60, lines.map(\.count).max() ?? 0)
        return lines.enumerated().map { index, line in
            guard index < fragment.provenance.count else { return String(line) }
            let origin = fragment.provenance[index]
            let places = origin.positions.map { "\($0.file):\($0.line)" }.joined(separator: " < ")
            let values = origin.variables.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }.joined(separator: " ")
            let pad = String(repeating: " ", count: max(0, width - line.count))
            return "\(line)\(pad)  | \(places)" + (values.isEmpty ? "" : "  \(values)")
        }.joined(separator: "\n")
    }
}

private struct CheckReport: Encodable {
    struct Row: Encodable {
        var name: String
        var platform: String
        var endpoint: String
        var lines: Int
        var secrets: [String]
    }
    var asbuilt = "check/v1"
    var engagement: String
    var devices: [Row]
}

private struct RenderReport: Encodable {
    struct Fragment: Encodable {
        var clause: String
        var ownership: String
        var text: String
        var provenance: [LineProvenance]?
    }
    struct Row: Encodable {
        var name: String
        var endpoint: String
        var fragments: [Fragment]
    }
    var asbuilt = "rendering/v1"
    var devices: [Row]
}
