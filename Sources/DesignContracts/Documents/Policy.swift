package import DeviceInventory
package import SignedManifests

/// `policy.yaml`: who may pass which gate, and when. Belongs to the site.
package struct Policy: Equatable, Sendable {
    package static let format = "policy/v1"
    package var roles: [String: [PrincipalName]]
    package var spec: GateRule
    package var design: GateRule
    package var record: [Requirement]
    package var separation: Separation
    /// The role that may read devices outside engagements.
    package var standingReadRole: String?
    package var freeze: [TimeWindow]
    package var agents: [PrincipalName: AgentLevel]

    /// So many distinct keys of people in a role.
    package struct Requirement: Equatable, Hashable, Sendable {
        package var role: String
        package var count: Int
    }

    package struct GateRule: Equatable, Sendable {
        package var require: [Requirement]
        package var conditions: [Condition]
        /// How long an approval is good for.
        package var lifetime: Duration
        /// Kept runs an approval is good for.
        package var runs: Int
        /// How long the signed backout may be used without a new approval.
        package var backoutFor: Duration
    }

    /// More signatures when the change is of some kind.
    package struct Condition: Equatable, Sendable {
        package enum Trigger: Equatable, Sendable {
            case devicesOver(Int)
            case touches(DeviceSelector)
        }
        package var trigger: Trigger
        package var require: [Requirement]
    }

    package struct Separation: Equatable, Sendable {
        package var authorMayApprove: Bool
        package var samePersonBothGates: Bool
    }

    /// How far a software agent may go; none of them may approve.
    package enum AgentLevel: String, Sendable, CaseIterable { case assisted, supervised, autonomous }

    /// Roles a principal has, sorted.
    package func roles(of principal: PrincipalName) -> [String] {
        roles.filter { $0.value.contains(principal) }.keys.sorted()
    }
}
