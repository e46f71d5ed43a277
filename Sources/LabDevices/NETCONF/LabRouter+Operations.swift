import NETCONFProtocol
import XMLDocuments
import YANGData

extension LabRouter {
    /// Carries out one request of a session.
    mutating func perform(_ operation: NETCONFOperation, in session: UInt32, view: RouterView, at now: LabInstant)
        -> (answer: ReplyContent, effect: Effect?)
    {
        do throws(LabRouterRefusal) {
            // Defaults that are not offered are a wrong value, not a missing operation (WD-2).
            if let missing = operation.missingCapability(in: NETCONFCapabilities(capabilities)),
                !missing.hasPrefix(NETCONFCapability.Known.withDefaults.rawValue),
                missing != NETCONFCapability.Known.withOperationalDefaults.rawValue
            {
                throw LabRouterRefusal(
                    RPCError(
                        .protocol, .operationNotSupported,
                        message: "\(operation.line) needs \(missing), which this router does not offer"))
            }
            try requireExec(operation, session)
            switch operation {
            case .closeSession: return (.ok, .closesSession)
            case .killSession(let other): return (.ok, .kills(try killed(other, by: session)))
            case .get, .getConfig, .getSchema: return (try read(operation, session, view, at: now), nil)
            case .getData(let request):
                return (
                    .content([XMLElement("data", in: NETCONFNamespace.nmda, try data(request, session, view, at: now))]
                    ), nil
                )
            case .editConfig(let edit): try change(edit, session, at: now)
            case .editData(let datastore, let operation, let content):
                try edit(datastore, operation, content, session, at: now)
            case .copyConfig(let target, let source, let mode):
                try copy(source, to: target, session, mode, at: now)
            case .deleteConfig(let target): try delete(target, session)
            case .lock(let target): try lock(try named(target), session, at: now)
            case .unlock(let target): try unlock(try named(target), session)
            case .partialLock(let select, let namespaces):
                return (.content(try partialLock(select, namespaces, session, at: now)), nil)
            case .partialUnlock(let id): try partialUnlock(id, session)
            case .commit(let options): try commit(options, session, at: now)
            case .cancelCommit(let token): try cancel(token, session, at: now)
            case .createSubscription(let stream, let filter, let startTime, let stopTime):
                try subscribe(
                    session, stream: stream, filter: filter, startTime: startTime, stopTime: stopTime, at: now)
            case .discardChanges:
                try requireUnlocked(.candidate, session)
                candidate = running
            case .validate(let source): _ = try schema.get().validated(try text(of: source))
            case .other(let element):
                throw LabRouterRefusal(
                    RPCError(.protocol, .operationNotSupported, message: "operation \(element.local) is not known here")
                )
            }
            return (.ok, nil)
        } catch {
            return (.errors(error.errors), nil)
        }
    }

    // MARK: Reading

    private func read(
        _ operation: NETCONFOperation, _ session: UInt32, _ view: RouterView, at now: LabInstant
    ) throws(LabRouterRefusal) -> ReplyContent {
        var data: [XMLElement]
        let filter: NETCONFFilter?
        switch operation {
        case .getConfig(let source, let wanted, let mode):
            (data, filter) = (try schema.get().content(try stored(source), mode ?? .explicit), wanted)
        case .get(let wanted, let mode):
            let config = try schema.get().content(running, mode ?? .explicit)
            (data, filter) = (
                config.addingState(of: self, view, at: now) + discovery(at: now)
                    + (offers(.notification) ? [streams] : []), wanted
            )
        case .getSchema(let identifier, let version, let format):
            return .content([try module(identifier, version, format)])
        default: (data, filter) = ([], nil)
        }
        data = readable(data, by: session)
        switch filter {
        case nil: return .data(data)
        case .subtree(let wanted)?: return .data(SubtreeFilter(wanted).select(data))
        case .xpath(let select, let namespaces)?:
            return .data(try XPathFilter(select: select, namespaces: namespaces).select(data))
        }
    }

    /// RFC 6022 §3.1: the modules of this router that are not published elsewhere.
    private func module(_ identifier: String, _ version: String?, _ format: String?) throws(LabRouterRefusal)
        -> XMLElement
    {
        let format = format?.split(separator: ":").last.map(String.init)
        guard identifier == LabRouterModule.name, version == nil || version == LabRouterModule.revision,
            format == nil || format == "yang"
        else {
            throw LabRouterRefusal(
                .invalidValue("no schema \(identifier)\(version.map { "@\($0)" } ?? "") in this format"))
        }
        return XMLElement("data", in: NETCONFNamespace.monitoring, text: LabRouterModule.text)
    }

    func stored(_ datastore: NETCONFDatastore) throws(LabRouterRefusal) -> String {
        switch datastore {
        case .running: return running
        case .candidate: return candidate
        case .startup: return startup
        case .identity: return try stored(try named(datastore))
        case .url(let url):
            return try schema.get().parsed(try files.configuration(url))
        }
    }

