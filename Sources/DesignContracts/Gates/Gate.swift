package import SignedManifests

/// The two approvals an engagement needs: of what is wanted, and of what will be done.
package enum Gate: String, Sendable, Codable, CaseIterable {
    /// Gate 1: locks intent.
    case spec
    /// Gate 2: locks the execution contract, down to the rendered bytes.
    case design

    package var number: Int { self == .spec ? 1 : 2 }
    package var title: String { "Gate \(number)" }
    package var folder: String { "approvals/gate\(number)" }
    package var namespace: SignatureNamespace { self == .spec ? .gate1 : .gate2 }
    package var termsFile: String { folder + "/terms.json" }
    package var policyFile: String { folder + "/policy.yaml" }
    package var signersFile: String { folder + "/allowed_signers" }
    package var manifestFile: String { folder + "/manifest" }

    /// What its manifest covers.
    package var scope: ManifestScope {
        let own = [termsFile, policyFile, signersFile]
        switch self {
        case .spec:
            return ManifestScope(
                required: [EngagementFolder.engagementFile, EngagementFolder.specFile] + own, ownFolder: folder)
        case .design:
            return ManifestScope(
                required: [
                    EngagementFolder.engagementFile, EngagementFolder.specFile, EngagementFolder.contractFile,
                    EngagementFolder.planFile, EngagementFolder.inventoryLockFile, Gate.spec.manifestFile,
                ] + own, optional: [EngagementFolder.designFile], rootPrefixes: ["feasibility"],
                folders: [
                    Gate.spec.folder, EngagementFolder.templatesFolder, EngagementFolder.variablesFolder,
                    EngagementFolder.planFolder,
                ], ownFolder: folder)
        }
    }

    package func rule(of policy: Policy) -> Policy.GateRule { self == .spec ? policy.spec : policy.design }
}

extension EngagementFolder {
    /// True once a gate's manifest exists: what it covers may be changed only after `amend`.
    package func isLocked(by gate: Gate) -> Bool { exists(gate.manifestFile) }
}
