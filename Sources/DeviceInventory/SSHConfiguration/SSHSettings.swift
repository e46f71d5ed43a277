package import Diagnostics

/// What an OpenSSH client configuration says about one host: the first value of each option whose `Host` lines match.
///
/// Nil where the file says nothing: OpenSSH's own defaults are not taken.
package struct SSHSettings: Sendable, Equatable {
    /// A value and the place that gave it.
    package struct Given<Value: Sendable & Equatable>: Sendable, Equatable {
        package var value: Value
        package var position: SourcePosition
    }

    /// One host of a `ProxyJump`.
    package struct Jump: Sendable, Equatable {
        package var user: String?
        /// As written; the configuration is asked for it in its turn.
        package var host: String
        package var port: UInt16?
    }

    /// A list of algorithm names, whole or as a change of the defaults.
    package struct Algorithms: Sendable, Equatable {
        package enum Change: String, Sendable { case replace = "", append = "+", remove = "-", prepend = "^" }
        package var change: Change
        /// Names; behind `-` they may hold `*` and `?`.
        package var names: [String]
        /// As written.
        package var text: String { change.rawValue + names.joined(separator: ",") }

        /// The list that comes of the defaults. Names are not checked here.
        package func applied(to defaults: [String]) -> [String] {
            switch change {
            case .replace: names
            case .append: defaults + names.filter { !defaults.contains($0) }
            case .prepend: names + defaults.filter { !names.contains($0) }
            case .remove: defaults.filter { !SSHConfigurationPattern.matches(names, $0) }
            }
        }
    }

    /// An option that has a value for this host and is not used, and why.
    package struct Unused: Sendable, Equatable {
        package var keyword: String
        package var text: String
        package var reason: String
        package var position: SourcePosition
    }

    package var hostName: Given<String>?
    package var port: Given<UInt16>?
    package var user: Given<String>?
    /// In order, tokens not expanded yet.
    package var identityFiles: [Given<String>] = []
    package var identitiesOnly: Given<Bool>?
    /// Empty for `none`.
    package var proxyJump: Given<[Jump]>?
    package var hostKeyAlias: Given<String>?
    package var keyExchange: Given<Algorithms>?
    package var hostKeyAlgorithms: Given<Algorithms>?
    package var ciphers: Given<Algorithms>?
    package var macs: Given<Algorithms>?
    /// Nil inside for `none`.
    package var connectTimeout: Given<Duration?>?
    /// Zero: no keep-alives.
    package var keepAlive: Given<Duration>?
    package var keepAliveLimit: Given<Int>?
    package var unused: [Unused] = []

    package init() {}

    /// The lists of algorithms by keyword.
    package var algorithms: [(keyword: String, given: Given<Algorithms>)] {
        [
            ("KexAlgorithms", keyExchange), ("HostKeyAlgorithms", hostKeyAlgorithms), ("Ciphers", ciphers),
            ("MACs", macs),
        ].compactMap { keyword, given in given.map { (keyword, $0) } }
    }
}
