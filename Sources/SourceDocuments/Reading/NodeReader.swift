package import Diagnostics

/// Reads documents into typed values and collects everything that is wrong with them at once.
///
///     let contract = try DocumentReader.read(document.root, area: "contract") { root in
///         root.mapping("a contract") { fields -> Contract? in
///             fields.format("contract/v1")
///             let devices = fields.required("devices")?.string()
///             let window = fields.optional("confirm-timeout")?.duration()
///             guard let devices else { return nil }
///             return Contract(devices: devices, window: window ?? .seconds(300))
///         }
///     }
package enum DocumentReader {
    /// Calls `body` with the root and returns what it made. Throws all findings when one of them is an error.
    /// Findings that are no errors are added to `warnings`.
    package static func read<T>(
        _ root: DocumentNode, area: String, warnings: inout Findings, _ body: (NodeReader) -> T?
    ) throws(Findings) -> T {
        let collector = FindingCollector(area: area)
        let value = body(NodeReader(root, name: nil, collector))
        try collector.findings.throwIfErrors()
        warnings.add(contentsOf: collector.findings)
        guard let value else {
            throw Findings([
                Finding(
                    code: "\(area).unreadable", what: "the document could not be read, and no reason was found",
                    at: root.position, remedy: "report this as a bug, with the file")
            ])
        }
        return value
    }

    /// Calls `body` with the root and returns what it made. Throws all findings when one of them is an error.
    package static func read<T>(_ root: DocumentNode, area: String, _ body: (NodeReader) -> T?) throws(Findings) -> T {
        var warnings = Findings()
        return try read(root, area: area, warnings: &warnings, body)
    }
}

/// What was found so far while one document is read. Used by one task.
package final class FindingCollector {
    /// First part of the codes of its findings.
    package let area: String
    package var findings = Findings()
    package init(area: String) { self.area = area }
}

