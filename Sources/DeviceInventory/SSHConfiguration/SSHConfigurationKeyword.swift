internal import SourceDocuments

/// What an option of ssh_config(5) means to asbuilt.
enum SSHConfigurationKeyword {
    enum Use: Equatable {
        /// Read by `SSHConfigurationReading`.
        case used
        /// Concerns what asbuilt does not do: terminals, forwardings, X11, multiplexing, messages.
        case irrelevant
        /// Would change how a connection is made or trusted, and does not here: shown with this reason where it applies.
        case unused(String)
    }

    static let proxyCommandReason = "no program is started for a connection"

    private static let hostKeys = "host keys are pinned in inventory/known_hosts and always checked"
    private static let methods = "logins are tried as the inventory and IdentityFile say"
    private static let addresses = "the system chooses our address"
    private static let signatures = "the SSH library chooses the signature"

    /// By name in lower case.
    private static let table: [String: Use] = {
        var table: [String: Use] = [:]
        func add(_ use: Use, _ names: String) {
            for name in names.split(whereSeparator: \.isWhitespace) { table[name.lowercased()] = use }
        }
        add(
            .used,
            """
            Host Include IgnoreUnknown HostName Port User IdentityFile IdentitiesOnly ProxyJump ProxyCommand HostKeyAlias
            KexAlgorithms HostKeyAlgorithms Ciphers MACs ConnectTimeout ServerAliveInterval ServerAliveCountMax Match
            CanonicalizeHostname
            """)
        add(
            .irrelevant,
            """
            AddKeysToAgent BatchMode CanonicalDomains CanonicalizeFallbackLocal CanonicalizeMaxDots CanonicalizePermittedCNAMEs
            ChannelTimeout ClearAllForwardings Compression CompressionLevel ConnectionAttempts ControlMaster ControlPath
            ControlPersist DynamicForward EnableEscapeCommandline EnableSSHKeysign EscapeChar ExitOnForwardFailure
            FingerprintHash ForkAfterAuthentication ForwardAgent ForwardX11 ForwardX11Timeout ForwardX11Trusted GatewayPorts
            GSSAPIClientIdentity GSSAPIDelegateCredentials GSSAPIKeyExchange GSSAPIKexAlgorithms GSSAPIRenewalForcesRekey
            GSSAPIServerIdentity GSSAPITrustDns HashKnownHosts HostbasedAcceptedAlgorithms HostbasedKeyTypes IPQoS
            KbdInteractiveDevices LocalCommand LocalForward LogLevel LogVerbose NumberOfPasswordPrompts
            ObscureKeystrokeTiming PermitLocalCommand PermitRemoteOpen Protocol ProxyUseFdpass RemoteCommand RemoteForward
            RequestTTY SendEnv SessionType SetEnv StdinNull StreamLocalBindMask StreamLocalBindUnlink SyslogFacility Tag
            TCPKeepAlive Tunnel TunnelDevice UsePrivilegedPort UserRoaming UseRoaming VisualHostKey XAuthLocation Cipher
            UseKeychain
            """)
        add(
            .unused(hostKeys),
            """
            CheckHostIP GlobalKnownHostsFile KnownHostsCommand NoHostAuthenticationForLocalhost RevokedHostKeys
            StrictHostKeyChecking UpdateHostKeys UserKnownHostsFile VerifyHostKeyDNS
            """)
        add(
            .unused(methods),
            """
            ChallengeResponseAuthentication GSSAPIAuthentication HostbasedAuthentication KbdInteractiveAuthentication
            PasswordAuthentication PreferredAuthentications PubkeyAuthentication
            """)
        add(.unused(addresses), "AddressFamily BindAddress BindInterface")
        add(
            .unused(signatures),
            "CASignatureAlgorithms PubkeyAcceptedAlgorithms PubkeyAcceptedKeyTypes RequiredRSASize")
        add(.unused("the agent is the one that SSH_AUTH_SOCK names"), "IdentityAgent")
        add(
            .unused("certificates are read from IDENTITYFILE-cert.pub, or as the inventory's credentials say"),
            "CertificateFile")
        add(.unused("keys on tokens are used through the agent"), "PKCS11Provider SecurityKeyProvider SmartcardDevice")
        add(.unused("the SSH library decides when keys are exchanged again"), "RekeyLimit")
        return table
    }()

    /// Nil for a keyword that OpenSSH does not know either.
    static func use(_ keyword: String) -> Use? { table[keyword.lowercased()] }

    static func closest(_ keyword: String) -> String? {
        ClosestWord.find(keyword.lowercased(), among: table.keys.sorted())
    }
}
