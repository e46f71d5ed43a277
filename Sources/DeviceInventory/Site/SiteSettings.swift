package import Diagnostics
package import SourceDocuments

/// `inventory/site.yaml`.
package struct SiteSettings: Sendable, Equatable {
    package var name: String
    /// For example `lab` or `production`; goes into the terms of every gate.
    package var environment: String
    /// Fields of devices beside `role` and `site`.
    package var fields: [String]
    /// The key for the digests of secrets in plans.
    package var planSecretsKey: CredentialReference?

    package init(
        name: String, environment: String, fields: [String] = [], planSecretsKey: CredentialReference? = nil
    ) {
        self.name = name
        self.environment = environment
        self.fields = fields
        self.planSecretsKey = planSecretsKey
    }

    /// Reads the document.
    package static func read(_ document: SourceDocument) throws(Findings) -> SiteSettings {
        try DocumentReader.read(document.root, area: "site") { root in
            root.mapping("a site") { keys -> SiteSettings? in
                keys.format("site/v1")
                let name = keys.required("name")?.string()
                let environment = keys.required("environment")?.string()
                let fields = keys.optional("fields")?.list { field -> String? in
                    guard let text = field.string() else { return nil }
                    guard !DeviceReading.reservedKeys.contains(text) else {
                        field.report(
                            "field-name", "`\(text)` is taken already", remedy: "choose another name for the field")
                        return nil
                    }
                    return text
                }
                let key = keys.optional("plan-secrets-key").flatMap {
                    CredentialReference.read($0, agentAllowed: false)
                }
                guard let name, let environment else { return nil }
                return SiteSettings(
                    name: name, environment: environment, fields: fields ?? [], planSecretsKey: key)
            }
        }
    }
}