/// One node about to be read as a type. Every method returns nil after it has reported what is wrong.
package struct NodeReader {
    package let node: DocumentNode
    /// The key it stands under, for messages.
    package let name: String?
    package let collector: FindingCollector

    package init(_ node: DocumentNode, name: String?, _ collector: FindingCollector) {
        (self.node, self.name, self.collector) = (node, name, collector)
    }

    /// `the value of “x”`, or `the document`.
    private var subject: String { name.map { "`\($0)`" } ?? "this" }

    /// Reports something about this node. `code` is completed with the area. `offset` points into a scalar's text.
    package func report(
        _ code: String, _ what: String, remedy: String, severity: Finding.Severity = .error,
        atScalar offset: Int? = nil
    ) {
        let position = offset.map(node.position(atScalar:)) ?? node.position
        collector.findings.add(
            Finding(
                severity, code: "\(collector.area).\(code)", what: what, at: position, remedy: remedy,
                excerpt: node.source.excerpt(at: position)))
    }

    private func wrongType(_ expected: String, _ example: String) {
        report(
            "wrong-type", "\(subject) is \(node.kindForPeople), expected \(expected)",
            remedy: name.map { "write, for example, `\($0): \(example)`" } ?? "write, for example, \(example)")
    }

    // MARK: Scalars

    /// A text that is not empty. Numbers and words like `no` are taken as they are written.
    package func string() -> String? {
        guard let scalar = node.scalar, !node.isNull else {
            wrongType("a text", "\"some text\"")
            return nil
        }
        guard !scalar.text.isEmpty else {
            report("empty", "\(subject) is empty", remedy: "write a text, or leave the key out")
            return nil
        }
        return scalar.text
    }

    /// A text that may be empty.
    package func text() -> String? {
        guard let scalar = node.scalar, !node.isNull else {
            wrongType("a text", "\"\"")
            return nil
        }
        return scalar.text
    }

    /// `true` or `false`.
    package func bool() -> Bool? {
        if let scalar = node.scalar, scalar.style == .plain || scalar.style == .jsonLiteral {
            if scalar.text == "true" { return true }
            if scalar.text == "false" { return false }
        }
        wrongType("true or false", "true")
        return nil
    }

    /// A whole number in decimal digits, within `range`.
    package func int(in range: ClosedRange<Int> = Int.min...Int.max) -> Int? {
        guard let scalar = node.scalar, scalar.style == .plain || scalar.style == .jsonLiteral,
            case .int(let wide)? = try? PlainValue(node)
        else {
            wrongType("a whole number", "\(max(range.lowerBound, min(range.upperBound, 10)))")
            return nil
        }
        guard let number = Int(exactly: wide), range.contains(number) else {
            let bounds =
                switch (range.lowerBound, range.upperBound) {
                case (let low, .max): "at least \(low)"
                case (.min, let high): "at most \(high)"
                case (let low, let high): "\(low) to \(high)"
                }
            report(
                "out-of-range", "\(subject) is \(scalar.text), allowed is \(bounds)",
                remedy: "write a number in that range")
            return nil
        }
        return number
    }

    /// A duration: `90s`, `15m`, `2h`, `30d`; within `range` when given.
    package func duration(in range: ClosedRange<Duration>? = nil) -> Duration? {
        guard let scalar = node.scalar, !node.isNull else {
            wrongType("a duration", "90s")
            return nil
        }
        guard let duration = DurationText.parse(scalar.text) else {
            report(
                "not-a-duration", "\(subject) is “\(scalar.text)”, which is not a duration",
                remedy: "write a number with its unit: 500ms, 90s, 15m, 2h or 30d")
            return nil
        }
        if let range, !range.contains(duration) {
            let (low, high) = (DurationText.print(range.lowerBound), DurationText.print(range.upperBound))
            report(
                "out-of-range", "\(subject) is \(scalar.text), allowed is \(low) to \(high)",
                remedy: "write a duration in that range")
            return nil
        }
        return duration
    }

    /// One of a few words.
    package func choice(_ words: [String]) -> String? {
        guard let scalar = node.scalar, !node.isNull else {
            wrongType(words.joined(separator: " or "), words.first ?? "")
            return nil
        }
        guard words.contains(scalar.text) else {
            let meant = ClosestWord.find(scalar.text, among: words).map { "did you mean “\($0)”? " } ?? ""
            report(
                "unknown-word", "\(subject) is “\(scalar.text)”, which is none of its words",
                remedy: meant + "Possible: \(words.joined(separator: ", "))")
            return nil
        }
        return scalar.text
    }

    /// One of the cases of an enumeration, by raw value.
    package func choice<E: RawRepresentable & CaseIterable>(_ type: E.Type = E.self) -> E? where E.RawValue == String {
        choice(E.allCases.map(\.rawValue)).flatMap(E.init(rawValue:))
    }

    /// Any value, its type decided by how it is written.
    package func value() -> PlainValue? {
        let before = collector.findings.all.count
        let value = PlainValue.resolve(node, &collector.findings)
        return collector.findings.all.count == before ? value : nil
    }

    // MARK: Collections

    /// A list; nil when it is none or when one of its elements was wrong.
    package func list<T>(_ element: (NodeReader) -> T?) -> [T]? {
        guard let nodes = node.sequence else {
            wrongType("a list", "[ … ]")
            return nil
        }
        let read = nodes.map { element(NodeReader($0, name: name, collector)) }
        let good = read.compactMap { $0 }
        return good.count == read.count ? good : nil
    }

    /// A list of texts.
    package func strings() -> [String]? { list { $0.string() } }

    /// A mapping with free keys, in the order of the file; nil when it is none or when one of its values was wrong.
    package func map<T>(_ value: (_ key: NodeReader, _ value: NodeReader) -> T?) -> [(key: String, value: T)]? {
        guard let entries = node.mapping else {
            wrongType("a mapping", "{ … }")
            return nil
        }
        let read = entries.map { entry in
            value(
                NodeReader(entry.keyNode, name: entry.key, collector),
                NodeReader(entry.value, name: entry.key, collector)
            ).map { (entry.key, $0) }
        }
        let good = read.compactMap { $0 }
        return good.count == read.count ? good : nil
    }

    /// A mapping with known keys. `body` asks for its keys; every other key is then reported as unknown.
    /// - Parameter thing: What the mapping describes, for messages: `a check`.
    package func mapping<T>(_ thing: String, _ body: (MappingReader) -> T?) -> T? {
        guard let entries = node.mapping else {
            wrongType("a mapping (\(thing))", "{ … }")
            return nil
        }
        let fields = MappingReader(self, entries, thing: thing)
        let value = body(fields)
        return fields.reportUnknownKeys() ? nil : value
    }
}
