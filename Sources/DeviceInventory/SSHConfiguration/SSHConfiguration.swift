/// An OpenSSH client configuration, read once: what it says about a host costs no file any more.
package struct SSHConfiguration: Sendable, Equatable {
    /// One line that means something here.
    indirect enum Item: Equatable, Sendable {
        /// The options that follow, up to the next one, are for hosts that match.
        case host([String])
        case option(Option)
        /// The lines of a file; they count where the `Include` stands.
        case included([Item])
    }

    enum Option: Equatable, Sendable {
        case hostName(SSHSettings.Given<String>)
        case port(SSHSettings.Given<UInt16>)
        case user(SSHSettings.Given<String>)
        case identityFile(SSHSettings.Given<String>)
        case identitiesOnly(SSHSettings.Given<Bool>)
        case proxyJump(SSHSettings.Given<[SSHSettings.Jump]>)
        case proxyCommand(SSHSettings.Given<String>)
        case hostKeyAlias(SSHSettings.Given<String>)
        case algorithms(AlgorithmKind, SSHSettings.Given<SSHSettings.Algorithms>)
        case connectTimeout(SSHSettings.Given<Duration?>)
        case keepAlive(SSHSettings.Given<Duration>)
        case keepAliveLimit(SSHSettings.Given<Int>)
        case unused(SSHSettings.Unused)
    }
    enum AlgorithmKind: Equatable, Sendable { case keyExchange, hostKey, cipher, mac }

    let items: [Item]
    /// The file, as it is shown.
    package let file: String

    init(items: [Item], file: String) { (self.items, self.file) = (items, file) }

    /// What the configuration says about a host, as for `ssh HOST`.
    package func settings(for host: String) -> SSHSettings {
        var settings = SSHSettings()
        var hasProxyCommand = false
        Self.collect(items, host, into: &settings, &hasProxyCommand)
        return settings
    }

    private static func collect(
        _ items: [Item], _ host: String, into settings: inout SSHSettings, _ hasProxyCommand: inout Bool
    ) {
        var isActive = true
        for item in items {
            switch item {
            case .host(let patterns): isActive = SSHConfigurationPattern.matches(patterns, host)
            case .included(let inner) where isActive: collect(inner, host, into: &settings, &hasProxyCommand)
            case .option(let option) where isActive: take(option, into: &settings, &hasProxyCommand)
            case .included, .option: break
            }
        }
    }

    /// The first value of an option stays; identity files gather.
    private static func take(_ option: Option, into settings: inout SSHSettings, _ hasProxyCommand: inout Bool) {
        func keepFirst<Value>(_ new: Value, _ path: WritableKeyPath<SSHSettings, Value?>) {
            if settings[keyPath: path] == nil { settings[keyPath: path] = new }
        }
        switch option {
        case .hostName(let given): keepFirst(given, \.hostName)
        case .port(let given): keepFirst(given, \.port)
        case .user(let given): keepFirst(given, \.user)
        case .identityFile(let given):
            if !settings.identityFiles.contains(where: { $0.value == given.value }) {
                settings.identityFiles.append(given)
            }
        case .identitiesOnly(let given): keepFirst(given, \.identitiesOnly)
        case .proxyJump(let given):
            // Of ProxyJump and ProxyCommand the one that comes first counts.
            if !hasProxyCommand { keepFirst(given, \.proxyJump) }
        case .proxyCommand(let given):
            guard settings.proxyJump == nil, !hasProxyCommand else { return }
            hasProxyCommand = true
            guard given.value.lowercased() != "none" else { return }
            settings.unused.append(
                SSHSettings.Unused(
                    keyword: "ProxyCommand", text: given.value, reason: SSHConfigurationKeyword.proxyCommandReason,
                    position: given.position))
        case .hostKeyAlias(let given): keepFirst(given, \.hostKeyAlias)
        case .algorithms(.keyExchange, let given): keepFirst(given, \.keyExchange)
        case .algorithms(.hostKey, let given): keepFirst(given, \.hostKeyAlgorithms)
        case .algorithms(.cipher, let given): keepFirst(given, \.ciphers)
        case .algorithms(.mac, let given): keepFirst(given, \.macs)
        case .connectTimeout(let given): keepFirst(given, \.connectTimeout)
        case .keepAlive(let given): keepFirst(given, \.keepAlive)
        case .keepAliveLimit(let given): keepFirst(given, \.keepAliveLimit)
        case .unused(let unused):
            if !settings.unused.contains(where: { $0.keyword == unused.keyword }) { settings.unused.append(unused) }
        }
    }
}
