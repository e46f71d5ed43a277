import ByteTransport
import CLibSSH
import Diagnostics
import Glibc

extension SSHSession {
    /// Key exchange up to NEWKEYS. Nothing about us but the banner is sent.
    func exchangeKeys(pinnedTypes: Set<String>, _ deadline: ContinuousClock.Instant) async throws(TransportError) {
        let session = try configured(pinnedTypes: pinnedTypes)
        adoptSocket(session)
        // An RSA key signs with SHA-1 or with SHA-2: the key alone does not tell.
        let mayBeRSA = pinnedTypes.contains("ssh-rsa") || options.algorithms.hostKeys.contains("ssh-rsa")
        while true {
            _ = reactor.takeAlgorithmComplaint()
            let status: Int32
            if mayBeRSA {
                let heard = reactor.hearingNegotiation { ssh_connect(session) }
                status = heard.status
                if let names = heard.names, names.count > 1 { hostKeyAlgorithm = names[1] }
            } else {
                status = ssh_connect(session)
            }
            if status == SSH_OK { break }
            guard status == SSH_AGAIN else { throw keyExchangeFailed(reactor.takeAlgorithmComplaint()) }
            try await pause(until: deadline, for: "the key exchange", since: activity)
        }
        // libssh puts a connected descriptor back into blocking mode; a peer that stops reading would stop the reactor.
        _ = fcntl(ssh_get_fd(session), F_SETFL, O_NONBLOCK)
    }

    private func configured(pinnedTypes: Set<String>) throws(TransportError) -> ssh_session {
        var algorithms = options.algorithms
        algorithms.hostKeys = algorithms.preferring(pinnedTypes: pinnedTypes)
        guard let session = reactor.sessionPatterns.session(offering: algorithms) else {
            throw TransportError(
                .algorithmMismatch, what: "libssh takes none of the algorithms of a list, or is out of memory",
                location: target.location,
                remedy: "look at the algorithms that the SSH configuration and legacy-algorithms leave for this device")
        }
        var port = UInt32(target.port)
        ssh_options_set(session, SSH_OPTIONS_HOST, target.host)
        ssh_options_set(session, SSH_OPTIONS_PORT, &port)
        ssh_options_set(session, SSH_OPTIONS_USER, target.user)
        ssh_set_blocking(session, 0)
        return session
    }

    private func keyExchangeFailed(_ complaint: String?) -> TransportError {
        let text = libraryError
        if let lists = complaint ?? (text.contains("no match for method") ? text : nil) {
            return TransportError(
                .algorithmMismatch,
                what: safeForDisplay(SSHKeyExchangeOffer.withoutSignals(lists), keepingLines: false),
                location: target.location,
                remedy: "if the device is old, allow one of its algorithms for it in the inventory")
        }
        let message = ssh_get_disconnect_message(session).map { String(cString: $0) } ?? ""
        return TransportError(
            .closed,
            what: "the key exchange failed: "
                + safeForDisplay(message.isEmpty ? text : message, keepingLines: false),
            location: target.location,
            remedy: "check that the port speaks SSH and that the device has free sessions")
    }

    func serverKey() throws(TransportError) -> SSHPublicKey {
        var key: ssh_key?
        guard ssh_get_server_publickey(session, &key) == SSH_OK, let key else {
            throw TransportError(.protocolViolation, what: "the device sent no host key", location: target.location)
        }
        defer { ssh_key_free(key) }
        return try SSHPublicKey(key)
    }

