package import Diagnostics

/// The commands that bring a device from what it runs to what it shall run, and the way back.
///
/// Steps are ordered so that what is referred to exists before it is used and is removed after its last use. Each step
/// has its own backout, which holds as long as later steps have been taken back: undoing goes newest first.
package struct CLIRemediation: Sendable {
    /// One unit of a change.
    package struct Step: Equatable, Sendable {
        /// The section or list it is about.
        package var title: String
        package var forward: [CLICommand]
        package var backout: [CLICommand]
    }

    package let steps: [Step]
    /// What the device shall hold afterwards, by the differ's account; `CLIApplyModel` gives the independent one.
    package let planned: CLITree
    package var diff: CLIDiff { CLIDiff(deltas: deltas, old: observed, new: planned, intended: intended) }
    /// Unknown families that are touched, references to nothing, fail-open windows, incomplete backouts.
    package let findings: Findings
    /// False when a backout needs a secret that only the device knows, or a line that cannot be taken back.
    package let backoutIsComplete: Bool
    /// Stretches of `forward` during which a filter is absent or incomplete; each is a finding too.
    package let failOpenWindows: [FailOpenWindow]
    /// The observed lines that the steps read or change, in comparable form: equal lines, equal plan.
    package var touched: [String] { TouchedLines(observed: observed, intended: intended, deltas: deltas).lines }

    private let observed: CLITree
    private let intended: [(tree: CLITree, ownership: CLIOwnership)]
    private let deltas: [TreeDelta]

    /// Every command in order.
    package var forward: [CLICommand] { Self.joined(steps, \.forward) }
    /// The backouts, newest step first.
    package var backout: [CLICommand] { Self.joined(steps.reversed(), \.backout) }
    package var isEmpty: Bool { steps.isEmpty }

    private static func joined(_ steps: [Step], _ list: KeyPath<Step, [CLICommand]>) -> [CLICommand] {
        var result: [CLICommand] = []
        result.reserveCapacity(steps.reduce(0) { $0 + $1[keyPath: list].count })
        for step in steps { result += step[keyPath: list] }
        return result
    }

    package init(
        from observed: CLITree, to intended: [(tree: CLITree, ownership: CLIOwnership)],
        secrets: CLISecretDisplay = .masked
    ) {
        let target = observed.merging(intended)
        var planner = StepPlanner(old: observed, new: target, secrets: secrets)
        planner.plan()
        steps = planner.steps
        planned = target
        self.observed = observed
        self.intended = intended
        deltas = planner.deltas
        var findings = planner.findings
        for part in intended { findings.add(contentsOf: part.tree.findings) }
        failOpenWindows = FailOpenWindow.among(planner.steps.lazy.flatMap(\.forward), observed: observed)
        for window in failOpenWindows.prefix(20) {
            var finding = window.finding
            finding.what += " (forward lines \(window.opens) to \(window.closes))"
            findings.add(finding)
        }
        self.findings = findings
        backoutIsComplete = planner.backoutIsComplete
    }
}

/// The observed lines that a change reads or changes.
private struct TouchedLines {
    private(set) var lines: [String] = []

    init(observed: CLITree, intended: [(tree: CLITree, ownership: CLIOwnership)], deltas: [TreeDelta]) {
        var nodes: Set<Int> = []
        for part in intended {
            Self.read(
                part.tree, 0, observed, 0, owned: part.ownership == .replace, sections: part.ownership == .section,
                &nodes)
        }
        Self.changed(deltas, observed, &nodes)
        lines = nodes.sorted().map { (observed.path($0) + [observed.canonicalLine($0)]).joined(separator: " / ") }
    }

    /// Lines under the keys that intended texts speak of, and everything in sections they own.
    private static func read(
        _ part: CLITree, _ from: Int, _ observed: CLITree, _ section: Int, owned: Bool, sections: Bool,
        _ nodes: inout Set<Int>
    ) {
        var byKey: [UInt64: [Int]] = [:]
        for child in observed.children(section) { byKey[observed.nodes[child].key, default: []].append(child) }
        for child in part.children(from) {
            for match in byKey[part.nodes[child].key] ?? [] {
                nodes.insert(match)
                if part.nodes[child].flags.contains(.section), owned || sections { below(match, observed, &nodes) }
                read(part, child, observed, match, owned: owned, sections: false, &nodes)
            }
        }
    }

    private static func below(_ node: Int, _ tree: CLITree, _ nodes: inout Set<Int>) {
        for child in tree.children(node) {
            nodes.insert(child)
            below(child, tree, &nodes)
        }
    }

    private static func changed(_ deltas: [TreeDelta], _ observed: CLITree, _ nodes: inout Set<Int>) {
        for delta in deltas {
            if delta.old >= 0 {
                nodes.insert(delta.old)
                if delta.kind == .removed { below(delta.old, observed, &nodes) }
            }
            changed(delta.children, observed, &nodes)
        }
    }
}
