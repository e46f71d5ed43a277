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
    /// The OpenSSH client configuration to read; nil for none.
    package var sshConfiguration: SSHConfigurationFile?

    /// Where an SSH configuration is.
    package struct SSHConfigurationFile: Sendable, Equatable {
        /// As written; `~/` is the home folder, a relative path starts at the workspace.
        package var path: String
        /// Whether it was named; the user's own may be missing.
        package var isNamed: Bool
    }

    package init(
        name: String, environment: String, fields: [String] = [], planSecretsKey: CredentialReference? = nil,
        sshConfiguration: SSHConfigurationFile? = nil
    ) {
        self.sshConfiguration = sshConfiguration
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
                let ssh = keys.optional("ssh-config").flatMap(sshConfiguration)
                guard let name, let environment else { return nil }
                return SiteSettings(
                    name: name, environment: environment, fields: fields ?? [], planSecretsKey: key,
                    sshConfiguration: ssh ?? nil)
            }
        }
    }

    private static func sshConfiguration(_ reader: NodeReader) -> SSHConfigurationFile?? {
        guard let text = reader.string() else { return nil }
        switch text {
        case "false": return .some(nil)
        case "true": return SSHConfigurationFile(path: "~/.ssh/config", isNamed: false)
        default:
            let isPath = text.hasPrefix("~/") || (!text.isEmpty && !text.hasPrefix("~") && !text.utf8.contains(0))
            guard isPath, !["yes", "no", "on", "off"].contains(text.lowercased()) else {
                reader.report(
                    "ssh-config", "“\(safeForDisplay(text, keepingLines: false))” is no file",
                    remedy: "write true for ~/.ssh/config, or a path: ~/… or from the workspace on")
                return nil
            }
            return SSHConfigurationFile(path: text, isNamed: true)
        }
    }
}