    /// The one place where a host key is accepted.
    func check(_ key: SSHPublicKey, against pins: HostKeyIndex) throws(TransportError) {
        let offered = "\(key.type) \(key.fingerprint)"
        switch pins.verdict(on: key, offeredBy: target) {
        case .trusted: return
        case .unknown:
            throw TransportError(
                .hostKeyUnknown, what: "no host key is pinned; the device offers \(offered)",
                location: target.location,
                remedy: "compare the fingerprint with the device's own, then: asbuilt hostkeys pin \(target.subject)")
        case .changed(let pinned):
            let list =
                (pinned.map { "\($0.key.type) \($0.key.fingerprint) (\($0.position))" }
                + target.fingerprints.map { "\($0) (inventory)" }).joined(separator: ", ")
            throw TransportError(
                .hostKeyChanged, what: "the host key is not the pinned one: offered \(offered), pinned \(list)",
                location: target.location,
                remedy:
                    "find out why; if the device was replaced, compare the new fingerprint with the device's own, then: "
                    + "asbuilt hostkeys rotate \(target.subject)")
        case .revoked(let pin):
            throw TransportError(
                .hostKeyChanged, what: "the host key \(offered) is revoked (\(pin.position))",
                location: target.location, remedy: "do not log in; give the device a new host key")
        }
    }

    func facts(_ key: SSHPublicKey) -> ConnectionFacts {
        func name(_ text: UnsafePointer<CChar>?) -> String? { text.map { String(cString: $0) } }
        // Without ssh-rsa on the list SHA-1 was not possible.
        let isModernRSA = key.type == "ssh-rsa" && !options.algorithms.hostKeys.contains("ssh-rsa")
        var algorithms = ["hostkey": hostKeyAlgorithm ?? (isModernRSA ? "rsa-sha2" : key.type)]
        algorithms["kex"] = name(ssh_get_kex_algo(session))
        algorithms["cipher"] = name(ssh_get_cipher_out(session))
        algorithms["mac"] = name(ssh_get_hmac_out(session))
        return ConnectionFacts(
            peerBanner: name(ssh_get_serverbanner(session)) ?? "", hostKeyFingerprint: key.fingerprint,
            algorithms: algorithms, warnings: SSHAlgorithms.warnings(about: algorithms))
    }

    // MARK: Login

    /// Tries the credentials in order until the device is satisfied.
    func logIn(_ credentials: [SSHCredential], deadline: ContinuousClock.Instant) async throws(TransportError) {
        var tried: [String] = []
        // Right after the key exchange libssh may not have read which RSA signatures the server takes; a `none` probe
        // makes it read.
        if credentials.contains(where: {
            if case .key(let key, _) = $0 { key.publicKey.type == "ssh-rsa" } else { false }
        }) {
            let status = try await repeating(deadline) { ssh_userauth_none($0, nil) }
            if status == SSH_AUTH_SUCCESS.rawValue { return }
        }
        for credential in credentials {
            tried.append(credential.summary)
            let status: Int32
            switch credential {
            case .password(let password):
                status = try await repeating(deadline) { session in
                    password.withRevealed { ssh_userauth_password(session, nil, $0) }
                }
            case .interactive(let answers): status = try await answer(answers, deadline)
            case .key(let key, let certificate): status = try await sign(with: key, certificate, deadline)
            case .agent(let socket, let key):
                try await useAgent(socket, key, deadline)
                status = try await repeating(deadline) { ssh_userauth_agent($0, nil) }
            }
            if status == SSH_AUTH_SUCCESS.rawValue { return }
            if let session, ssh_is_connected(session) == 0 { throw loginClosed(tried) }
        }
        throw refused(tried)
    }

    private func repeating(_ deadline: ContinuousClock.Instant, _ call: (ssh_session) -> Int32)
        async throws(TransportError) -> Int32
    {
        while true {
            guard let session else { throw closedByPeer() }
            let status = call(session)
            if status != SSH_AUTH_AGAIN.rawValue { return status }
            try await pause(until: deadline, for: "the answer to the login", since: activity)
        }
    }

