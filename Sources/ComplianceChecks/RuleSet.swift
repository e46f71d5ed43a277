package import Diagnostics
package import SourceDocuments

/// A rule file (`rules/v1`): golden rules by inventory group, in the order of the file.
package struct RuleSet: Sendable, Equatable {
    package var rules: [GoldenRule]

    /// Reads a rule file; throws everything that is wrong with it at once.
    package init(_ document: SourceDocument) throws(Findings) {
        rules = try DocumentReader.read(document.root, area: "rules") { root in
            root.mapping("a rule file") { fields -> [GoldenRule]? in
                fields.format("rules/v1")
                return fields.required("groups")?.mapping("the groups") { groups -> [GoldenRule]? in
                    groups.remaining().flatMap { name, value in
                        value.list { Self.rule($0, group: name) } ?? []
                    }
                }
            }
        }
    }

    /// The rules for a device: those of `all` and of its groups, outer before inner; an inner group's rule replaces an
    /// outer one of the same id.
    package func rules(forGroups groups: [String]) -> [GoldenRule] {
        var chosen: [GoldenRule] = []
        for group in ["all"] + groups {
            for rule in rules where rule.group == group {
                if let place = chosen.firstIndex(where: { $0.id == rule.id && $0.group != group }) {
                    chosen[place] = rule
                } else {
                    chosen.append(rule)
                }
            }
        }
        return chosen
    }

    private static func rule(_ reader: NodeReader, group: String) -> GoldenRule? {
        reader.mapping("a rule") { fields -> GoldenRule? in
            let id = fields.required("id")?.string()
            let severity = fields.optional("severity")?.string()
            let level = severity.flatMap { GoldenRule.Severity(rawValue: $0) }
            if severity != nil, level == nil {
                fields.optional("severity")?.report(
                    "bad-severity", "there is no such severity", remedy: "write error, warning or note")
            }
            let section = fields.optional("section").flatMap { pattern($0) }
            let required = patterns(fields.optional("required"))
            let disallowed = patterns(fields.optional("disallowed"))
            let mode = fields.optional("mode")
            let ignored = patterns(fields.optional("lines"))
            if let mode, let text = mode.string(), text != "ignored" {
                mode.report("bad-mode", "there is no mode `\(text)`", remedy: "write `mode: ignored`, or leave it out")
            }
            if mode == nil, !ignored.isEmpty {
                fields.optional("lines")?.report(
                    "lines-without-mode", "`lines` says nothing without a mode", remedy: "add `mode: ignored`, or use required or disallowed")
            }
            if required.isEmpty, disallowed.isEmpty, ignored.isEmpty {
                reader.report(
                    "judges-nothing", "this rule judges nothing",
                    remedy: "give it required, disallowed, or mode: ignored with lines")
            }
            guard let id else { return nil }
            return GoldenRule(
                id: id, group: group, severity: level ?? .error, section: section, required: required,
                disallowed: disallowed, ignored: ignored, position: fields.position)
        }
    }

    private static func patterns(_ reader: NodeReader?) -> [LinePattern] {
        reader?.list { pattern($0) } ?? []
    }

    private static func pattern(_ reader: NodeReader) -> LinePattern? {
        guard let text = reader.string() else { return nil }
        if text.contains("{{") || text.contains("{%") {
            reader.report(
                "template", "templates in rules are not supported yet",
                remedy: "write the line out, or one rule per group")
            return nil
        }
        do {
            return try LinePattern(text, at: reader.node.position)
        } catch {
            reader.report(String(error.code.dropFirst("rules.".count)), error.what, remedy: error.remedy)
            return nil
        }
    }
}
