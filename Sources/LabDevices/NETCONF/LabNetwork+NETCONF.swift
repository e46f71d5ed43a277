import NETCONFProtocol
import XMLDocuments

/// One NETCONF session of a channel.
struct LabNETCONFSession: Sendable {
    var machine: NETCONFServerSession
    let id: UInt32
}

extension LabNetwork {
    mutating func startNETCONF(_ id: LabChannelID, at now: LabInstant) {
        guard let channel = channels[id], case .labRouter(var router)? = devices[channel.device]?.engine else { return }
        // Sessions are told to others, and a name that XML cannot hold could not be (T-4).
        guard XMLElement("username", in: "", text: channel.user).firstForbiddenCharacter == nil else {
            return drop(id, at: now)
        }
        let number = router.openSession(user: channel.user, at: now)
        var session = LabNETCONFSession(
            machine: NETCONFServerSession(sessionID: number, capabilities: router.capabilities), id: number)
        let hello = session.machine.start()
        devices[channel.device]?.engine = .labRouter(router)
        channels[id]?.session = .netconf(session)
        send(hello, on: id, at: now)
        deliverNotifications(of: channel.device, at: now)
    }

    /// Sends what subscribers are to hear; after answers, which come first (N-1).
    mutating func deliverNotifications(of device: String, at now: LabInstant) {
        guard case .labRouter(var router)? = devices[device]?.engine else { return }
        let messages = router.notifications.takeWaiting().filter { router.mayHear($0.session, $0.entry.event) }
        if messages.isEmpty { return }
        for message in messages { router.count(message.session) { $0.notificationsSent += 1 } }
        devices[device]?.engine = .labRouter(router)
        for message in messages {
            let channel = channels.first { $0.value.device == device && $0.value.netconfSession == message.session }
            guard let channel, case .netconf(let session) = channel.value.session else { continue }
            let notification = NETCONFNotification(eventTime: router.time(message.entry.at), event: message.entry.event)
            send(session.machine.notification(notification), on: channel.key, at: now)
        }
    }

    mutating func receiveNETCONF(
        _ bytes: [UInt8], _ initial: LabNETCONFSession, on id: LabChannelID, at now: LabInstant
    ) {
        var session = initial
        let events = session.machine.receive(bytes)
        channels[id]?.session = .netconf(session)
        for event in events {
            // An earlier request may have ended the session.
            guard case .netconf? = channels[id]?.session else { return }
            switch event {
            case .opened: break
            case .request(let request): carryOut(request, session, on: id, at: now)
            case .send(let bytes):
                update(id) { $0.count(session.id) { $0.badRequests += 1 } }
                send(bytes, on: id, at: now)
            case .terminate: finish(id, status: 0, at: now)
            }
        }
    }

    /// Changes the router behind a channel.
    private mutating func update(_ id: LabChannelID, _ change: (inout LabRouter) -> Void) {
        guard let device = channels[id]?.device, case .labRouter(var router)? = devices[device]?.engine else { return }
        change(&router)
        devices[device]?.engine = .labRouter(router)
    }

