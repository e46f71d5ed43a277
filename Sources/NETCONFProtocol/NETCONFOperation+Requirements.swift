extension NETCONFOperation {
    /// What the server would have to announce and did not; nil when the operation may be sent.
    package func missingCapability(in capabilities: NETCONFCapabilities) -> String? {
        let lacks = { (known: NETCONFCapability.Known) -> String? in
            capabilities.contains(known) ? nil : known.rawValue
        }
        switch self {
        case .getConfig(let source, let filter, let mode):
            return Self.missing(source, capabilities) ?? Self.missing(filter, capabilities)
                ?? Self.missing(mode, capabilities)
        case .get(let filter, let mode): return Self.missing(filter, capabilities) ?? Self.missing(mode, capabilities)
        case .editConfig(let edit):
            if edit.target == .running, let missing = lacks(.writableRunning) { return missing }
            if let missing = Self.missing(edit.target, capabilities) { return missing }
            if edit.errorOption == .rollbackOnError, let missing = lacks(.rollbackOnError) { return missing }
            if edit.testOption == .testOnly, let missing = lacks(.validate11) { return missing }
            if edit.testOption != nil, !capabilities.canValidate { return NETCONFCapability.Known.validate10.rawValue }
            if case .url = edit.content { return lacks(.url) }
            return nil
        case .copyConfig(let target, let source, let mode):
            return Self.missing(target, capabilities) ?? Self.missing(source, capabilities)
                ?? Self.missing(mode, capabilities)
        case .deleteConfig(let target), .lock(let target), .unlock(let target):
            return Self.missing(target, capabilities)
        case .commit(let options):
            if options.persist != nil || options.persistID != nil {
                return lacks(.candidate) ?? lacks(.confirmedCommit11)
            }
            if options.confirmed, !capabilities.canConfirmCommit {
                return NETCONFCapability.Known.confirmedCommit10.rawValue
            }
            return lacks(.candidate)
        case .cancelCommit: return lacks(.candidate) ?? lacks(.confirmedCommit11)
        case .discardChanges: return lacks(.candidate)
        case .validate(let source):
            if !capabilities.canValidate { return NETCONFCapability.Known.validate10.rawValue }
            return Self.missing(source, capabilities)
        case .createSubscription(_, let filter, _, _): return lacks(.notification) ?? Self.missing(filter, capabilities)
        case .partialLock, .partialUnlock: return lacks(.partialLock)
        case .getData(let request):
            if let missing = lacks(.yangLibrary11) { return missing }
            // RFC 8526 §3.1.1.2: what is in use has defaults of its own.
            if request.datastore == "operational", request.withDefaults != nil { return lacks(.withOperationalDefaults) }
            return Self.missing(request.withDefaults, capabilities)
        case .editData: return lacks(.yangLibrary11)
        case .closeSession, .killSession, .getSchema, .other: return nil
        }
    }

    private static func missing(_ datastore: NETCONFDatastore, _ capabilities: NETCONFCapabilities) -> String? {
        let known: NETCONFCapability.Known
        switch datastore {
        case .running: return nil
        case .candidate: known = .candidate
        case .startup: known = .startup
        case .url: known = .url
        case .identity: known = .yangLibrary11
        }
        return capabilities.contains(known) ? nil : known.rawValue
    }

    private static func missing(_ source: ConfigurationSource, _ capabilities: NETCONFCapabilities) -> String? {
        switch source {
        case .datastore(let datastore): missing(datastore, capabilities)
        case .content: nil
        }
    }

    private static func missing(_ filter: NETCONFFilter?, _ capabilities: NETCONFCapabilities) -> String? {
        switch filter {
        case .xpath: capabilities.contains(.xpath) ? nil : NETCONFCapability.Known.xpath.rawValue
        case .subtree, nil: nil
        }
    }

    private static func missing(_ mode: WithDefaultsMode?, _ capabilities: NETCONFCapabilities) -> String? {
        guard let mode else { return nil }
        guard let offered = capabilities.withDefaults else { return NETCONFCapability.Known.withDefaults.rawValue }
        if offered.basic == mode || offered.also.contains(mode) { return nil }
        return "\(NETCONFCapability.Known.withDefaults.rawValue) with \(mode.rawValue)"
    }
}
