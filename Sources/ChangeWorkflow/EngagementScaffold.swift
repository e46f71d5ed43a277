internal import CanonicalData
internal import DesignContracts
internal import DeviceInventory
internal import Diagnostics
internal import SourceDocuments

/// The files of a new engagement.
struct EngagementScaffold {
    var id: String
    var title: String
    var ticket: String?
    var authors: [String]
    var selector: String
    var devices: [Device]
    var startsFrom: [String]

    /// Text by path below the engagement's folder.
    var files: [String: String] {
        var files = [
            EngagementFolder.engagementFile: engagement, EngagementFolder.specFile: specification,
            EngagementFolder.contractFile: contract,
        ]
        for clause in clauses { files[clause.template] = clause.text }
        return files
    }

    private struct Clause {
        var id: String
        var isNETCONF: Bool
        var selector: String
        var template: String
        var text: String
    }

    /// One clause a platform: its devices share a language.
    private var clauses: [Clause] {
        Set(devices.map(\.platform)).sorted().map { platform in
            let isNETCONF = devices.filter { $0.platform == platform }.allSatisfy { device in
                !device.endpoints.contains { $0.kind == .cli }
            }
            let name = platform.replacing("_", with: "-")
            return Clause(
                id: name, isNETCONF: isNETCONF, selector: "platform:\(platform)",
                template: "templates/\(name).\(isNETCONF ? "xml.j2" : "j2")",
                text: isNETCONF
                    ? "{# What the platform \(platform) shall hold: the content of an edit-config's <config>. #}\n"
                    : "{# What the platform \(platform) shall hold: its configuration lines, in their sections. #}\n")
        }
    }

    /// A YAML text in double quotes, which JSON's are.
    private func quoted(_ text: String) -> String {
        String(decoding: CanonicalJSON.bytes(of: .string(text)), as: UTF8.self)
    }

    /// `engagement.yaml`.
    var engagement: String {
        """
        asbuilt: engagement/v1
        id: \(quoted(id))
        title: \(quoted(title))
        \(ticket.map { "ticket: \(quoted($0))\n" } ?? "")authors: [\(authors.map(quoted).joined(separator: ", "))]
        starts-from: \(startsFrom.isEmpty ? "none" : "[" + startsFrom.map(quoted).joined(separator: ", ") + "]")

        """
    }

    private var specification: String {
        """
        ---
        asbuilt: spec/v1
        title: \(quoted(title))
        scope: { devices: \(quoted(selector)) }
        constraints: { max-devices: \(devices.count) }
        acceptance:
          - { id: AC-1, statement: Say here what one sees when the change works }
        ---

        # Problem

        # What shall be true afterwards

        # Out of scope

        """
    }

    private var contract: String {
        let config = clauses.map { clause in
            """
              - id: \(clause.id)
                \(clause.isNETCONF ? "netconf" : "template"): \(clause.template)
                devices: \(quoted(clause.selector))
                ownership: merge
                satisfies: [AC-1]

            """
        }.joined()
        return """
            asbuilt: contract/v1
            devices: \(quoted(selector))
            config:
            \(config)rollout:
              transaction: network
              confirm-timeout: 300s
              on-split: back
            stale: touched
            save: after-confirm

            """
    }

    /// Reads what is about to be written; a title or selector that the readers refuse is the user's to mend.
    func requireReadable(_ fields: [String]) throws(Findings) {
        var warnings = Findings()
        _ = try EngagementDocument.read(
            try SourceDocument.yaml(engagement, file: EngagementFolder.engagementFile), warnings: &warnings)
        _ = try Specification.read(
            markdown: specification, file: EngagementFolder.specFile, fields: fields, warnings: &warnings)
        _ = try Contract.read(
            try SourceDocument.yaml(contract, file: EngagementFolder.contractFile), fields: fields, warnings: &warnings)
    }
}
