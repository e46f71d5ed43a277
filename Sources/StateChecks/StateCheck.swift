package import Diagnostics
package import SourceDocuments
internal import TextTables

/// One expectation about devices, as a contract states it: what to show, how to read it, what must hold and when.
package struct StateCheck: Sendable, Equatable {
    package enum Format: String, Sendable, CaseIterable { case json, xml, textfsm }

    package var id: String
    /// Ids of the acceptance criteria it proves.
    package var proves: [String]
    /// The selector, as a node so that findings about it have their place.
    package var devices: DocumentNode
    /// A read-only command, or the content of a NETCONF subtree filter.
    package var show: String
    package var format: Format
    /// Prefixes used in XPath expressions.
    package var namespaces: [String: String]
    /// The TextFSM template's path in the engagement, when `format` is `textfsm`.
    package var template: String?
    /// The template itself, once `load` has read it; without it the check stays open.
    var table: TextFSMTemplate?
    package var expectations: [Expectation]
    /// Holds within this time after the change.
    package var eventually: Duration?
    /// Keeps holding for this long.
    package var stable: Duration?
    /// The same rows before and after.
    package var comparesWithBefore: Bool
    /// What may differ between before and after.
    package var ignored: [ValuePath]
    /// Where it stands, for evidence: `contract.yaml:20:7`.
    package var source: String

    package init(
        id: String, proves: [String], devices: DocumentNode, show: String, format: Format,
        namespaces: [String: String] = [:], template: String? = nil, expectations: [Expectation],
        eventually: Duration? = nil, stable: Duration? = nil, comparesWithBefore: Bool = false,
        ignored: [ValuePath] = [], source: String
    ) {
        self.id = id
        self.proves = proves
        self.devices = devices
        self.show = show
        self.format = format
        self.namespaces = namespaces
        self.template = template
        self.expectations = expectations
        self.eventually = eventually
        self.stable = stable
        self.comparesWithBefore = comparesWithBefore
        self.ignored = ignored
        self.source = source
    }

    /// Gives a check with `parse: textfsm` the text of its template. Throws what is wrong with it.
    package mutating func load(template text: String) throws(Findings) {
        do { table = try TextFSMTemplate(text, file: template ?? "") } catch { throw Findings([error.finding]) }
    }
}

/// What must hold for the values at one path.
package struct Expectation: Sendable, Equatable {
    package enum Quantity: Sendable, Equatable {
        case all([ValueTest])
        case any([ValueTest])
        case none([ValueTest])
        /// The number of values.
        case count([ValueTest])
        /// True: there is one. False: there is none, while the place to look at is there.
        case exists(Bool)
    }
    package var path: ValuePath
    package var quantity: Quantity
    /// Where something would have to be; needed for absence in XML.
    package var within: ValuePath?

    package init(path: ValuePath, quantity: Quantity, within: ValuePath? = nil) {
        (self.path, self.quantity, self.within) = (path, quantity, within)
    }

    /// `$.peers.*.state: all equals "Established"`
    package var sentence: String {
        let rest =
            switch quantity {
            case .all(let tests): "all \(Self.text(tests))"
            case .any(let tests): "any \(Self.text(tests))"
            case .none(let tests): "none \(Self.text(tests))"
            case .count(let tests): "count \(Self.text(tests))"
            case .exists(let expected): expected ? "exists" : "does not exist"
            }
        return "\(path.text): \(rest)"
    }

    private static func text(_ tests: [ValueTest]) -> String { tests.map(\.sentence).joined(separator: " and ") }
}
