package import XMLDocuments

/// A configuration datastore of RFC 6241, or a URL where `:url` allows one.
package enum NETCONFDatastore: Hashable, Sendable, CustomStringConvertible {
    case running, candidate, startup
    case url(String)
    /// Any datastore of RFC 8342 by the name of its identity, for `lock`, `unlock` and `validate` on NMDA servers
    /// (RFC 8526 §3.2).
    case identity(String)

    package var description: String {
        switch self {
        case .running: "running"
        case .candidate: "candidate"
        case .startup: "startup"
        case .url(let url): Self.withoutCredentials(url)
        case .identity(let name): name
        }
    }

    /// `ftp://user:password@host/x` with what stands before the `@` masked (CA-8).
    static func withoutCredentials(_ url: String) -> String {
        guard let start = url.firstRange(of: "://")?.upperBound else { return url }
        let authority = url[start...].prefix { $0 != "/" && $0 != "?" && $0 != "#" }
        guard let mark = authority.lastIndex(of: "@") else { return url }
        return "\(url[..<start])•••\(url[mark...])"
    }
}

/// A source of configuration: a datastore or the configuration itself.
package enum ConfigurationSource: Equatable, Sendable {
    case datastore(NETCONFDatastore)
    /// Content of `<config>`.
    case content([XMLElement])
}

/// Parameters of `<edit-config>` (RFC 6241 §7.2).
package struct EditConfig: Equatable, Sendable {
    package enum DefaultOperation: String, Sendable, CaseIterable { case merge, replace, none }
    package enum TestOption: String, Sendable, CaseIterable {
        case testThenSet = "test-then-set"
        case set
        case testOnly = "test-only"
    }
    package enum ErrorOption: String, Sendable, CaseIterable {
        case stopOnError = "stop-on-error"
        case continueOnError = "continue-on-error"
        case rollbackOnError = "rollback-on-error"
    }
    package enum Content: Equatable, Sendable {
        case config([XMLElement])
        case url(String)
    }
    package var target: NETCONFDatastore
    /// Nil leaves it to the server, which is merge.
    package var defaultOperation: DefaultOperation?
    package var testOption: TestOption?
    package var errorOption: ErrorOption?
    package var content: Content

    package init(
        target: NETCONFDatastore, defaultOperation: DefaultOperation? = nil, testOption: TestOption? = nil,
        errorOption: ErrorOption? = nil, content: Content
    ) {
        self.target = target
        self.defaultOperation = defaultOperation
        self.testOption = testOption
        self.errorOption = errorOption
        self.content = content
    }
}

/// Parameters of `<commit>` (RFC 6241 §8.3.4, §8.4).
package struct CommitOptions: Equatable, Sendable {
    package var confirmed: Bool
    /// In seconds; nil leaves it to the server, which is 600.
    package var confirmTimeoutSeconds: UInt32?
    /// Makes a confirmed commit survive its session, under this token.
    package var persist: String?
    /// The token of a pending persistent commit that is confirmed or extended.
    package var persistID: String?

    package init(
        confirmed: Bool = false, confirmTimeoutSeconds: UInt32? = nil, persist: String? = nil, persistID: String? = nil
    ) {
        self.confirmed = confirmed
        self.confirmTimeoutSeconds = confirmTimeoutSeconds
        self.persist = persist
        self.persistID = persistID
    }
}

/// Everything that can be asked of a server.
package enum NETCONFOperation: Equatable, Sendable {
    case getConfig(NETCONFDatastore, filter: NETCONFFilter? = nil, withDefaults: WithDefaultsMode? = nil)
    case get(filter: NETCONFFilter? = nil, withDefaults: WithDefaultsMode? = nil)
    case editConfig(EditConfig)
    case copyConfig(target: NETCONFDatastore, source: ConfigurationSource, withDefaults: WithDefaultsMode? = nil)
    case deleteConfig(NETCONFDatastore)
    case lock(NETCONFDatastore)
    case unlock(NETCONFDatastore)
    case closeSession
    case killSession(UInt32)
    case commit(CommitOptions)
    case cancelCommit(persistID: String?)
    case discardChanges
    case validate(ConfigurationSource)
    /// RFC 5277 §2.1.1; times are RFC 3339.
    case createSubscription(stream: String?, filter: NETCONFFilter?, startTime: String?, stopTime: String?)
    /// RFC 6022 §3.1.
    case getSchema(identifier: String, version: String?, format: String?)
    /// RFC 5717 §2.4.1: XPath expressions with their prefixes.
    case partialLock(select: [String], namespaces: [String: String])
    case partialUnlock(lockID: UInt32)
    /// RFC 8526 §3.1.1.
    case getData(GetData)
    /// RFC 8526 §3.1.2.
    case editData(datastore: String, defaultOperation: EditConfig.DefaultOperation?, content: EditConfig.Content)
    /// Anything else, such as vendors' own operations.
    case other(XMLElement)
}

/// Parameters of `<get-data>` (RFC 8526 §3.1.1).
package struct GetData: Equatable, Sendable {
    /// Name of the identity in ietf-datastores: `running`, `intended`, `operational`, ….
    package var datastore: String
    package var filter: NETCONFFilter?
    /// True: configuration only; false: state only.
    package var configFilter: Bool?
    /// Names of origin identities (`intended`, `learned`, …), for `operational` only; with `excludesOrigins` all but these.
    package var origins: [String] = []
    package var excludesOrigins = false
    package var maximumDepth: UInt16?
    package var withOrigin: Bool
    package var withDefaults: WithDefaultsMode?

    package init(
        datastore: String, filter: NETCONFFilter? = nil, configFilter: Bool? = nil, maximumDepth: UInt16? = nil,
        withOrigin: Bool = false, withDefaults: WithDefaultsMode? = nil
    ) {
        self.datastore = datastore
        self.filter = filter
        self.configFilter = configFilter
        self.maximumDepth = maximumDepth
        self.withOrigin = withOrigin
        self.withDefaults = withDefaults
    }
}
