/// One thing to tell a person: what is wrong, where, and what to do instead.
public struct Finding: Error, Equatable, Hashable, Sendable, Codable {
    /// How bad it is. Only `error` stops a command.
    public enum Severity: String, Sendable, Codable, Comparable {
        case note, warning, error
        public static func < (a: Severity, b: Severity) -> Bool { a.rank < b.rank }
        private var rank: Int {
            switch self {
            case .note: 0
            case .warning: 1
            case .error: 2
            }
        }
    }

    public var severity: Severity
    /// Stable and machine-readable, `area.what-happened`, for example `contract.unknown-key`.
    public var code: String
    /// What happened, as one sentence without a final full stop.
    public var what: String
    /// Where, when it is about a text.
    public var position: SourcePosition?
    /// The device it is about, when there is one.
    public var device: String?
    /// The next useful step, with the command or the text to write where there is one.
    public var remedy: String
    /// The source line and a caret line below it, when the text is at hand.
    public var excerpt: String?

    public init(
        _ severity: Severity = .error, code: String, what: String, at position: SourcePosition? = nil,
        device: String? = nil, remedy: String, excerpt: String? = nil
    ) {
        self.severity = severity
        self.code = code
        self.what = what
        self.position = position
        self.device = device
        self.remedy = remedy
        self.excerpt = excerpt
    }
}

extension Finding: CustomStringConvertible {
    /// `file:line:column: error: what [code]`, the excerpt, and the remedy on a line of its own.
    public var description: String {
        var text = ""
        if let position { text += "\(position): " }
        if let device { text += "\(device): " }
        text += "\(severity.rawValue): \(what) [\(code)]"
        if let excerpt { text += "\n" + excerpt }
        if !remedy.isEmpty { text += "\n  → " + remedy }
        return text
    }
}

/// Everything that was found wrong at once; thrown when at least one finding is an error.
public struct Findings: Error, Equatable, Sendable, CustomStringConvertible {
    public var all: [Finding]
    public init(_ all: [Finding] = []) { self.all = all }

    public var hasErrors: Bool { all.contains { $0.severity == .error } }
    public mutating func add(_ finding: Finding) { all.append(finding) }
    public mutating func add(contentsOf other: Findings) { all += other.all }

    /// Throws all findings, in order of position, when one of them is an error.
    public func throwIfErrors() throws(Findings) {
        if hasErrors { throw sorted() }
    }

    /// In order of position; findings without one come first, in the order they were found.
    public func sorted() -> Findings {
        Findings(
            all.enumerated().sorted { a, b in
                switch (a.element.position, b.element.position) {
                case (let x?, let y?) where x != y: x < y
                case (nil, .some): true
                case (.some, nil): false
                default: a.offset < b.offset
                }
            }.map(\.element))
    }

    public var description: String { all.map(\.description).joined(separator: "\n") }
}
