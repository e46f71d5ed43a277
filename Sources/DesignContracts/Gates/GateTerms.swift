internal import CanonicalData
package import Diagnostics
package import FoundationEssentials
internal import SourceDocuments

/// `terms.json`: what an approval is good for; part of what is signed, stored as canonical JSON.
package struct GateTerms: Equatable, Sendable, Codable {
    package static let format = "terms/v1"
    package var asbuilt = GateTerms.format
    package var gate: Gate
    package var engagement: String
    /// 1 for the first; each `amend` opens the next.
    package var cycle: Int
    package var site: String
    package var environment: String
    package var ticket: String?
    package var openedAt: Date
    package var expiresAt: Date
    package var window: TimeWindow?
    package var permittedRuns: Int

    private enum CodingKeys: String, CodingKey, CaseIterable {
        case asbuilt, gate, engagement, cycle, site, environment, ticket, window
        case openedAt = "opened-at"
        case expiresAt = "expires-at"
        case permittedRuns = "permitted-runs"
    }

    package init(
        gate: Gate, engagement: String, cycle: Int, site: String, environment: String, ticket: String?, openedAt: Date,
        expiresAt: Date, window: TimeWindow?, permittedRuns: Int
    ) {
        self.gate = gate
        self.engagement = engagement
        self.cycle = cycle
        self.site = site
        self.environment = environment
        self.ticket = ticket
        self.openedAt = openedAt
        self.expiresAt = expiresAt
        self.window = window
        self.permittedRuns = permittedRuns
    }

    /// Canonical JSON (RFC 8785).
    package func bytes() throws(Findings) -> [UInt8] {
        do { return try CanonicalJSON.encode(self) } catch {
            throw Findings([
                Finding(
                    code: "terms.not-encodable", what: "terms cannot be written: \(error)",
                    remedy: "report this as a bug")
            ])
        }
    }

    /// Reads the file; only canonical JSON with exactly the known keys is accepted.
    package static func read(_ bytes: [UInt8], file: String) throws(Findings) -> GateTerms {
        do {
            try CanonicalJSON.requireCanonical(bytes)
            let terms = try CanonicalJSON.decode(GateTerms.self, from: bytes)
            let keys = try JSONValue.parse(bytes).objectValue?.keys.sorted() ?? []
            let unknown = keys.filter { key in !CodingKeys.allCases.contains { $0.rawValue == key } }
            guard terms.asbuilt == format, unknown.isEmpty else {
                throw JSONError.unexpected(
                    unknown.first.map { "unknown key `\($0)`" } ?? "format is “\(terms.asbuilt)”")
            }
            return terms
        } catch {
            throw Findings([
                Finding(
                    code: "gate.terms-malformed", what: "\(file) cannot be read: \(error)",
                    at: SourcePosition(file: file),
                    remedy:
                        "the file is written by `asbuilt approve`; restore it, or open the next cycle with `asbuilt amend`"
                )
            ])
        }
    }
}