    private func text(of source: ConfigurationSource) throws(LabRouterRefusal) -> String {
        switch source {
        case .datastore(let datastore): try stored(datastore)
        case .content(let elements): try schema.get().parsed(elements)
        }
    }

    // MARK: Writing

    /// RFC 8526 §3.1.2: all or nothing.
    private mutating func edit(
        _ datastore: String, _ operation: EditConfig.DefaultOperation?, _ content: EditConfig.Content,
        _ session: UInt32,
        at now: LabInstant
    ) throws(LabRouterRefusal) {
        let target = try named(.identity(datastore))
        guard target == .candidate || (target == .running && profile.writesRunning) else {
            throw LabRouterRefusal(.invalidValue("datastore \(datastore) cannot be written here"))
        }
        try change(
            EditConfig(
                target: target, defaultOperation: operation, errorOption: .rollbackOnError, content: content), session,
            at: now)
    }

    private mutating func change(_ edit: EditConfig, _ session: UInt32, at now: LabInstant) throws(LabRouterRefusal) {
        guard edit.target == .candidate || (edit.target == .running && profile.writesRunning) else {
            throw LabRouterRefusal(
                RPCError(
                    .protocol, .operationNotSupported,
                    message: "\(edit.target) cannot be edited here; edit the candidate"))
        }
        try requireUnlocked(edit.target, session)
        let content: [XMLElement]
        switch edit.content {
        case .config(let elements): content = elements
        case .url(let url): content = try files.configuration(url)
        }
        let schema = try schema.get()
        let edited = try schema.applying(content, edit.defaultOperation ?? .merge, to: try stored(edit.target))
        try requireWritable(by: session, from: try stored(edit.target), to: edited)
        if edit.target == .running {
            // Running is always valid (E-17).
            let valid = try schema.validated(edited)
            try requireUntouched(by: session, from: running, to: valid)
            if edit.testOption == .testOnly { return }
            return makeRunning(valid, by: session, at: now)
        }
        switch edit.testOption {
        case .testThenSet?: _ = try schema.validated(edited)
        case .testOnly?:
            _ = try schema.validated(edited)
            return
        // A candidate that is being put together may be invalid until it is committed.
        case .set?, nil: break
        }
        candidate = edited
    }

    /// Running becomes this, and survives a reboot where nothing else has to be done for it.
    private mutating func makeRunning(_ text: String, by session: UInt32, at now: LabInstant) {
        let was = running
        candidate = text
        setRunning(text)
        if !profile.hasStartup, pending == nil { startup = text }
        if was != text {
            notifications.publish(LabEvent.configChange(.running, by: who(session), from: was, to: text), at: now)
        }
    }

    private mutating func copy(
        _ source: ConfigurationSource, to target: NETCONFDatastore, _ session: UInt32, _ mode: WithDefaultsMode?,
        at now: LabInstant
    ) throws(LabRouterRefusal) {
        if case .datastore(let same) = source, same == target {
            throw LabRouterRefusal(.invalidValue("source and target are the same"))
        }
        let content = try text(of: source)
        switch target {
        case .candidate:
            try requireUnlocked(.candidate, session)
            try requireWritable(by: session, from: candidate, to: content)
            candidate = content
        case .startup:
            try requireUnlocked(.startup, session)
            let was = startup
            let valid = try schema.get().validated(content)
            try requireWritable(by: session, from: startup, to: valid)
            startup = valid
            notifications.publish(LabEvent.configChange(.startup, by: who(session), from: was, to: startup), at: now)
        case .running where profile.writesRunning:
            try requireUnlocked(.running, session)
            let valid = try schema.get().validated(content)
            try requireUntouched(by: session, from: running, to: valid)
            try requireWritable(by: session, from: running, to: valid)
            makeRunning(valid, by: session, at: now)
        // Defaults are a matter of files only (WD-5).
        case .url(let url):
            try files.write(readable(try schema.get().content(content, mode ?? .explicit), by: session), to: url)
        case .running, .identity:
            throw LabRouterRefusal(
                RPCError(.protocol, .operationNotSupported, message: "\(target) cannot be copied to"))
        }
    }

    private mutating func delete(_ target: NETCONFDatastore, _ session: UInt32) throws(LabRouterRefusal) {
        if case .url(let url) = target { return try files.delete(url) }
        guard target == .startup else { throw LabRouterRefusal(.invalidValue("\(target) cannot be deleted")) }
        try requireUnlocked(.startup, session)
        startup = ""
    }

    // MARK: Locks