    /// One request, with whatever the faults make of it.
    private mutating func carryOut(
        _ request: IncomingRequest, _ session: LabNETCONFSession, on id: LabChannelID, at now: LabInstant
    ) {
        guard let device = channels[id]?.device else { return }
        let operation: NETCONFOperation
        do throws(RPCError) { operation = try request.parsed() } catch {
            update(id) { $0.count(session.id) { $0.badRequests += 1 } }
            return answer(.errors([error]), to: request, session, on: id, at: now)
        }
        let line = operation.line
        var endsAfter = false
        switch operationFault(line, on: device) {
        case .refuseLine(_, let text)?:
            return answer(.errors([.operationFailed(text, .application)]), to: request, session, on: id, at: now)
        case .hangAtLine?: return
        case .dropAtLine(_, afterEffect: false)?: return drop(id, at: now)
        case .dropAtLine?: endsAfter = true
        case .lie?: return answer(.ok, to: request, session, on: id, at: now)
        case .lockHeld?:
            return answer(
                .errors([.lockDenied(holder: 0, message: "locked by the console")]), to: request, session, on: id,
                at: now)
        case .rebootAtLine?: devices[device]?.rebootAt = now
        case .dropAfterBytes?, .slow?, .logLine?, .question?, .loginRefused?, nil: break
        }
        guard case .labRouter(var router)? = devices[device]?.engine else { return }
        let (content, effect) = router.perform(operation, in: session.id, view: view(of: device, at: now), at: now)
        router.count(session.id) {
            $0.requests += 1
            if case .errors = content { $0.errorsSent += 1 }
        }
        devices[device]?.engine = .labRouter(router)
        settle(device, at: now)
        if endsAfter { return drop(id, at: now) }
        answer(content, to: request, session, on: id, at: now)
        switch effect {
        case .closesSession?: endNETCONF(id, .closed, at: now)
        case .kills(let other)?:
            let victim = channels.first { $0.value.device == device && $0.value.netconfSession == other }?.key
            if let victim { endNETCONF(victim, .killed(by: session.id), at: now) }
        case nil: break
        }
        deliverNotifications(of: device, at: now)
        if devices[device]?.rebootAt == now { reboot(device, at: now) }
    }

    private mutating func answer(
        _ content: ReplyContent, to request: IncomingRequest, _ session: LabNETCONFSession, on id: LabChannelID,
        at now: LabInstant
    ) {
        send(session.machine.reply(to: request, content), on: id, at: now)
    }

    /// The session ends in order; the channel closes after what was sent.
    private mutating func endNETCONF(_ id: LabChannelID, _ end: LabRouter.SessionEnd, at now: LabInstant) {
        releaseNETCONF(id, end, at: now)
        finish(id, status: 0, at: now)
    }

    /// The router forgets a channel's session: locks go, a confirmed commit without persist is taken back.
    mutating func releaseNETCONF(_ id: LabChannelID, _ end: LabRouter.SessionEnd = .dropped, at now: LabInstant) {
        guard let channel = channels[id], let number = channel.netconfSession else { return }
        update(id) { $0.closeSession(number, end, at: now) }
        settle(channel.device, at: now)
        deliverNotifications(of: channel.device, at: now)
    }

    private mutating func operationFault(_ line: String, on device: String) -> LabFault.Kind? {
        devices[device]?.faults.take { kind in
            switch kind {
            case .refuseLine(let pattern, _), .hangAtLine(let pattern), .dropAtLine(let pattern, _), .lie(let pattern),
                .rebootAtLine(let pattern):
                pattern.matches(line)
            case .lockHeld: line.hasPrefix("lock ")
            case .dropAfterBytes, .slow, .logLine, .question, .loginRefused: false
            }
        }
    }
}

extension NETCONFOperation {
    /// The operation in words, for the patterns of faults: `lock candidate`, `commit confirmed`.
    var line: String {
        switch self {
        case .getConfig(let source, _, _): "get-config \(source)"
        case .get: "get"
        case .editConfig(let edit): "edit-config \(edit.target)"
        case .copyConfig(let target, _, _): "copy-config \(target)"
        case .deleteConfig(let target): "delete-config \(target)"
        case .lock(let target): "lock \(target)"
        case .unlock(let target): "unlock \(target)"
        case .closeSession: "close-session"
        case .killSession: "kill-session"
        case .commit(let options): options.confirmed ? "commit confirmed" : "commit"
        case .cancelCommit: "cancel-commit"
        case .discardChanges: "discard-changes"
        case .validate: "validate"
        case .createSubscription: "create-subscription"
        case .getSchema: "get-schema"
        case .partialLock: "partial-lock"
        case .partialUnlock: "partial-unlock"
        case .getData: "get-data"
        case .editData: "edit-data"
        case .other(let element): element.local
        }
    }
}
