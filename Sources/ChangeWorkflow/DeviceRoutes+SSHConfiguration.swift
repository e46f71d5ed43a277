internal import ByteTransport
internal import DeviceInventory
internal import Diagnostics
internal import Foundation
internal import SSHTransport

/// What comes of a site's SSH configuration on the transport's side.
extension DeviceRoutes {
    /// Modern algorithms, those that are allowed beside them, and what the SSH configuration says about both.
    static func options(_ settings: SSHSettings?, legacy: [String]) throws(TransportError) -> SSHClientOptions {
        var options = SSHClientOptions()
        guard let settings else {
            options.algorithms = try options.algorithms.allowing(legacy)
            return options
        }
        let allowed = try SSHAlgorithms.modern.allowing(legacy)
        for (keyword, path) in lists {
            guard let given = settings.algorithms.first(where: { $0.keyword == keyword })?.given else {
                options.algorithms[keyPath: path] = allowed[keyPath: path]
                continue
            }
            let chosen = given.value.applied(to: SSHAlgorithms.modern[keyPath: path])
            // An allow list of the inventory counts beside the lists of the configuration.
            let known = allowed[keyPath: path]
            let old = known.filter { !SSHAlgorithms.modern[keyPath: path].contains($0) && !chosen.contains($0) }
            options.algorithms[keyPath: path] = chosen.filter(known.contains) + old
            guard !options.algorithms[keyPath: path].isEmpty else {
                throw TransportError(
                    .algorithmMismatch,
                    what:
                        "\(given.position): \(keyword) leaves nothing that this build's SSH library has: \(given.value.text)",
                    remedy: "choose among: \(known.joined(separator: ", "))")
            }
        }
        if let limit = settings.connectTimeout?.value { options.connectTimeout = limit }
        if let pause = settings.keepAlive?.value { options.keepAlive = pause == .zero ? nil : pause }
        if let limit = settings.keepAliveLimit?.value { options.maximumUnansweredKeepAlives = limit }
        return options
    }

    private static var lists: [(String, WritableKeyPath<SSHAlgorithms, [String]>)] {
        [("KexAlgorithms", \.keyExchange), ("HostKeyAlgorithms", \.hostKeys), ("Ciphers", \.ciphers), ("MACs", \.macs)]
    }

    /// What is offered to an endpoint for which the configuration has lists of its own: lines for `inventory show`. Names that
    /// this build's SSH library lacks are not among them.
    static func offered(_ route: EndpointRoute) throws(TransportError) -> [ExplainedValue] {
        guard let settings = route.settings else { return [] }
        let options = try options(settings, legacy: route.legacyAlgorithms)
        return settings.algorithms.compactMap { keyword, given in
            lists.first { $0.0 == keyword }.map { list in
                ExplainedValue(
                    path: "offered.\(route.endpoint.kind.rawValue).\(keyword)",
                    value: options.algorithms[keyPath: list.1].joined(separator: ","), position: given.position,
                    layer: "ssh-config", overridden: [])
            }
        }
    }

    // MARK: Keys

    /// The keys of an SSH configuration: a file that is not there is passed over; one that needs a passphrase, or of which only
    /// the public half is here, is used through the agent. Throws when files are named and none can be used.
    func credentials(_ identities: SSHIdentities, _ device: Device) async throws(TransportError) -> [SSHCredential] {
        var (found, problems) = ([SSHCredential](), [String]())
        for file in identities.files {
            do throws(TransportError) { found += try await keys(file.value, device) } catch {
                problems.append("\(error.what) (\(file.position))")
            }
        }
        if identities.usesWholeAgent, resolver.agentSocket != nil { found.append(.agent(socket: resolver.agentSocket)) }
        guard found.isEmpty, !problems.isEmpty else { return found }
        throw TransportError(
            .credentialUnavailable,
            what: "no identity file can be used: \(problems.joined(separator: "; ")); nothing was sent",
            location: device.name, remedy: "make one of them readable, or name a key in the inventory's credentials")
    }

    private func keys(_ reference: CredentialReference, _ device: Device) async throws(TransportError)
        -> [SSHCredential]
    {
        guard case .file(let path) = reference.kind else { return [] }
        let text: Secret
        do throws(CredentialError) { text = try await resolver.resolve(reference) } catch {
            guard error.code == .missing || path.hasSuffix(".pub") else {
                throw TransportError(.credentialUnavailable, what: error.what)
            }
            guard let key = throughAgent(path) else { throw TransportError(.credentialUnavailable, what: error.what) }
            return [key]
        }
        var passphrase: Secret?
        if let reference = device.credentials.passphrase {
            do throws(CredentialError) { passphrase = try await resolver.resolve(reference) } catch {
                throw TransportError(
                    .credentialUnavailable, what: "\(error.reference): \(error.what)", remedy: error.remedy)
            }
        }
        do throws(TransportError) {
            let key = try SSHPrivateKey(text: text, passphrase: passphrase, name: path)
            let certificate = small(path + "-cert.pub")
            return (certificate.map { [.key(key, certificate: $0)] } ?? []) + [.key(key)]
        } catch {
            guard let key = throughAgent(path) else { throw error }
            return [key]
        }
    }

    /// The key of the agent whose public half is in `PATH.pub`, or in the file itself.
    private func throughAgent(_ path: String) -> SSHCredential? {
        guard resolver.agentSocket != nil, let line = small(path.hasSuffix(".pub") ? path : path + ".pub") else {
            return nil
        }
        let words = line.split(separator: " ")
        guard words.count >= 2, let key = SSHPublicKey(type: String(words[0]), base64: String(words[1])) else {
            return nil
        }
        return .agent(socket: resolver.agentSocket, key: key.fingerprint)
    }

    private static let maximumPublicBytes = 65_536

    /// The first line of a small file that holds nothing secret; nil when there is none.
    private func small(_ path: String) -> String? {
        guard let file = FileHandle(forReadingAtPath: resolver.path(of: path)),
            let bytes = try? file.read(upToCount: Self.maximumPublicBytes)
        else { return nil }
        return String(decoding: bytes, as: UTF8.self).split(whereSeparator: \.isNewline).first.map(String.init)
    }
}