    /// Refuses when another session holds the lock (LK-2).
    private func requireUnlocked(_ datastore: NETCONFDatastore, _ session: UInt32) throws(LabRouterRefusal) {
        guard let lock = locks[datastore], lock.session != session else { return }
        throw LabRouterRefusal(
            RPCError(
                .protocol, .inUse, message: "\(datastore) is locked by session \(lock.session)",
                info: [XMLElement("session-id", in: NETCONFNamespace.base, text: "\(lock.session)")]))
    }

    private mutating func lock(_ datastore: NETCONFDatastore, _ session: UInt32, at now: LabInstant)
        throws(LabRouterRefusal)
    {
        if case .url = datastore { throw LabRouterRefusal(.invalidValue("files cannot be locked")) }
        _ = try stored(datastore)
        if datastore == .running, let holder = partialLocks.values.map(\.session).min() {
            throw LabRouterRefusal(.lockDenied(holder: holder, message: "a part of running is locked"))
        }
        if let holder = locks[datastore]?.session { throw LabRouterRefusal(.lockDenied(holder: holder)) }
        if datastore == .candidate, candidate != running {
            throw LabRouterRefusal(.lockDenied(holder: 0, message: "the candidate has changes that are not committed"))
        }
        if datastore == .running, let pending, pending.session != session {
            throw LabRouterRefusal(
                .lockDenied(holder: pending.session ?? 0, message: "a confirmed commit is pending"))
        }
        locks[datastore] = Lock(session: session, since: now)
    }

    private mutating func unlock(_ datastore: NETCONFDatastore, _ session: UInt32) throws(LabRouterRefusal) {
        guard let lock = locks[datastore] else {
            throw LabRouterRefusal(.operationFailed("\(datastore) is not locked"))
        }
        guard lock.session == session else {
            throw LabRouterRefusal(.lockDenied(holder: lock.session, message: "another session holds the lock"))
        }
        locks[datastore] = nil
        if datastore == .candidate, !profile.keepsCommitted { candidate = running }
    }

    private func killed(_ other: UInt32, by session: UInt32) throws(LabRouterRefusal) -> UInt32 {
        guard other != session, sessions[other] != nil else {
            throw LabRouterRefusal(
                .invalidValue(other == session ? "a session cannot kill itself" : "there is no session \(other)"))
        }
        return other
    }

    // MARK: Commit

    /// Whether this session may go on with what is pending (CC-8, CC-9, CC-10).
    private func requireOwner(_ token: String?, _ session: UInt32) throws(LabRouterRefusal) {
        guard let pending else {
            if token != nil { throw LabRouterRefusal(.invalidValue("no confirmed commit is pending")) }
            return
        }
        if let persist = pending.persist {
            guard token == persist else {
                throw LabRouterRefusal(
                    .invalidValue(
                        token == nil
                            ? "persist-id is missing: a persistent confirmed commit is pending"
                            : "persist-id does not match"))
            }
        } else {
            guard token == nil else {
                throw LabRouterRefusal(.invalidValue("the pending confirmed commit is not persistent"))
            }
            guard pending.session == session else {
                throw LabRouterRefusal(
                    RPCError(
                        .protocol, .inUse, message: "a confirmed commit of session \(pending.session ?? 0) is pending"))
            }
        }
    }

    private mutating func commit(_ options: CommitOptions, _ session: UInt32, at now: LabInstant)
        throws(LabRouterRefusal)
    {
        try requireUnlocked(.candidate, session)
        try requireUnlocked(.running, session)
        try requireOwner(options.persistID, session)
        if options.persist != nil, !options.confirmed {
            throw LabRouterRefusal(.badElement("persist", message: "persist goes with confirmed"))
        }
        let valid = try schema.get().validated(candidate)
        try requireUntouched(by: session, from: running, to: valid)
        try requireWritable(by: session, from: running, to: valid)
        let event = options.confirmed ? (pending == nil ? "start" : "extend") : pending == nil ? nil : "complete"
        var timeout: UInt32?
        if options.confirmed {
            let seconds = options.confirmTimeoutSeconds ?? Self.defaultConfirmTimeout
            timeout = seconds
            // A persistent one stays persistent when it is extended, under a new token if one is given.
            let persist = options.persist ?? pending?.persist
            pending = Pending(
                before: pending?.before ?? running, revertsAt: now + .seconds(Int64(seconds)),
                session: persist == nil ? session : nil, persist: persist)
        } else {
            pending = nil
        }
        if let event {
            notifications.publish(LabEvent.confirmedCommit(event, by: who(session), timeout: timeout), at: now)
        }
        makeRunning(valid, by: session, at: now)
    }

    private mutating func cancel(_ token: String?, _ session: UInt32, at now: LabInstant) throws(LabRouterRefusal) {
        guard pending != nil else { throw LabRouterRefusal(.invalidValue("no confirmed commit is pending")) }
        try requireUnlocked(.running, session)
        try requireOwner(token, session)
        revert("cancel", by: who(session), at: now)
    }
}
