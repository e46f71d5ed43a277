internal import CLIApplyModel
internal import CLIConfiguration
internal import CanonicalData
package import Diagnostics

/// CLI text of one dialect, understood as a tree of lines.
package struct CLIConfigurationModel: ConfigurationModel {
    private let dialect: CLIDialect
    /// What a device shows, and that together with all intended texts.
    private let maximumBytes: Int

    /// Nil when there is no dialect of this name; `knownPlatforms` lists them.
    package init?(platform: String, maximumBytes: Int = CLIConfigurationModel.maximumBytes) {
        guard let dialect = CLIDialect.named(platform) else { return nil }
        (self.dialect, self.maximumBytes) = (dialect, maximumBytes)
    }

    /// 256 MiB.
    package static var maximumBytes: Int { CLITree.maximumBytes }

    private func checkSize(_ bytes: Int, _ file: String) throws(Findings) {
        if bytes > maximumBytes { throw Findings([CLITree.tooLong(bytes, maximumBytes, file: file)]) }
    }

    /// Platforms whose configuration text is understood, sorted.
    package static var knownPlatforms: [String] { CLIDialect.all.map(\.name) }

    private func tree(_ snapshot: ConfigurationSnapshot, file: String = "running configuration") -> CLITree {
        CLITree(parsing: snapshot.raw, file: file, dialect: dialect)
    }

    private func snapshot(of tree: CLITree) -> ConfigurationSnapshot {
        ConfigurationSnapshot(raw: Array(tree.printed.utf8), canonical: tree.canonicalText)
    }

    package func snapshot(_ raw: [UInt8]) throws(Findings) -> ConfigurationSnapshot {
        try checkSize(raw.count, "running configuration")
        return ConfigurationSnapshot(
            raw: raw, canonical: CLITree(parsing: raw, file: "running configuration", dialect: dialect).canonicalText)
    }

    package func change(from observed: ConfigurationSnapshot, to intended: [IntendedFragment]) throws(Findings)
        -> ComputedChange
    {
        try checkSize(
            intended.reduce(observed.raw.count) { $0 + $1.text.utf8.count }, "running and intended configuration")
        let parts = intended.map { fragment in
            (
                tree: CLITree(parsing: fragment.text, file: "clause \(fragment.clause)", dialect: dialect),
                ownership: Self.ownership(fragment.ownership)
            )
        }
        let observedTree = tree(observed)
        let remediation = CLIRemediation(from: observedTree, to: parts)
        let steps = remediation.steps.enumerated().map { offset, step in
            ChangeStep(
                id: offset + 1, forward: Self.text(step.forward), backout: Self.text(step.backout),
                lines: step.forward.map { Self.sentLine($0, intended) })
        }
        let modelled = CLIApplyModel.applying(remediation.forward, to: observedTree)
        var findings = remediation.findings
        findings.add(contentsOf: doubts(modelled, remediation, dialect))
        return ComputedChange(
            steps: steps, diff: remediation.diff.text, planned: snapshot(of: modelled.tree),
            touchedDigest: .sha256(remediation.touched.joined(separator: "\n")), findings: findings,
            backoutIsComplete: remediation.backoutIsComplete)
    }

    /// The apply model shares no code with the differ: where they disagree, nothing may be sent.
    private func doubts(_ modelled: CLIApplyModel.Outcome, _ remediation: CLIRemediation, _ dialect: CLIDialect)
        -> Findings
    {
        var findings = Findings()
        for refusal in modelled.refused {
            findings.add(
                Finding(
                    code: "plan.line-refused", what: "`\(refusal.line)` would be refused: \(refusal.reason)",
                    remedy: "mend the template, or report the \(dialect.name) dialect"))
        }
        if !CLIDiff(from: modelled.tree, to: remediation.planned).isEmpty {
            findings.add(
                Finding(
                    code: "plan.models-disagree",
                    what: "the commands would not lead to the intended configuration:\n"
                        + CLIDiff(from: modelled.tree, to: remediation.planned).text,
                    remedy: "report the \(dialect.name) dialect with both texts; nothing is planned"))
        }
        return findings
    }

    package func applying(_ steps: [ChangeStep], to snapshot: ConfigurationSnapshot) throws(Findings)
        -> ConfigurationSnapshot
    {
        let commands = steps.flatMap { Self.lines($0.forward) }
        return self.snapshot(of: CLIApplyModel.applying(commands, to: tree(snapshot)).tree)
    }

    package func reconcile(before: ConfigurationSnapshot, steps: [ChangeStep], after: ConfigurationSnapshot)
        throws(Findings) -> Reconciliation
    {
        let lines = steps.flatMap(\.lines)
        let commands = lines.map { CLICommand(text: $0.text, path: $0.path, kind: Self.kind($0.kind)) }
        let beforeTree = tree(before)
        let planned = CLIApplyModel.applying(commands, to: beforeTree).tree
        let judged = CLIReconciliation(before: beforeTree, sent: commands, planned: planned, captured: tree(after))
        return Reconciliation(
            entries: judged.entries.map { entry in
                Reconciliation.Entry(
                    verdict: Self.verdict(entry.verdict), path: entry.path, sent: entry.sent, captured: entry.captured,
                    rule: entry.rule, provenance: entry.command.flatMap { lines[$0].provenance })
            })
    }

    package func areEquivalent(_ a: ConfigurationSnapshot, _ b: ConfigurationSnapshot) -> Bool {
        a.raw == b.raw || CLIDiff(from: tree(a), to: tree(b)).isEmpty
    }

    package func differences(from old: ConfigurationSnapshot, to new: ConfigurationSnapshot)
        -> [ConfigurationDifference]
    {
        CLIDiff(from: tree(old), to: tree(new)).changes.map { change in
            let kind: ConfigurationDifference.Kind =
                switch change.kind {
                case .added: .added
                case .removed: .removed
                case .changed: .changed
                case .moved: .moved
                }
            return ConfigurationDifference(kind: kind, path: change.path, old: change.old, new: change.new)
        }
    }

    package func elements(of snapshot: ConfigurationSnapshot) -> [ConfigurationElement] {
        var elements: [ConfigurationElement] = []
        func walk(_ node: CLINode, _ path: [String]) {
            for child in node.children where !child.saysDefault {
                let text = child.comparableText
                elements.append(ConfigurationElement(path: path, text: text, line: child.line + 1))
                walk(child, path + [text])
            }
        }
        walk(tree(snapshot).root, [])
        return elements
    }

    package func undo(_ steps: [ChangeStep], observed: ConfigurationSnapshot, base: ConfigurationSnapshot)
        throws(Findings) -> [ChangeStep]
    {
        var current = tree(observed)
        let target = tree(base)
        var undone: [ChangeStep] = []
        for step in steps.reversed() where !CLIDiff(from: current, to: target).isEmpty {
            let lines = withoutStrayNegations(Self.lines(step.backout), on: current, target)
            let outcome = CLIApplyModel.applying(lines, to: current)
            // Nothing of this step is there: sending its backout would only provoke errors.
            if CLIDiff(from: current, to: outcome.tree).isEmpty { continue }
            let needless = Set(outcome.withoutEffect.filter { lines[$0].hasPrefix(dialect.negation + " ") })
                .union(outcome.refused.map(\.index))
            let kept = lines.enumerated().filter { !needless.contains($0.offset) }.map(\.element)
            undone.append(ChangeStep(id: step.id, forward: kept.joined(separator: "\n"), backout: "", lines: []))
            current = outcome.tree
        }
        return undone
    }

    /// Leaves out negations of what is not there and that the base does not show as a value of its own.
    private func withoutStrayNegations(_ lines: [String], on current: CLITree, _ base: CLITree) -> [String] {
        let wanted = Set(CLIDiff(from: current, to: base).changes.compactMap(\.new))
        let outcome = CLIApplyModel.applying(lines, to: current)
        let strays = Set(
            CLIDiff(from: current, to: outcome.tree).changes.compactMap(\.new).filter {
                $0.hasPrefix(dialect.negation + " ") && !wanted.contains($0)
            })
        return lines.filter { line in !strays.contains(String(line.drop { $0 == " " })) }
    }

    // MARK: Between the two vocabularies

    private static func ownership(_ ownership: Ownership) -> CLIOwnership {
        switch ownership {
        case .merge: .merge
        case .section: .section
        case .replace: .replace
        }
    }

    private static func text(_ commands: [CLICommand]) -> String { commands.map(\.text).joined(separator: "\n") }

    private static func lines(_ text: String) -> [String] {
        text.isEmpty ? [] : text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
    }

    private static func sentLine(_ command: CLICommand, _ intended: [IntendedFragment]) -> SentLine {
        let provenance = command.source.flatMap { source -> LineProvenance? in
            guard intended.indices.contains(source.part),
                intended[source.part].provenance.indices.contains(source.line)
            else { return nil }
            return intended[source.part].provenance[source.line]
        }
        let kind: SentLine.Kind =
            switch command.kind {
            case .set: .set
            case .remove: .remove
            case .navigate: .navigate
            }
        return SentLine(text: command.text, path: command.path, kind: kind, provenance: provenance)
    }

    private static func kind(_ kind: SentLine.Kind) -> CLICommand.Kind {
        switch kind {
        case .set: .set
        case .remove: .remove
        case .navigate: .navigate
        }
    }

    private static func verdict(_ verdict: CLIReconciliation.Verdict) -> Reconciliation.Verdict {
        switch verdict {
        case .asDesigned: .asDesigned
        case .normalised: .normalised
        case .missing: .missing
        case .sideEffect: .sideEffect
        case .unobservable: .unobservable
        case .unexplained: .unexplained
        }
    }
}
