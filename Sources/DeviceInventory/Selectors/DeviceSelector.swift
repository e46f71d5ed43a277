package import SourceDocuments
package import TextPatterns

/// Which devices are meant: `role:edge and not (site:ams or name:~^lab-)`. The grammar is in
/// `Documentation/formats/selectors.md`.
package struct DeviceSelector: Sendable, Equatable {
    /// The selector as written.
    package let text: String
    package let expression: Expression

    package indirect enum Expression: Sendable, Equatable {
        case all
        case term(Term)
        case not(Expression)
        case and([Expression])
        case or([Expression])
    }

    /// `key:value` or `key:~pattern`.
    package struct Term: Sendable, Equatable {
        package let key: String
        package let test: Test
        /// Where the key and the value start in the selector, in Unicode scalars.
        package let keyOffset: Int
        package let valueOffset: Int
    }

    package enum Test: Sendable, Equatable {
        case equals(String)
        case matches(TextPattern)
    }

    /// Keys that every inventory has, beside its own fields.
    package static let builtInKeys = ["name", "group", "tag", "platform", "endpoint", "role", "site"]

    /// Why a text is not a selector, with the place in Unicode scalars.
    package struct SyntaxError: Error, Equatable, Sendable {
        package let code: String
        package let what: String
        package let offset: Int
        package let remedy: String
    }

    /// Parses a selector.
    /// - Parameter fields: Further keys, those the site declares.
    package init(_ text: String, fields: [String] = []) throws(SyntaxError) {
        self.text = text
        var parser = SelectorParser(text, keys: Self.builtInKeys + fields)
        expression = try parser.parse()
    }

    /// Reads a selector from a document and reports what is wrong at its column.
    package static func read(_ reader: NodeReader, fields: [String] = []) -> DeviceSelector? {
        guard let text = reader.string() else { return nil }
        do { return try DeviceSelector(text, fields: fields) } catch {
            reader.report(error.code, error.what, remedy: error.remedy, atScalar: error.offset)
            return nil
        }
    }

    /// All terms, from left to right.
    package var terms: [Term] { Self.terms(of: expression) }

    private static func terms(of expression: Expression) -> [Term] {
        switch expression {
        case .all: []
        case .term(let term): [term]
        case .not(let inner): terms(of: inner)
        case .and(let parts), .or(let parts): parts.flatMap(terms(of:))
        }
    }

    /// Whether a device is meant. A device without a field never equals or matches anything in it.
    package func selects(_ device: Device) throws(TextPatternError) -> Bool { try Self.holds(expression, device) }

    private static func holds(_ expression: Expression, _ device: Device) throws(TextPatternError) -> Bool {
        switch expression {
        case .all: return true
        case .not(let inner): return try !holds(inner, device)
        case .and(let parts):
            for part in parts where try !holds(part, device) { return false }
            return true
        case .or(let parts):
            for part in parts where try holds(part, device) { return true }
            return false
        case .term(let term):
            let values = device.selectorValues(term.key)
            switch term.test {
            case .equals(let text): return values.contains(text)
            case .matches(let pattern):
                for value in values where try pattern.matches(value) { return true }
                return false
            }
        }
    }
}
