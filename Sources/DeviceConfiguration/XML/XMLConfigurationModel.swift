package import Diagnostics
internal import XMLDocuments
internal import YANGData

/// NETCONF content of a device whose YANG modules are not at hand: names, values and guessed list keys.
///
/// What is sent is what was rendered, as it stands; the way back is worked out from the trees. Types, defaults, mandatory
/// nodes and the place of new entries among ordered ones are not known, and the plan says so.
package struct XMLConfigurationModel: ConfigurationModel {
    private let platform: String
    /// Where modules would be looked for, for the remedy.
    private let modulesFolder: String

    package init(platform: String, modulesFolder: String) {
        (self.platform, self.modulesFolder) = (platform, modulesFolder)
    }

    // MARK: Reading

    private func tree(_ raw: [UInt8]) throws(Findings) -> [XMLElement] {
        let container = try XMLElement.configuration(in: raw)
        var scope: [String: String] = [:]
        for declaration in container.namespaces { scope[declaration.prefix] = declaration.uri }
        return container.elements.map { $0.selfContained(in: scope) }
    }

    package func snapshot(_ raw: [UInt8]) throws(Findings) -> ConfigurationSnapshot {
        let tree = try tree(raw)
        return ConfigurationSnapshot(
            raw: raw, canonical: YANGConfiguration(tree, rules: XMLListRules(learning: [tree])).canonicalText)
    }

    private func snapshot(of tree: [XMLElement]) throws(Findings) -> ConfigurationSnapshot {
        let data = XMLElement("data", in: XMLElement.netconfNamespace, tree)
        return try snapshot(data.serialized(indent: 1) + [0x0A])
    }

    // MARK: Planning

    private func parse(_ text: String, at place: (XMLPosition) -> SourcePosition?, what: String) throws(Findings)
        -> [XMLElement]
    {
        do throws(XMLError) {
            return try XMLElement.fragments(
                parsing: text, namespaces: ["nc": XMLTreeEditing.netconf, "yang": "urn:ietf:params:xml:ns:yang:1"]
            ).map { element in
                element.selfContained(in: ["nc": XMLTreeEditing.netconf])
            }
        } catch {
            throw Findings([
                Finding(
                    code: "yang.not-xml", what: "\(what) is not NETCONF content: \(error.what)",
                    at: place(error.position ?? Self.start),
                    remedy: error.remedy.isEmpty ? "render well-formed XML: the content of <config>" : error.remedy)
            ])
        }
    }

    package func check(_ intended: [IntendedFragment]) -> Findings {
        var findings = Findings()
        for fragment in intended {
            do throws(Findings) { _ = try edits([fragment]) } catch { findings.add(contentsOf: error) }
        }
        return findings
    }

    /// What each fragment asks for, as an edit.
    private func edits(_ fragments: [IntendedFragment]) throws(Findings) -> [(IntendedFragment, [XMLElement])] {
        var result: [(IntendedFragment, [XMLElement])] = []
        for fragment in fragments {
            let place = { (position: XMLPosition) in fragment.position(of: position) }
            let elements = try parse(fragment.text, at: place, what: "clause \(fragment.clause)")
            for element in elements where element.namespace.isEmpty {
                throw Findings([
                    Finding(
                        code: "yang.unknown-namespace",
                        what:
                            "clause \(fragment.clause): <\(element.local)> is in no namespace, which no device accepts",
                        at: place(element.position ?? Self.start), remedy: "write xmlns=\"…\" of its module on it")
                ])
            }
            switch fragment.ownership {
            case .merge: result.append((fragment, elements))
            case .section: result.append((fragment, elements.map { Self.section($0) }))
            case .replace:
                throw Findings([
                    Finding(
                        code: "yang.replace-without-modules",
                        what: "clause \(fragment.clause) owns everything, and no YANG modules of \(platform) are known",
                        at: place(Self.start), remedy: "put its modules into \(modulesFolder), or own sections")
                ])
            }
        }
        return result
    }

    private static let start = XMLPosition(line: 1, column: 1)

    /// The outermost elements that look like entries, and containers that hold only leaves, are replaced as a whole.
    private static func section(_ element: XMLElement) -> XMLElement {
        guard element.hasElements, element.attribute("operation", in: XMLTreeEditing.netconf) == nil else {
            return element
        }
        var copy = element
        let inner = element.elements
        let startsWithKey = inner.first.map { !$0.hasElements && XMLListRules.keyNames.contains($0.local) } ?? false
        if startsWithKey || !inner.contains(where: \.hasElements) {
            copy.attributes.append(
                XMLAttribute(XMLName("operation", in: XMLTreeEditing.netconf), prefix: "nc", value: "replace"))
        } else {
            copy.children = inner.map { .element(section($0)) }
        }
        return copy
    }

    package func change(from observed: ConfigurationSnapshot, to intended: [IntendedFragment]) throws(Findings)
        -> ComputedChange
    {
        let before = try tree(observed.raw)
        let edits = try edits(intended)
        let rules = XMLListRules(learning: [before] + edits.map(\.1))
        let editing = XMLTreeEditing(rules: rules)
        var planned = before
        for (fragment, elements) in edits {
            do throws(XMLTreeEditing.Refusal) { try editing.apply(elements, to: &planned) } catch {
                throw Findings([
                    Finding(
                        code: "yang.edit", what: "clause \(fragment.clause): \(error.what)",
                        at: fragment.position(of: error.position ?? Self.start), remedy: "correct the template")
                ])
            }
        }
        let (was, wanted) = (YANGConfiguration(before, rules: rules), YANGConfiguration(planned, rules: rules))
        let changes = YANGChange.between(was, wanted)
        if changes.isEmpty {
            return ComputedChange(
                steps: [], diff: "", planned: observed, touchedDigest: YANGChange.touched([], in: was))
        }
        var findings = Findings([weakness])
        var (back, isComplete) = editing.edit(from: planned, to: before)
        if !isComplete {
            findings.add(
                Finding(
                    .warning, code: "yang.backout-incomplete",
                    what: "the backout leaves things behind: without modules it is not certain what names them",
                    remedy: "put the modules of \(platform) into \(modulesFolder), or take those things back by hand"))
        }
        for change in changes {
            guard let secret = change.old?.value, YANGConfiguration.isDeviceSecret(change.segment, secret) else {
                continue
            }
            isComplete = false
            findings.add(
                Finding(
                    .warning, code: "yang.secret-only-on-device",
                    what:
                        "taking back \((change.path + [change.segment]).joined(separator: "/")) needs a secret that only the device knows",
                    remedy: "supply it with secret(…) in the contract, or accept an incomplete backout there"))
        }
        // Taken back in the other order: what was made last goes first.
        back.reverse()
        let step = ChangeStep(
            id: 1, forward: Self.text(edits.flatMap(\.1)),
            backout: SecretPlaceholder.withoutDeviceSecrets(Self.text(back)),
            lines: changes.map { $0.line(edits.map { XMLPlaces($0.1) }, intended) })
        let planSnapshot = try snapshot(of: planned)
        if isComplete {
            var returned = planned
            do throws(XMLTreeEditing.Refusal) { try editing.apply(back, to: &returned) } catch {
                throw Findings([Self.disagreement(error.what)])
            }
            let left = YANGChange.between(was, YANGConfiguration(returned, rules: rules)).filter { !$0.isMove }
            if !left.isEmpty { findings.add(Self.disagreement(YANGChange.text(of: left))) }
        }
        return ComputedChange(
            steps: [step], diff: YANGChange.text(of: changes), planned: planSnapshot,
            touchedDigest: YANGChange.touched(changes, in: was), findings: findings, backoutIsComplete: isComplete)
    }

    private static func text(_ elements: [XMLElement]) -> String {
        elements.map { String(decoding: $0.serialized(indent: 2), as: UTF8.self) + "\n" }.joined()
    }

    private static func disagreement(_ what: String) -> Finding {
        Finding(
            code: "plan.models-disagree", what: "the backout would not lead back to what was observed:\n\(what)",
            remedy: "put the modules of the platform at hand; nothing is planned")
    }

    /// What approvers have to know of every such plan.
    private var weakness: Finding {
        Finding(
            .warning, code: "yang.no-modules",
            what:
                "no YANG modules of \(platform) are known: values, defaults, mandatory nodes and the place of new entries "
                + "among ordered ones are not checked, and list keys are guessed",
            remedy: "put its modules into \(modulesFolder)")
    }

    package func applying(_ steps: [ChangeStep], to snapshot: ConfigurationSnapshot) throws(Findings)
        -> ConfigurationSnapshot
    {
        var tree = try tree(snapshot.raw)
        for step in steps where !step.forward.isEmpty {
            let edit = try parse(step.forward, at: { _ in nil }, what: "step \(step.id)")
            let editing = XMLTreeEditing(rules: XMLListRules(learning: [tree, edit]))
            do throws(XMLTreeEditing.Refusal) { try editing.apply(edit, to: &tree) } catch {
                throw Findings([
                    Finding(
                        code: "yang.edit", what: "step \(step.id): \(error.what)",
                        remedy: "read the device again and plan anew")
                ])
            }
        }
        return try self.snapshot(of: tree)
    }

    // MARK: Judging

    package func reconcile(before: ConfigurationSnapshot, steps: [ChangeStep], after: ConfigurationSnapshot)
        throws(Findings) -> Reconciliation
    {
        let (was, captured) = (try tree(before.raw), try tree(after.raw))
        let planned = try tree(try applying(steps, to: before).raw)
        var trees = [was, captured, planned]
        for step in steps { trees.append(try parse(step.forward, at: { _ in nil }, what: "step \(step.id)")) }
        let rules = XMLListRules(learning: trees)
        let old = YANGConfiguration(was, rules: rules)
        let result = TreeJudgement.reconcile(
            planned: YANGConfiguration(planned, rules: rules).keepingOrder(of: old),
            captured: YANGConfiguration(captured, rules: rules).keepingOrder(of: old), steps: steps)
        return result
    }

    package func areEquivalent(_ a: ConfigurationSnapshot, _ b: ConfigurationSnapshot) -> Bool {
        if a.raw == b.raw { return true }
        guard let (before, after) = both(a, b) else { return false }
        return before.elements.map { "\($0.key)=\($0.value ?? "")" }
            == after.elements.map { "\($0.key)=\($0.value ?? "")" }
            && TreeJudgement.differences(from: before, to: after).isEmpty
    }

    package func differences(from old: ConfigurationSnapshot, to new: ConfigurationSnapshot)
        -> [ConfigurationDifference]
    {
        guard let (before, after) = both(old, new) else {
            return old.raw == new.raw
                ? [] : [ConfigurationDifference(kind: .changed, path: [], old: old.canonical, new: new.canonical)]
        }
        return TreeJudgement.differences(from: before, to: after)
    }

    private func both(_ a: ConfigurationSnapshot, _ b: ConfigurationSnapshot) -> (YANGConfiguration, YANGConfiguration)?
    {
        guard let one = try? tree(a.raw), let other = try? tree(b.raw) else { return nil }
        let rules = XMLListRules(learning: [one, other])
        return (YANGConfiguration(one, rules: rules), YANGConfiguration(other, rules: rules))
    }

    package func elements(of snapshot: ConfigurationSnapshot) -> [ConfigurationElement] {
        guard let tree = try? tree(snapshot.raw) else { return [] }
        let places = XMLPlaces(tree)
        return YANGConfiguration(tree, rules: XMLListRules(learning: [tree])).elements.map {
            ConfigurationElement(path: $0.path, text: $0.text, line: places.line($0.path + [$0.segment]))
        }
    }

    package func undo(_ steps: [ChangeStep], observed: ConfigurationSnapshot, base: ConfigurationSnapshot)
        throws(Findings) -> [ChangeStep]
    {
        var (undone, current) = ([ChangeStep](), try tree(observed.raw))
        let start = try tree(base.raw)
        for step in steps.reversed() where !step.backout.isEmpty {
            let backout = try parse(step.backout, at: { _ in nil }, what: "the backout of step \(step.id)").map(
                \.toleratingAbsence)
            let editing = XMLTreeEditing(rules: XMLListRules(learning: [current, start, backout]))
            var target = current
            do throws(XMLTreeEditing.Refusal) { try editing.apply(backout, to: &target) } catch {
                throw Findings([
                    Finding(
                        code: "yang.edit", what: "the backout of step \(step.id): \(error.what)",
                        remedy: "take it back by hand; the device was left as it is")
                ])
            }
            let (edit, _) = editing.edit(from: current, to: target)
            // Nothing of this step is there.
            if edit.isEmpty { continue }
            undone.append(ChangeStep(id: step.id, forward: Self.text(edit), backout: "", lines: []))
            current = target
        }
        return undone
    }
}
