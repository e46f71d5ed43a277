/// Compares what was planned with what is there, element by element: the same for trees with a schema and without.
enum TreeJudgement {
    static func reconcile(planned: YANGConfiguration, captured: YANGConfiguration, steps: [ChangeStep])
        -> Reconciliation
    {
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
                    (entry.verdict, entry.rule) = (
                        .normalised, "RFC 6243: the device leaves out values that equal the default"
                    )
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
            entries.append(
                Reconciliation.Entry(verdict: .unexplained, path: [], rule: "was there before and is gone:\n\(text)"))
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
    private static func segment(
        of line: SentLine, _ modelled: [String: YANGConfiguration.Element], _ shown: [String: YANGConfiguration.Element]
    )
        -> String
    {
        if line.text.contains("["),
            modelled[(line.path + [line.text]).joined(separator: "/")] != nil
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

    /// Where two configurations differ, defaults left out.
    static func differences(from before: YANGConfiguration, to after: YANGConfiguration) -> [ConfigurationDifference] {
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
}
