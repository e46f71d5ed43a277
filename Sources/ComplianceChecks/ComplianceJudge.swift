package import AsBuiltRecords
package import DeviceConfiguration
package import Diagnostics

/// Judges one configuration by rules and by what records say. Pure.
package struct ComplianceJudge: Sendable {
    package var rules: [GoldenRule]
    package var baseline: Baseline
    package init(rules: [GoldenRule], baseline: Baseline) { (self.rules, self.baseline) = (rules, baseline) }

    /// What is to be said of a device that holds these elements.
    package func judge(device: String, source: String, elements: [ConfigurationElement]) throws(Finding)
        -> DeviceCompliance
    {
        let ignored = rules.flatMap(\.ignored)
        var counted: [ConfigurationElement] = []
        for element in elements where try !Self.any(ignored, match: element.text) { counted.append(element) }
        var results: [RuleResult] = []
        for rule in rules where rule.ignored.isEmpty { results.append(try result(of: rule, on: counted)) }
        let drift = drift(in: counted)
        let owned = Set(baseline.elements.map { ConfigurationElement(path: $0.path, text: $0.text) })
        let unmanaged = counted.count { !owned.contains(ConfigurationElement(path: $0.path, text: $0.text)) }
        return DeviceCompliance(
            device: device, source: source, unreadable: nil, rules: results, drift: drift,
            ownedElements: baseline.elements.count, unmanagedElements: unmanaged)
    }

    /// A device whose configuration could not be had.
    package static func unreadable(device: String, source: String, because: String) -> DeviceCompliance {
        DeviceCompliance(
            device: device, source: source, unreadable: because, rules: [], drift: [], ownedElements: 0,
            unmanagedElements: 0)
    }

    private static func any(_ patterns: [LinePattern], match text: String) throws(Finding) -> Bool {
        for pattern in patterns where try pattern.matches(text) { return true }
        return false
    }

    // MARK: Rules

    private func result(of rule: GoldenRule, on elements: [ConfigurationElement]) throws(Finding) -> RuleResult {
        var reasons: [String] = []
        for scope in try scopes(of: rule, in: elements) {
            let place = scope.header.map { " in `\($0)`" } ?? ""
            for pattern in rule.required {
                var found = false
                for element in scope.elements where try pattern.matches(element.text) { found = true }
                if !found { reasons.append("missing: `\(pattern.source)`\(place)") }
            }
            for pattern in rule.disallowed {
                for element in scope.elements where try pattern.matches(element.text) {
                    let line = element.line.map { " (line \($0))" } ?? ""
                    reasons.append("not allowed: `\(element.text)`\(place)\(line)")
                }
            }
        }
        return RuleResult(
            id: rule.id, group: rule.group, severity: rule.severity, passed: reasons.isEmpty, reasons: reasons,
            position: rule.position)
    }

    private struct Scope {
        var header: String?
        var elements: [ConfigurationElement]
    }

    /// The whole configuration, or each section the rule names. A required line in a section that does not exist is
    /// missing: no evidence is never green.
    private func scopes(of rule: GoldenRule, in elements: [ConfigurationElement]) throws(Finding) -> [Scope] {
        guard let section = rule.section else { return [Scope(header: nil, elements: elements)] }
        var order: [String] = []
        var inside: [String: [ConfigurationElement]] = [:]
        for element in elements {
            for (depth, header) in (element.path + [element.text]).enumerated() where try section.matches(header) {
                if inside[header] == nil { order.append(header) }
                inside[header, default: []] += depth < element.path.count ? [element] : []
            }
        }
        if order.isEmpty, !rule.required.isEmpty { return [Scope(header: section.source, elements: [])] }
        return order.map { Scope(header: $0, elements: inside[$0] ?? []) }
    }

    // MARK: Records

    private func drift(in elements: [ConfigurationElement]) -> [DriftFinding] {
        let there = Set(elements.map { ConfigurationElement(path: $0.path, text: $0.text) })
        let bySection = Dictionary(grouping: elements, by: \.path)
        var findings: [DriftFinding] = []
        // A line stands in for one missing element only.
        var used: Set<ConfigurationElement> = []
        for element in baseline.elements {
            let isThere = there.contains(ConfigurationElement(path: element.path, text: element.text))
            guard isThere != element.isPresent else { continue }
            if isThere {
                findings.append(
                    DriftFinding(
                        kind: .present, path: element.path, expected: "absent", found: element.text,
                        record: element.source))
                continue
            }
            let strangers = (bySection[element.path] ?? []).map(\.text).filter { text in
                !used.contains(ConfigurationElement(path: element.path, text: text))
                    && !baseline.elements.contains { $0.path == element.path && $0.text == text }
            }
            let similar = Self.closest(to: element.text, among: strangers)
            if let similar { used.insert(ConfigurationElement(path: element.path, text: similar)) }
            findings.append(
                DriftFinding(
                    kind: similar == nil ? .missing : .changed, path: element.path, expected: element.text,
                    found: similar, record: element.source))
        }
        return findings
    }

    /// The line that shares the longest run of first words, if it shares at least half of the expected ones.
    private static func closest(to expected: String, among lines: [String]) -> String? {
        let wanted = expected.split(separator: " ")
        func shared(_ line: String) -> Int {
            zip(wanted, line.split(separator: " ")).prefix { $0 == $1 }.count
        }
        guard let best = lines.max(by: { shared($0) < shared($1) }), shared(best) * 2 >= wanted.count, shared(best) > 0
        else { return nil }
        return best
    }
}
