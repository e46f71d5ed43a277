internal import CanonicalData
package import Diagnostics
internal import XMLDocuments
internal import YANGData

/// NETCONF content described by YANG modules: differences, edits and undo by libyang (RFC 6241, RFC 7950).
///
/// Values that equal their default compare equal to absent ones (RFC 6243). What no loaded module describes is kept,
/// compared as text and never changed.
package struct YANGConfigurationModel: ConfigurationModel {
    private let schema: YANGSchema

    package init(schema: YANGSchema) { self.schema = schema }

    // MARK: Reading

    /// One context for all trees that are compared or edited together: secrets that the types of their leaves refuse as
    /// placeholders are left unchecked in it.
    private func editing(of raws: [[UInt8]], _ texts: [String] = []) throws(Findings) -> YANGEditing {
        var leaves: [YANGSecrets.Leaf] = []
        for raw in raws where raw.holdsPlaceholder {
            leaves += YANGSecrets.leaves(in: try XMLElement.configuration(in: raw).elements)
        }
        let plain = YANGEditing(context: schema.context)
        for text in texts where Array(text.utf8).holdsPlaceholder {
            leaves += YANGSecrets.leaves(in: try plain.parse(text, at: { _ in nil }, what: "an edit"))
        }
        let unchecked = YANGSecrets.unchecked(leaves, in: schema.context)
        return YANGEditing(context: try YANGSecrets.context(schema.context, unchecked: unchecked))
    }

    private func parse(_ raw: [UInt8], _ editing: YANGEditing) throws(Findings) -> DeviceData {
        let element = try XMLElement.configuration(in: raw)
        return try YANGEditing.failing("the configuration does not fit the modules of \(schema.platform)") {
            try DeviceData(element, in: editing.context)
        }
    }

    package func snapshot(_ raw: [UInt8]) throws(Findings) -> ConfigurationSnapshot {
        ConfigurationSnapshot(
            raw: raw, canonical: YANGConfiguration(try parse(raw, try editing(of: [raw]))).canonicalText)
    }

    private func snapshot(of tree: borrowing DataTree, unknown: [XMLElement]) throws(Findings) -> ConfigurationSnapshot
    {
        let text: String
        do { text = try tree.print(pretty: true) } catch {
            throw Findings([Finding(code: "yang.failed", what: "printing: \(error)", remedy: "report this as a bug")])
        }
        let rest = unknown.map { $0.canonicalText() }
        let raw = "<data xmlns=\"\(YANGEditing.netconf)\">\n" + text + rest.joined() + "</data>\n"
        return ConfigurationSnapshot(
            raw: Array(raw.utf8), canonical: YANGConfiguration(tree, unknown: rest).canonicalText)
    }

    // MARK: Planning

    /// Names, types, ranges, patterns and keys of each top-level element. Constraints that need the rest of the
    /// configuration (leafref, must, mandatory) are checked when the plan is made.
    package func check(_ intended: [IntendedFragment]) -> Findings {
        var findings = Findings()
        for fragment in intended {
            do throws(Findings) {
                let plain = YANGEditing(context: schema.context)
                let elements = try plain.parse(
                    fragment.text, at: { fragment.position(of: $0) }, what: "clause \(fragment.clause)")
                let secrets = YANGSecrets.leaves(in: elements)
                let unchecked = YANGSecrets.unchecked(secrets, in: schema.context)
                let editing = YANGEditing(context: try YANGSecrets.context(schema.context, unchecked: unchecked))
                try editing.check(fragment)
                findings.add(contentsOf: notes(secrets, elements, fragment))
            } catch { findings.add(contentsOf: error) }
        }
        return findings
    }

    private func notes(_ secrets: [YANGSecrets.Leaf], _ elements: [XMLElement], _ fragment: IntendedFragment)
        -> Findings
    {
        let places = XMLPlaces(elements)
        return YANGSecrets.notes(secrets, in: schema.context) { path in
            places.position(path.map(\.local)).flatMap { fragment.position(of: $0) }
        }
    }

    package func checkSecrets(of step: ChangeStep, revealed: Secret) -> Findings {
        guard Array(step.forward.utf8).holdsPlaceholder else { return Findings() }
        do throws(Findings) {
            let plain = YANGEditing(context: schema.context)
            let placeholders = try plain.parse(step.forward, at: { _ in nil }, what: "step \(step.id)")
            return try revealed.withRevealed { text throws(Findings) in
                let values: [XMLElement]
                do throws(Findings) {
                    values = try plain.parse(text, at: { _ in nil }, what: "step \(step.id)")
                } catch {
                    // What was wrong with it could show the value.
                    throw Findings([
                        Finding(
                            code: "yang.secret-value", what: "step \(step.id) is no XML with the values of its secrets",
                            remedy: "correct the secret; nothing was sent")
                    ])
                }
                return YANGSecrets.problems(placeholders, revealed: values, in: schema.context, step: step.id)
            }
        } catch { return error }
    }

    package func change(from observed: ConfigurationSnapshot, to intended: [IntendedFragment]) throws(Findings)
        -> ComputedChange
    {
        let editing = try editing(of: [observed.raw], intended.map(\.text))
        let before = try parse(observed.raw, editing)
        if !before.unknown.isEmpty, intended.contains(where: { $0.ownership == .replace }) {
            throw Findings([
                Finding(
                    code: "yang.replace-unknown",
                    what: "the device holds data that no loaded module describes: "
                        + before.unknown.map { "<\($0.local)> of \($0.namespace)" }.joined(separator: ", "),
                    remedy: "own sections instead of everything: `ownership: section`")
            ])
        }
        let planned = try editing.applied(intended, to: before.known)
        let planSnapshot = try snapshot(of: planned, unknown: before.unknown)
        var findings = Findings()
        for fragment in intended where Array(fragment.text.utf8).holdsPlaceholder {
            let elements = try editing.parse(fragment.text, at: { _ in nil }, what: "clause \(fragment.clause)")
            findings.add(contentsOf: notes(YANGSecrets.leaves(in: elements), elements, fragment))
        }
        if planSnapshot.canonical == observed.canonical {
            return ComputedChange(
                steps: [], diff: "", planned: observed,
                touchedDigest: YANGChange.touched([], in: YANGConfiguration(before.known, unknown: [])),
                findings: findings)
        }
        findings.add(contentsOf: try validity(of: planned, from: before.known))

        let forward = try YANGEditing.failing("diff") { try before.known.diff(to: planned) }
        let backward = try YANGEditing.failing("diff") { try planned.diff(to: before.known) }
        let changes = YANGChange.between(
            YANGConfiguration(before.known, unknown: []), YANGConfiguration(planned, unknown: []))
        let places = try intended.map { fragment throws(Findings) in
            XMLPlaces(try editing.parse(fragment.text, at: { _ in nil }, what: "clause \(fragment.clause)"))
        }
        let lines = changes.map { $0.line(places, intended) }
        let backout = try YANGEditing.failing("undo") { try backward.mergeEdit() }
        let step = ChangeStep(
            id: 1, forward: try YANGEditing.failing("edit") { try forward.mergeEdit() },
            backout: SecretPlaceholder.withoutDeviceSecrets(backout),
            lines: lines)

        var complete = true
        for change in changes {
            guard let secret = change.old?.value, YANGConfiguration.isDeviceSecret(change.segment, secret) else {
                continue
            }
            complete = false
            findings.add(
                Finding(
                    .warning, code: "yang.secret-only-on-device",
                    what:
                        "taking back \((change.path + [change.segment]).joined(separator: "/")) needs a secret that only the device knows",
                    remedy: "supply it with secret(…) in the contract, or accept an incomplete backout there"))
        }
        let modelled = try applying([step], to: observed)
        if modelled.canonical != planSnapshot.canonical {
            findings.add(
                Finding(
                    code: "plan.models-disagree",
                    what: "the edit would not lead to the intended configuration:\n\(modelled.canonical)",
                    remedy: "report the modules of \(schema.platform) with both texts; nothing is planned"))
        }
        let taken = try applying([ChangeStep(id: 1, forward: step.backout, backout: "", lines: [])], to: planSnapshot)
        if complete, taken.canonical != observed.canonical {
            findings.add(
                Finding(
                    code: "plan.models-disagree",
                    what: "the backout would not lead back to what was observed:\n\(taken.canonical)",
                    remedy: "report the modules of \(schema.platform) with both texts; nothing is planned"))
        }
        return ComputedChange(
            steps: [step], diff: YANGChange.text(of: changes), planned: planSnapshot,
            touchedDigest: YANGChange.touched(changes, in: YANGConfiguration(before.known, unknown: [])),
            findings: findings, backoutIsComplete: complete)
    }

    /// What is planned has to be valid; what was invalid before is not blamed on the plan.
    private func validity(of planned: borrowing DataTree, from before: borrowing DataTree) throws(Findings) -> Findings
    {
        func issues(_ tree: borrowing DataTree) throws(Findings) -> [YANGIssue] {
            var copy = try YANGEditing.failing("copy") { try tree.copy() }
            do {
                try copy.validate()
                return []
            } catch let failure as YANGFailure {
                return failure.issues.filter { !$0.isWarning }
            } catch {
                throw Findings([Finding(code: "yang.failed", what: "\(error)", remedy: "report this as a bug")])
            }
        }
        let known = Set(try issues(before).map(\.description))
        return Findings(
            try issues(planned).filter { !known.contains($0.description) }.map { issue in
                Finding(
                    code: "yang.invalid-plan",
                    what:
                        "the planned configuration is not valid: \(issue.message)\(issue.path.map { " (\($0))" } ?? "")",
                    remedy: "correct the contract: the device would refuse this")
            })
    }

    package func applying(_ steps: [ChangeStep], to snapshot: ConfigurationSnapshot) throws(Findings)
        -> ConfigurationSnapshot
    {
        let editing = try editing(of: [snapshot.raw], steps.map(\.forward))
        let before = try parse(snapshot.raw, editing)
        var tree = try YANGEditing.failing("copy") { try before.known.copy() }
        for step in steps where !step.forward.isEmpty {
            try editing.edit(
                &tree, step.forward, .merge, places: XMLPlaces([]), place: { _ in nil }, what: "step \(step.id)")
        }
        return try self.snapshot(of: tree, unknown: before.unknown)
    }

    // MARK: Judging

    package func reconcile(before: ConfigurationSnapshot, steps: [ChangeStep], after: ConfigurationSnapshot)
        throws(Findings) -> Reconciliation
    {
        let applied = try applying(steps, to: before).raw
        let editing = try editing(of: [applied, after.raw])
        let planned = YANGConfiguration(try parse(applied, editing))
        let captured = YANGConfiguration(try parse(after.raw, editing))
        return TreeJudgement.reconcile(planned: planned, captured: captured, steps: steps)
    }

    package func areEquivalent(_ a: ConfigurationSnapshot, _ b: ConfigurationSnapshot) -> Bool {
        guard a.raw != b.raw else { return true }
        // Masked values are not compared by `canonical`; the data are.
        guard a.canonical == b.canonical, let editing = try? editing(of: [a.raw, b.raw]),
            let one = try? parse(a.raw, editing), let other = try? parse(b.raw, editing)
        else { return false }
        return Self.values(one) == Self.values(other)
    }

    private static func values(_ data: borrowing DeviceData) -> [String] {
        YANGConfiguration(data).elements.filter { !$0.equalsDefault }.map { "\($0.key)=\($0.value ?? "")" }
    }

    package func differences(from old: ConfigurationSnapshot, to new: ConfigurationSnapshot)
        -> [ConfigurationDifference]
    {
        guard let editing = try? editing(of: [old.raw, new.raw]), let one = try? parse(old.raw, editing),
            let other = try? parse(new.raw, editing)
        else {
            return old.raw == new.raw
                ? [] : [ConfigurationDifference(kind: .changed, path: [], old: old.canonical, new: new.canonical)]
        }
        let (before, after) = (YANGConfiguration(one), YANGConfiguration(other))
        return TreeJudgement.differences(from: before, to: after)
    }

    package func elements(of snapshot: ConfigurationSnapshot) -> [ConfigurationElement] {
        guard let element = try? XMLElement.configuration(in: snapshot.raw),
            let editing = try? editing(of: [snapshot.raw]), let data = try? parse(snapshot.raw, editing)
        else { return [] }
        let places = XMLPlaces(element.elements)
        return YANGConfiguration(data).elements.map {
            ConfigurationElement(path: $0.path, text: $0.text, line: places.line($0.path + [$0.segment]))
        }
    }

    package func undo(_ steps: [ChangeStep], observed: ConfigurationSnapshot, base: ConfigurationSnapshot)
        throws(Findings) -> [ChangeStep]
    {
        var undone: [ChangeStep] = []
        var current = observed
        let editing = try editing(of: [observed.raw, base.raw], steps.map(\.backout))
        for step in steps.reversed() where !step.backout.isEmpty && !areEquivalent(current, base) {
            let there = try parse(current.raw, editing)
            var target = try YANGEditing.failing("copy") { try there.known.copy() }
            let backout = try editing.tolerant(step.backout)
            try editing.edit(
                &target, backout, .merge, places: XMLPlaces([]), place: { _ in nil },
                what: "the backout of step \(step.id)")
            let after = try snapshot(of: target, unknown: there.unknown)
            // Nothing of this step is there.
            if areEquivalent(after, current) { continue }
            let edit = try YANGEditing.failing("undo") { try there.known.diff(to: target).mergeEdit() }
            undone.append(ChangeStep(id: step.id, forward: edit, backout: "", lines: []))
            current = after
        }
        return undone
    }
}

extension [UInt8] {
    /// Whether a placeholder may be in it, without reading it as text.
    fileprivate var holdsPlaceholder: Bool {
        let mark = Array("@secret(".utf8)
        return withUnsafeBufferPointer { bytes in
            var index = 0
            while index + mark.count <= bytes.count {
                if bytes[index] == mark[0], bytes[index..<index + mark.count].elementsEqual(mark) { return true }
                index += 1
            }
            return false
        }
    }
}
