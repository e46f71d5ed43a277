internal import DeviceInventory
internal import Diagnostics
package import SignedManifests

/// A signature that OpenSSH accepted.
package struct GateSigner: Equatable, Sendable, Codable {
    package var principal: PrincipalName
    /// `SHA256:…`
    package var fingerprint: String
    package var keyType: String
    /// Signed with `asbuilt.lab-gate@v1`: good for lab devices only.
    package var isLabOnly: Bool
    package init(principal: PrincipalName, fingerprint: String, keyType: String, isLabOnly: Bool) {
        self.principal = principal
        self.fingerprint = fingerprint
        self.keyType = keyType
        self.isLabOnly = isLabOnly
    }
}

/// Signatures that a gate still needs, and who could give them.
package struct MissingApproval: Equatable, Sendable, Codable {
    package var role: String
    package var count: Int
    package var couldSign: [PrincipalName]
}

/// How one policy judges the signers of one gate. Pure.
struct RequiredSignatures {
    let policy: Policy
    let authors: [PrincipalName]
    /// Signers of Gate 1 when Gate 2 is judged.
    let earlier: [GateSigner]

    /// Requirements with those whose conditions hold; per role the highest count.
    static func requirements(_ rule: Policy.GateRule, devices: [Device]) throws(Findings) -> [Policy.Requirement] {
        var all = rule.require
        for condition in rule.conditions {
            switch condition.trigger {
            case .devicesOver(let limit): if devices.count > limit { all += condition.require }
            case .touches(let selector):
                do {
                    for device in devices where try selector.selects(device) {
                        all += condition.require
                        break
                    }
                } catch {
                    throw Findings([
                        Finding(
                            code: "policy.selector", what: "`touches: \(selector.text)` cannot be judged: \(error)",
                            remedy: "simplify the expression in policy.yaml")
                    ])
                }
            }
        }
        return merged(all)
    }

    static func merged(_ requirements: [Policy.Requirement]) -> [Policy.Requirement] {
        var counts: [String: Int] = [:]
        for requirement in requirements {
            counts[requirement.role] = max(counts[requirement.role] ?? 0, requirement.count)
        }
        return counts.sorted { $0.key < $1.key }.map { Policy.Requirement(role: $0.key, count: $0.value) }
    }

    /// Why this person's signature does not count here; nil when it does.
    func objection(to principal: PrincipalName, fingerprint: String?) -> Finding? {
        func finding(_ code: String, _ what: String, _ remedy: String) -> Finding {
            Finding(code: "policy.\(code)", what: what, remedy: remedy)
        }
        if policy.agents[principal] != nil {
            return finding(
                "agent-never-approves", "\(principal) is an agent; agents never approve", "let a person sign")
        }
        if !policy.separation.authorMayApprove, authors.contains(principal) {
            return finding(
                "author-may-not-approve",
                "\(principal) is an author of this engagement, and the policy keeps authors from approving",
                "let somebody else of the role sign")
        }
        if !policy.separation.samePersonBothGates,
            earlier.contains(where: { $0.principal == principal || $0.fingerprint == fingerprint })
        {
            return finding(
                "same-person-both-gates",
                "\(principal) signed Gate 1, and the policy wants different people at the two gates",
                "let somebody else of the role sign")
        }
        if policy.roles(of: principal).isEmpty {
            return finding(
                "no-role", "\(principal) has no role in the policy",
                "let somebody with the role sign, or change policy.yaml")
        }
        return nil
    }

    /// What is missing when these have signed. A key counts once, and fills one place even if its owner has two roles.
    func missing(_ requirements: [Policy.Requirement], signers: [GateSigner]) -> [MissingApproval] {
        var keys: Set<String> = []
        let counted = signers.sorted { $0.principal < $1.principal }.filter {
            objection(to: $0.principal, fingerprint: $0.fingerprint) == nil && keys.insert($0.fingerprint).inserted
        }
        let places = requirements.flatMap { requirement in Array(repeating: requirement.role, count: requirement.count)
        }
        let filled = assign(places, counted)
        let signed = Set(signers.map(\.principal))
        return requirements.compactMap { requirement in
            let open = places.indices.count { places[$0] == requirement.role && filled[$0] == nil }
            guard open > 0 else { return nil }
            let could = (policy.roles[requirement.role] ?? []).filter {
                !signed.contains($0) && objection(to: $0, fingerprint: nil) == nil
            }
            return MissingApproval(role: requirement.role, count: open, couldSign: could.sorted())
        }
    }

    /// Fills places by augmenting paths, so that nobody with two roles takes the place only they can leave.
    private func assign(_ places: [String], _ signers: [GateSigner]) -> [Int?] {
        var filled = [Int?](repeating: nil, count: places.count)
        func place(_ signer: Int, _ tried: inout Set<Int>) -> Bool {
            for index in places.indices
            where policy.roles[places[index]]?.contains(signers[signer].principal) == true
                && tried.insert(index).inserted
            {
                if let other = filled[index], !place(other, &tried) { continue }
                filled[index] = signer
                return true
            }
            return false
        }
        for signer in signers.indices {
            var tried: Set<Int> = []
            _ = place(signer, &tried)
        }
        return filled
    }
}