    /// Gives libssh a way to the agent that shows the chosen key only.
    private func useAgent(_ socket: String?, _ key: String?, _ deadline: ContinuousClock.Instant)
        async throws(TransportError)
    {
        guard let path = socket ?? getenv("SSH_AUTH_SOCK").map({ String(cString: $0) }), !path.isEmpty else {
            throw TransportError(
                .credentialUnavailable, what: "no SSH agent: SSH_AUTH_SOCK is not set", location: target.location,
                remedy: "start one with: eval $(ssh-agent); then ssh-add KEY")
        }
        agentAnswer = nil
        let started = BlockingThread.start { [reactor] in
            let answer: Result<Int32, TransportError>
            do throws(TransportError) { answer = .success(try SSHAgent.open(path: path, key: key)) } catch {
                answer = .failure(error)
            }
            reactor.perform { self.assumeIsolated { $0.accept(agent: answer) } }
        }
        guard started else { throw TransportError.system("start a thread for the agent", EAGAIN) }
        while agentAnswer == nil { try await pause(until: deadline, for: "the SSH agent", since: activity) }
        defer { agentAnswer = nil }
        switch agentAnswer {
        case .success(let descriptor): ssh_set_agent_socket(session, descriptor)
        case .failure(let error): throw error
        case nil: break
        }
    }

    private func accept(agent answer: Result<Int32, TransportError>) {
        guard phase != .ended else {
            if case .success(let descriptor) = answer { Glibc.close(descriptor) }
            return
        }
        agentAnswer = answer
        afterCall()
    }

    private func sign(with key: SSHPrivateKey, _ certificate: String?, _ deadline: ContinuousClock.Instant)
        async throws(TransportError) -> Int32
    {
        let handle = try key.makeHandle()
        defer { ssh_key_free(handle) }
        if let certificate {
            let words = certificate.split(separator: " ")
            var parsed: ssh_key?
            defer { ssh_key_free(parsed) }
            // libssh would send a certificate of another key, and the device would only say no.
            guard words.count >= 2,
                ssh_pki_import_cert_base64(String(words[1]), ssh_key_type_from_name(String(words[0])), &parsed)
                    == SSH_OK,
                let parsed, key.publicKey.isCertified(by: words[1]),
                ssh_pki_copy_cert_to_privkey(parsed, handle) == SSH_OK
            else {
                throw TransportError(
                    .credentialUnavailable,
                    what: "the user certificate does not fit the key \(key.publicKey.fingerprint)",
                    location: target.location, remedy: "check it with: ssh-keygen -L -f CERTIFICATE")
            }
        }
        return try await repeating(deadline) { ssh_userauth_publickey($0, nil, handle) }
    }

    private func answer(_ answers: [Secret], _ deadline: ContinuousClock.Instant) async throws(TransportError) -> Int32
    {
        var used = 0
        // A server may ask several times; each round counts.
        for _ in 0..<16 {
            let status = try await repeating(deadline) { ssh_userauth_kbdint($0, nil, nil) }
            guard status == SSH_AUTH_INFO.rawValue else { return status }
            for index in 0..<UInt32(max(0, ssh_userauth_kbdint_getnprompts(session))) {
                guard let last = answers.last else { return SSH_AUTH_DENIED.rawValue }
                let answer = used < answers.count ? answers[used] : last
                used += 1
                _ = answer.withRevealed { ssh_userauth_kbdint_setanswer(session, index, $0) }
            }
        }
        return SSH_AUTH_DENIED.rawValue
    }

    private func refused(_ tried: [String]) -> TransportError {
        let list = ssh_userauth_list(session, nil)
        let names: [(Int32, String)] = [
            (Int32(SSH_AUTH_METHOD_PUBLICKEY), "publickey"), (Int32(SSH_AUTH_METHOD_PASSWORD), "password"),
            (Int32(SSH_AUTH_METHOD_INTERACTIVE), "keyboard-interactive"),
        ]
        let accepted = names.filter { list & $0.0 != 0 }.map(\.1).joined(separator: ", ")
        return TransportError(
            .authenticationRefused,
            what: "the device refused the login of \(target.user); tried: "
                + (tried.isEmpty ? "nothing" : tried.joined(separator: ", ")) + "; it accepts: "
                + (accepted.isEmpty ? "not said" : accepted),
            location: target.location, remedy: "check user and credentials of \(target.subject) in the inventory")
    }

    private func loginClosed(_ tried: [String]) -> TransportError {
        TransportError(
            .closed,
            what: "the device closed the connection during the login (tried: \(tried.joined(separator: ", ")))",
            location: target.location, remedy: "check the device's session limit and its log")
    }
}
