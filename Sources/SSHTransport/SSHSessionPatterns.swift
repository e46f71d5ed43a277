import CLibSSH

/// Client sessions begun as copies of one that offers the same algorithms.
///
/// libssh compares every list it is given with all it knows, which for six lists is a twentieth of what a short NETCONF
/// session costs; a copy takes them as they are. Belongs to one reactor and is used on its thread only.
final class SSHSessionPatterns {
    private var patterns: [SSHAlgorithms: ssh_session] = [:]
    /// A site has a few: one for each allow list and each order of pinned key types.
    private static let maximumPatterns = 64

    deinit { removeAll() }

    /// A new session for these algorithms, in their order, that reads no file; nil where libssh does not take one of the
    /// lists (then it would offer all it has) and without memory.
    func session(offering algorithms: SSHAlgorithms) -> ssh_session? {
        guard let pattern = pattern(algorithms) else { return nil }
        var copy: ssh_session?
        guard ssh_options_copy(pattern, &copy) == 0, let copy else { return nil }
        Self.refuseFiles(copy)
        return copy
    }

    private func pattern(_ algorithms: SSHAlgorithms) -> ssh_session? {
        if let known = patterns[algorithms] { return known }
        guard let session = ssh_new() else { return nil }
        Self.refuseFiles(session)
        // Otherwise libssh reads the user's files on every connection; host keys are checked by our own index.
        ssh_options_set(session, SSH_OPTIONS_SSH_DIR, "/nonexistent")
        ssh_options_set(session, SSH_OPTIONS_KNOWNHOSTS, "/dev/null")
        ssh_options_set(session, SSH_OPTIONS_GLOBAL_KNOWNHOSTS, "/dev/null")
        for (option, names) in [
            (SSH_OPTIONS_KEY_EXCHANGE, algorithms.keyExchange), (SSH_OPTIONS_HOSTKEYS, algorithms.hostKeys),
            (SSH_OPTIONS_CIPHERS_C_S, algorithms.ciphers), (SSH_OPTIONS_CIPHERS_S_C, algorithms.ciphers),
            (SSH_OPTIONS_HMAC_C_S, algorithms.macs), (SSH_OPTIONS_HMAC_S_C, algorithms.macs),
        ] {
            guard ssh_options_set(session, option, names.joined(separator: ",")) == SSH_OK else {
                ssh_free(session)
                return nil
            }
        }
        if patterns.count >= Self.maximumPatterns { removeAll() }
        patterns[algorithms] = session
        return session
    }

    /// No configuration files, which would also be read once for every connection.
    private static func refuseFiles(_ session: ssh_session) {
        var isReadingConfiguration = false
        ssh_options_set(session, SSH_OPTIONS_PROCESS_CONFIG, &isReadingConfiguration)
    }

    private func removeAll() {
        for session in patterns.values { ssh_free(session) }
        patterns = [:]
    }
}
