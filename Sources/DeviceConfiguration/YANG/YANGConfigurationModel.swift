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
    private var editing: YANGEditing { YANGEditing(context: schema.context) }

    package init(schema: YANGSchema) { self.schema = schema }

    // MARK: Reading

    /// `<data>` or `<config>`, or their content alone.
    private func container(_ raw: [UInt8]) throws(Findings) -> XMLElement {
        do throws(XMLError) {
            let text = String(decoding: raw, as: UTF8.self)
            let elements = try XMLElement.fragments(parsing: text, namespaces: ["nc": YANGEditing.netconf])
            if elements.count == 1, ["data", "config"].contains(elements[0].local) { return elements[0] }
            return XMLElement("data", in: YANGEditing.netconf, elements)
        } catch {
            throw Findings([
                Finding(
                    code: "yang.not-xml", what: "the configuration is not XML: \(error.what)",
                    at: error.position.map { SourcePosition(file: "running configuration", line: $0.line, column: $0.column) },
                    remedy: "read it with <get-config> again")
            ])
        }
    }

    private func parse(_ raw: [UInt8]) throws(Findings) -> DeviceData {
        let element = try container(raw)
        return try YANGEditing.failing("the configuration does not fit the modules of \(schema.platform)") {
            try DeviceData(element, in: schema.context)
        }
    }

    package func snapshot(_ raw: [UInt8]) throws(Findings) -> ConfigurationSnapshot {
        ConfigurationSnapshot(raw: raw, canonical: YANGConfiguration(try parse(raw)).canonicalText)
    }

    private func snapshot(of tree: borrowing DataTree, unknown: [XMLElement]) throws(Findings) -> ConfigurationSnapshot {
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

    package func change(from observed: ConfigurationSnapshot, to intended: [IntendedFragment]) throws(Findings)
        -> ComputedChange
    {
        let before = try parse(observed.raw)
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
        if planSnapshot.canonical == observed.canonical {
            return ComputedChange(
                steps: [], diff: "", planned: observed, touchedDigest: touched([], before.known, intended),
                findings: findings)
        }
        findings.add(contentsOf: try validity(of: planned, from: before.known))

        let forward = try YANGEditing.failing("diff") { try before.known.diff(to: planned) }
        let backward = try YANGEditing.failing("diff") { try planned.diff(to: before.known) }
        let changes = YANGChange.between(YANGConfiguration(before.known, unknown: []), YANGConfiguration(planned, unknown: []))
        let places = try intended.map { fragment throws(Findings) in
            XMLPlaces(try editing.parse(fragment.text, at: { _ in nil }, what: "clause \(fragment.clause)"))
        }
        let lines = changes.map { line($0, places, intended) }
        let backout = try YANGEditing.failing("undo") { try backward.mergeEdit() }
        let step = ChangeStep(
            id: 1, forward: try YANGEditing.failing("edit") { try forward.mergeEdit() }, backout: masked(backout),
            lines: lines)

        var complete = true
        for change in changes {
            guard let secret = change.old?.value, YANGConfiguration.isDeviceSecret(change.segment, secret) else { continue }
            complete = false
            findings.add(
                Finding(
                    .warning, code: "yang.secret-only-on-device",
                    what: "taking back \((change.path + [change.segment]).joined(separator: "/")) needs a secret that only the device knows",
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
            touchedDigest: touched(changes, before.known, intended), findings: findings, backoutIsComplete: complete)
    }

    /// What is planned has to be valid; what was invalid before is not blamed on the plan.
    private func validity(of planned: borrowing DataTree, from before: borrowing DataTree) throws(Findings) -> Findings {
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
                    what: "the planned configuration is not valid: \(issue.message)\(issue.path.map { " (\($0))" } ?? "")",
                    remedy: "correct the contract: the device would refuse this")
            })
    }

    private func line(_ change: YANGChange, _ places: [XMLPlaces], _ intended: [IntendedFragment]) -> SentLine {
        var provenance: LineProvenance?
        for (index, place) in places.enumerated().reversed() {
            guard let line = place.line(change.path + [change.segment]),
                intended[index].provenance.indices.contains(line - 1)
            else { continue }
            provenance = intended[index].provenance[line - 1]
            break
        }
        return SentLine(
            text: change.new?.text ?? change.old?.text ?? change.segment, path: change.path,
            kind: change.new == nil ? .remove : .set, provenance: provenance)
    }

    /// A secret that only the device knows is not written down: the backout leaves that leaf as it is.
    private func masked(_ edit: String) -> String {
        guard let elements = try? XMLElement.fragments(parsing: edit, namespaces: ["nc": YANGEditing.netconf]) else {
            return edit
        }
        var changed = false
        func cleaned(_ element: XMLElement) -> XMLElement {
            var copy = element
            copy.children = element.children.compactMap { child in
                guard case .element(let inner) = child else { return child }
                if !inner.hasElements, YANGConfiguration.isSensitive(inner.local), !inner.trimmedText.isEmpty,
                    SecretPlaceholder.all(in: inner.text).first?.description != inner.trimmedText
                {
                    changed = true
                    return nil
                }
                return .element(cleaned(inner))
            }
            return copy
        }
        let clean = elements.map(cleaned)
        return changed ? clean.map { String(decoding: $0.serialized(indent: 2), as: UTF8.self) }.joined() : edit
    }

    /// Digest over what the edit rests on: each changed place as observed, and whether what encloses it exists.
    private func touched(_ changes: [YANGChange], _ before: borrowing DataTree, _ intended: [IntendedFragment]) -> Digest {
        let elements = YANGConfiguration(before, unknown: []).elements
        let observed = Dictionary(elements.map { ($0.key, $0.text) }, uniquingKeysWith: { first, _ in first })
        var facts: Set<String> = []
        for change in changes {
            let segments = change.path + [change.segment]
            for depth in segments.indices {
                let key = segments[...depth].joined(separator: "/")
                facts.insert("\(key) = \(observed[key] ?? "absent")")
            }
            // Where the user orders entries, their order decides what an edit does.
            if change.isMove { facts.insert(change.old?.text ?? "") }
        }
        return .sha256(facts.sorted().joined(separator: "\n"))
    }

    package func applying(_ steps: [ChangeStep], to snapshot: ConfigurationSnapshot) throws(Findings)
        -> ConfigurationSnapshot
    {
        let before = try parse(snapshot.raw)
        var tree = try YANGEditing.failing("copy") { try before.known.copy() }
        for step in steps where !step.forward.isEmpty {
            try editing.edit(&tree, step.forward, .merge, places: XMLPlaces([]), place: { _ in nil }, what: "step \(step.id)")
        }
        return try self.snapshot(of: tree, unknown: before.unknown)
    }

    // MARK: Judging

    package func reconcile(before: ConfigurationSnapshot, steps: [ChangeStep], after: ConfigurationSnapshot)
        throws(Findings) -> Reconciliation
    {
        let planned = YANGConfiguration(try parse(try applying(steps, to: before).raw))
        let captured = YANGConfiguration(try parse(after.raw))
        let (wanted, there) = (planned.elements, captured.elements)
        let shown = Dictionary(there.map { ($0.key, $0) }, uniquingKeysWith: { first, _ in first })
        let modelled = Dictionary(wanted.map { ($0.key, $0) }, uniquingKeysWith: { first, _ in first })
        var (entries, explained) = ([Reconciliation.Entry](), Set<String>())
        for line in steps.flatMap(\.lines) {
            if line.text.hasPrefix("order of ") { continue }
            let segment = segment(of: line, modelled, shown)
            let key = (line.path + [segment]).joined(separator: "/")
            explained.insert(key)
            let now = shown[key]
            var entry = Reconciliation.Entry(
                verdict: .asDesigned, path: line.path, sent: (line.kind == .remove ? "remove " : "") + line.text,
                captured: now?.text, provenance: line.provenance)
            switch line.kind {
            case .navigate: continue
            case .remove:
                if let now, now.equalsDefault {
                    (entry.verdict, entry.rule) = (.normalised, "RFC 6243: the device shows the default")
                } else if now != nil {
                    entry.verdict = .missing
                }
            case .set:
                let plan = modelled[key]
                if let now, let plan, now.value == plan.value {
                    entry.verdict = .asDesigned
                } else if now == nil, let plan, plan.equalsDefault {
                    (entry.verdict, entry.rule) = (.normalised, "RFC 6243: the device leaves out values that equal the default")
                } else {
                    entry.verdict = .missing
                }
            }
            entries.append(entry)
        }
        for element in there where !explained.contains(element.key) && !element.equalsDefault {
            guard modelled[element.key]?.value != element.value || modelled[element.key] == nil else { continue }
            entries.append(
                Reconciliation.Entry(verdict: .unexplained, path: element.path, captured: element.text))
        }
        for element in wanted where !explained.contains(element.key) && !element.equalsDefault {
            guard shown[element.key] == nil else { continue }
            entries.append(
                Reconciliation.Entry(
                    verdict: .unexplained, path: element.path, rule: "`\(element.text)` was there before and is gone"))
        }
        for text in captured.unknown where !planned.unknown.contains(text) {
            entries.append(Reconciliation.Entry(verdict: .unexplained, path: [], captured: text))
        }
        for text in planned.unknown where !captured.unknown.contains(text) {
            entries.append(Reconciliation.Entry(verdict: .unexplained, path: [], rule: "was there before and is gone:\n\(text)"))
        }
        for order in planned.orders where order.entries.count > 1 {
            let now = captured.orders.first { $0.path == order.path }?.entries ?? []
            if now.sorted() == order.entries.sorted(), now != order.entries {
                entries.append(
                    Reconciliation.Entry(
                        verdict: .unexplained, path: order.path, sent: order.entries.joined(separator: " "),
                        captured: now.joined(separator: " "), rule: "the entries stand in another order"))
            }
        }
        return Reconciliation(entries: entries)
    }

    /// A line says `name value`; in the tree a leaf-list entry is found by its predicate.
    private func segment(of line: SentLine, _ modelled: [String: YANGConfiguration.Element], _ shown: [String: YANGConfiguration.Element])
        -> String
    {
        if line.text.contains("["), modelled[(line.path + [line.text]).joined(separator: "/")] != nil
            || shown[(line.path + [line.text]).joined(separator: "/")] != nil
        {
            return line.text
        }
        let parts = line.text.split(separator: " ", maxSplits: 1).map(String.init)
        guard let name = parts.first else { return line.text }
        let value = parts.count > 1 ? parts[1] : ""
        for quoted in ["\(name)[.='\(value)']", "\(name)[.=\"\(value)\"]"] {
            let key = (line.path + [quoted]).joined(separator: "/")
            if modelled[key] != nil || shown[key] != nil { return quoted }
        }
        return line.text.contains("[") && !line.text.contains(" ") ? line.text : name
    }

    package func areEquivalent(_ a: ConfigurationSnapshot, _ b: ConfigurationSnapshot) -> Bool {
        guard a.raw != b.raw else { return true }
        // Masked values are not compared by `canonical`; the data are.
        guard a.canonical == b.canonical, let one = try? parse(a.raw), let other = try? parse(b.raw) else { return false }
        return Self.values(one) == Self.values(other)
    }

    private static func values(_ data: borrowing DeviceData) -> [String] {
        YANGConfiguration(data).elements.filter { !$0.equalsDefault }.map { "\($0.key)=\($0.value ?? "")" }
    }

    package func differences(from old: ConfigurationSnapshot, to new: ConfigurationSnapshot)
        -> [ConfigurationDifference]
    {
        guard let one = try? parse(old.raw), let other = try? parse(new.raw) else {
            return old.raw == new.raw
                ? [] : [ConfigurationDifference(kind: .changed, path: [], old: old.canonical, new: new.canonical)]
        }
        let (before, after) = (YANGConfiguration(one), YANGConfiguration(other))
        let was = before.elements.filter { !$0.equalsDefault }
        let known = Dictionary(was.map { ($0.key, $0) }, uniquingKeysWith: { first, _ in first })
        let present = after.elements.filter { !$0.equalsDefault }
        let shown = Set(present.map(\.key))
        var found: [ConfigurationDifference] = []
        for element in was where !shown.contains(element.key) {
            found.append(ConfigurationDifference(kind: .removed, path: element.path, old: element.text))
        }
        for element in present {
            guard let old = known[element.key] else {
                found.append(ConfigurationDifference(kind: .added, path: element.path, new: element.text))
                continue
            }
            if old.value != element.value {
                found.append(
                    ConfigurationDifference(kind: .changed, path: element.path, old: old.text, new: element.text))
            }
        }
        let orders = before.orders
        for order in after.orders {
            guard let old = orders.first(where: { $0.path == order.path }), old.entries != order.entries,
                old.entries.sorted() == order.entries.sorted()
            else { continue }
            found.append(
                ConfigurationDifference(
                    kind: .moved, path: order.path, old: old.entries.joined(separator: " "),
                    new: order.entries.joined(separator: " ")))
        }
        for text in before.unknown where !after.unknown.contains(text) {
            found.append(ConfigurationDifference(kind: .removed, path: [], old: text))
        }
        for text in after.unknown where !before.unknown.contains(text) {
            found.append(ConfigurationDifference(kind: .added, path: [], new: text))
        }
        return found
    }

    package func elements(of snapshot: ConfigurationSnapshot) -> [ConfigurationElement] {
        guard let element = try? container(snapshot.raw), let data = try? parse(snapshot.raw) else { return [] }
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
        for step in steps.reversed() where !step.backout.isEmpty && !areEquivalent(current, base) {
            let there = try parse(current.raw)
            var target = try YANGEditing.failing("copy") { try there.known.copy() }
            let backout = try editing.tolerant(step.backout)
            try editing.edit(
                &target, backout, .merge, places: XMLPlaces([]), place: { _ in nil }, what: "the backout of step \(step.id)")
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
