package import DeviceInventory
package import SourceDocuments
package import StateChecks

/// `contract.yaml`: what may be done, where, in which order, with which checks and which way back.
package struct Contract: Equatable, Sendable {
    package static let format = "contract/v1"
    package var devices: DeviceSelector
    package var devicesNode: DocumentNode
    package var configurations: [Configuration]
    package var templates: Templates
    package var checksBefore: [StateCheck]
    package var checksAfter: [StateCheck]
    package var rollout: Rollout
    package var stale: Stale
    package var captures: [String]
    package var save: Save
    /// Words of `acceptableWeaknesses`.
    package var accepted: [String]
    package var dialogs: [Dialog]
    /// Secrets that may have another value at apply than at plan.
    package var rotates: [String]

    /// Weaknesses that refuse a plan unless they are accepted.
    package static let acceptableWeaknesses = ["revert-by-reboot", "backout-incomplete", "own-path"]

    package enum Stale: String, Sendable, CaseIterable { case touched, refuse }
    package enum Save: String, Sendable, CaseIterable { case afterConfirm = "after-confirm", never }
    package enum Ownership: String, Sendable, CaseIterable { case merge, section, replace }

    /// One clause: a template for some of the devices.
    package struct Configuration: Equatable, Sendable {
        package enum Source: Equatable, Sendable {
            /// CLI lines.
            case template(String)
            /// Content of an edit-config.
            case netconf(String)

            /// Below `templates/`.
            package var path: String {
                switch self {
                case .template(let path), .netconf(let path): path
                }
            }
        }
        package var id: String
        package var source: Source
        package var devices: DeviceSelector
        package var devicesNode: DocumentNode
        package var ownership: Ownership
        /// With `ownership: section`: the section headers that are wholly ours.
        package var sections: [String]
        /// Acceptance criteria it is there for.
        package var satisfies: [String]
        /// `contract.yaml:5:5`, for provenance.
        package var place: String
    }

    /// How the templates are read: whose habits they were written for, and what differs from those.
    package struct Templates: Equatable, Sendable {
        /// The tool the templates come from; it sets everything that is not said.
        package enum Style: String, Sendable, CaseIterable { case ansible, avd, netlab, sonic, jinja2 }
        package enum Undefined: String, Sendable, CaseIterable {
            case strictChainable = "strict-chainable"
            case strictChainableFalsy = "strict-chainable-falsy"
            case strict, chainable, lenient
        }
        /// Filters and tests by the name of their pack.
        package static let packNames = ["ansible", "arista.avd", "netlab", "sonic", "netutils"]

        package var style = Style.ansible
        /// Nil: those of the style. A later one gives a name its meaning.
        package var packs: [String]?
        package var undefined: Undefined?
        package var trimBlocks: Bool?
        package var lstripBlocks: Bool?
        package var keepTrailingNewline: Bool?

        package init() {}
    }

    package struct Rollout: Equatable, Sendable {
        package enum Transaction: String, Sendable, CaseIterable { case network, wave, device }
        package enum OnSplit: String, Sendable, CaseIterable { case back, hold }
        package var transaction: Transaction
        /// Empty: all devices at once.
        package var waves: [Wave]
        /// Start no new device when this many have failed.
        package var stopWhenFailed: Int
        package var confirmTimeout: Duration
        package var onSplit: OnSplit
    }

    package struct Wave: Equatable, Sendable {
        package enum Batch: Equatable, Sendable {
            case count(Int)
            /// 1 to 100 percent of the wave's devices at a time.
            case percent(Int)
        }
        package var name: String
        /// Nil: what earlier waves left.
        package var devices: DeviceSelector?
        package var devicesNode: DocumentNode?
        package var batch: Batch?
        package var soak: Duration
    }

    /// The answer to a question that a command is known to ask.
    package struct Dialog: Equatable, Sendable {
        /// `*` stands for any text.
        package var command: String
        package var expect: String
        package var answer: String
    }
}
