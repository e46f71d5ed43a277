internal import CLIApplyModel
internal import CLIConfiguration
package import Diagnostics
internal import Foundation

/// Who owns what a transform's intended text touches; the words of a contract.
package enum TransformOwnership: String, Sendable, CaseIterable { case merge, section, replace }

/// Transforms of configuration texts, without devices: useful alone in anybody's CI.
extension Workflow {
    private func tree(_ path: String, platform: String) throws(Findings) -> CLITree {
        guard let dialect = CLIDialect.named(platform) else {
            throw Findings([
                Finding(
                    code: "platform.unknown", what: "no dialect is called `\(platform)`",
                    remedy: "known: " + CLIDialect.all.map(\.name).joined(separator: ", "))
            ])
        }
        return CLITree(parsing: try bytes(of: path), file: path, dialect: dialect)
    }

    /// What differs between two configurations. Status 1 when something does.
    package func compare(_ old: String, _ new: String, platform: String) throws(Findings) -> WorkflowAnswer {
        let (a, b) = (try tree(old, platform: platform), try tree(new, platform: platform))
        let diff = CLIDiff(from: a, to: b)
        var findings = a.findings
        findings.add(contentsOf: b.findings)
        let report = DiffReport(
            platform: platform,
            changes: diff.changes.map {
                DiffReport.Change(
                    kind: $0.kind.rawValue, path: $0.path, old: $0.old, new: $0.new,
                    oldPosition: $0.oldPosition?.description, newPosition: $0.newPosition?.description)
            })
        return WorkflowAnswer(
            text: safeForDisplay(diff.text), json: CanonicalText.of(report),
            status: diff.isEmpty ? .done : .differences, findings: findings)
    }

    /// The commands that bring a device from `running` to `intended`, or back.
    package func remediate(
        running: String, intended: String, platform: String, ownership: TransformOwnership, backout: Bool,
        showSecrets: Bool
    ) throws(Findings) -> WorkflowAnswer {
        let (observed, wanted) = (try tree(running, platform: platform), try tree(intended, platform: platform))
        let owned = CLIOwnership(rawValue: ownership.rawValue) ?? .merge
        let change = CLIRemediation(from: observed, to: [(wanted, owned)], secrets: showSecrets ? .shown : .masked)
        var findings = change.findings
        let modelled = CLIApplyModel.applying(change.forward, to: observed)
        for refusal in modelled.refused {
            findings.add(
                Finding(
                    code: "remediate.line-refused", what: "`\(refusal.line)` would be refused: \(refusal.reason)",
                    remedy: "do not send these lines; report the \(platform) dialect with both files"))
        }
        let remaining = CLIDiff(from: modelled.tree, to: change.planned)
        if !remaining.isEmpty {
            findings.add(
                Finding(
                    code: "remediate.not-reached", what: "the commands would leave these differences:\n\(remaining.text)",
                    remedy: "do not send these lines; report the \(platform) dialect with both files"))
        }
        try findings.throwIfErrors()
        let commands = backout ? change.backout : change.forward
        let report = RemediationReport(
            platform: platform, direction: backout ? "backout" : "forward", commands: commands.map(\.text),
            backoutIsComplete: change.backoutIsComplete)
        return WorkflowAnswer(
            text: commands.map(\.text).joined(separator: "\n"), json: CanonicalText.of(report), findings: findings)
    }
}

private struct DiffReport: Encodable {
    struct Change: Encodable {
        var kind: String
        var path: [String]
        var old: String?
        var new: String?
        var oldPosition: String?
        var newPosition: String?
    }
    var asbuilt = "diff/v1"
    var platform: String
    var changes: [Change]
}

private struct RemediationReport: Encodable {
    var asbuilt = "remediation/v1"
    var platform: String
    var direction: String
    var commands: [String]
    var backoutIsComplete: Bool
}
